"""How money leaves: bank files, gift cards, and kinds that give by themselves."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from advocacy.models import Storefront
from advocacy.refusals import Refused
from rewards import audit
from rewards.coupons import asking, ending, using
from rewards.models import Coupon, Payout, PayoutPolicy
from rewards.payouts import batches, gathering
from rewards.payouts.kinds import KINDS, Kind, sepa
from tests.rewards import coupon_stage, scene
from tests.rewards.payouts_stage import (
    DAY,
    IBAN,
    LATER,
    OTHER_IBAN,
    alice,
    earns,
    exported,
    payee_of,
    policy,
    policy_of,
    program,
    said,
    waiting,
)
from tests.rewards.scene import balances

__all__ = ["alice", "policy", "program"]
pytestmark = pytest.mark.django_db


def sepa_policy(program, **columns):
    payer = {"payer_name": "Acme & Söhne", "payer_iban": IBAN.replace(" ", "")}
    return policy_of(program.storefront, **{"kind": "sepa"} | payer | columns)


def test_whom_a_bank_file_cannot_name_or_reach_waits_in_words(alice, program):
    for name, country, iban in (
        ("王小明", "DE", OTHER_IBAN),
        ("Иван 王", "BG", OTHER_IBAN),
        ("Müller " * 11, "DE", OTHER_IBAN),
        ("Ferit", "TR", "TR33 0006 1005 1978 6457 8413 26"),
    ):
        someone = scene.alice_of(program, name)
        earns(someone)
        payee_of(someone.customer, name=name, country=country, iban=iban)
    batch = gathering.gather(policy=sepa_policy(program), at=LATER)
    assert waiting(batch) == {
        "王小明": "payee_name_unwritable",
        "Иван 王": "payee_name_unwritable",
        "Müller " * 11: "payee_name_unwritable",
        "Ferit": "payee_outside_sepa",
    }
    assert batch.payouts_count == 1


def test_where_all_is_paid_by_bank_files_such_a_payee_is_refused_at_once(alice, program):
    sepa_policy(program)
    for field, given, words in (
        ("name", {"name": "王小明"}, "Write it in Latin letters"),
        ("name", {"name": "Ö" * 36}, "room for 70 signs"),
        ("iban", {"iban": "TR33 0006 1005 1978 6457 8413 26"}, "accounts in SEPA only"),
    ):
        with pytest.raises(Refused, match=words) as refused:
            payee_of(alice.customer, **given)
        assert list(refused.value.errors) == [field]
    policy_of(program.storefront, currency="USD")
    assert payee_of(alice.customer, name="王小明").name == "王小明", "who is paid by hand may have any"


def test_a_bank_file_is_in_euros_and_names_its_payer(alice, program):
    for columns, words in (({"currency": "USD"}, "in EUR only; have USD paid by hand"), ({"payer_iban": ""}, "payer")):
        with pytest.raises(Refused, match=words):
            gathering.gather(policy=sepa_policy(program, **columns), at=LATER)
    unnamed = PayoutPolicy(storefront=program.storefront, kind="sepa", payer_name="王", payer_iban=IBAN)
    with pytest.raises(ValidationError, match="cannot spell this name"):
        unnamed.clean()


def test_a_bank_file_adds_up_and_names_each_transfer(alice, program):
    policy = sepa_policy(program)
    Storefront.objects.update(name="Acme // 王 & Söhne", time_zone="Pacific/Auckland")
    strange = scene.alice_of(program, "<b>Zoë Müller-Łęcki; Ltd</b>")
    earns(strange)
    earns(strange)
    payee_of(strange.customer, iban=OTHER_IBAN)
    batch = exported(policy, at=LATER)
    root = ET.fromstring(batches.export(batch=batch, at=LATER)[1].text)
    space = {"p": sepa.NAMESPACE}
    assert root.tag == f"{{{sepa.NAMESPACE}}}Document"

    def texts(path):
        return [element.text for element in root.iterfind(f".//{path}", space)]

    assert texts("p:GrpHdr/p:NbOfTxs") == texts("p:PmtInf/p:NbOfTxs") == ["2"]
    assert texts("p:GrpHdr/p:CtrlSum") == texts("p:PmtInf/p:CtrlSum") == ["75.00"]
    assert sum(map(Decimal, texts("p:InstdAmt"))) == Decimal("75.00")
    assert texts("p:EndToEndId") == ["1", "2"]
    assert texts("p:CdtrAcct/p:Id/p:IBAN") == [IBAN.replace(" ", ""), OTHER_IBAN.replace(" ", "")]
    assert texts("p:Cdtr/p:Nm") == ["Alice", "B Zoe Mueller-Lecki Ltd /B"]
    assert texts("p:Dbtr/p:Nm") == ["Acme + Soehne"]
    assert texts("p:Ustrd") == ["1", "2"]
    assert texts("p:ReqdExctnDt/p:Dt") == ["2026-03-03"], "the day of the export where the shop is"
    # The schema's order, and the signs and lengths of EPC 217-08; whole files were held against the schema itself.
    for parent, order in (
        ("GrpHdr", "MsgId CreDtTm NbOfTxs CtrlSum InitgPty"),
        (
            "PmtInf",
            "PmtInfId PmtMtd NbOfTxs CtrlSum PmtTpInf ReqdExctnDt Dbtr DbtrAcct DbtrAgt ChrgBr CdtTrfTxInf CdtTrfTxInf",
        ),
        ("CdtTrfTxInf", "PmtId Amt Cdtr CdtrAcct RmtInf"),
    ):
        assert [child.tag.split("}")[1] for child in root.find(f".//p:{parent}", space)] == order.split()
    said = [element.text for element in root.iter() if element.text]
    assert all(re.fullmatch(r"[A-Za-z0-9/?:().,'+ -]{1,140}", text) for text in said)
    assert all(len(text) <= 35 for text in texts("p:MsgId") + texts("p:PmtInfId") + texts("p:EndToEndId"))


@pytest.fixture
def cards(program):
    return coupon_stage.pool_of(program, "Cards", kind="gift_card", amount_minor=2000)


def coupons_of(pool):
    return [(str(row.customer), row.state) for row in Coupon.objects.filter(pool=pool).order_by("pk")]


def test_gift_cards_are_codes_of_a_pool_and_need_no_account_and_no_results(alice, program, cards):
    carla = scene.alice_of(program, "carla")
    carla.customer.email = "=carla@example.com"
    carla.customer.save()
    earns(carla)
    coupon_stage.stock(cards, [1])
    batch = exported(policy_of(program.storefront, kind="gift_card", pool=cards, minimum_minor=1000))
    lines = batches.export(batch=batch, at=LATER)[1].text.splitlines()
    assert lines[1:] == [
        f"1,Alice,DE,,20.00,EUR,{batch.api_id},,,",
        f"2,carla,,'=carla@example.com,20.00,EUR,{batch.api_id},,,",
    ]
    assert (batches.give(batch=batch, at=LATER), batches.give(batch=batch, at=LATER)) == (1, 0)
    rows = Payout.objects.order_by("number")
    told = [(row.state, row.waits_for, row.reference) for row in rows]
    assert told == [("paid", "", "…0001"), ("sent", "pool_empty", "")]
    assert balances(alice.customer) == {"available": 500}
    coupon_stage.stock(cards, [2], at=LATER)
    batches.give_waiting(at=LATER + DAY)
    assert [(row.state, row.waits_for, row.reference) for row in rows.all()][1] == ("paid", "", "…0002")
    batch.refresh_from_db()
    assert (batch.state, coupons_of(cards)) == ("settled", [("alice", "assigned"), ("carla", "assigned")])
    assert list(audit.differences()) == []


def test_who_has_less_than_a_card_waits_for_it(alice, program, cards):
    cards.amount_minor = 3000
    cards.save()
    with pytest.raises(gathering.NothingToPay):
        gathering.gather(policy=policy_of(program.storefront, kind="gift_card", pool=cards), at=LATER)
    policy = PayoutPolicy.objects.get()
    policy.pool = None
    policy.save()
    with pytest.raises(Refused, match="names no pool of gift cards"):
        gathering.gather(policy=policy, at=LATER)


def test_a_card_that_is_a_payout_is_used_in_parts_and_void_only_while_unused(alice, program, cards):
    coupon_stage.stock(cards, [1])
    batch = exported(policy_of(program.storefront, kind="gift_card", pool=cards))
    batches.give(batch=batch, at=LATER)
    card = Coupon.objects.get()
    with pytest.raises(Refused, match="mark the payout as returned"):
        ending.revoke(coupon=card, at=LATER)
    said(batch, n1="returned")
    assert (coupons_of(cards), balances(alice.customer)) == ([("alice", "revoked")], {"available": 2500})
    coupon_stage.stock(cards, [2], at=LATER)
    again = exported(PayoutPolicy.objects.get())
    batches.give(batch=again, at=LATER)
    card = Coupon.objects.get(state="assigned")
    assert asking.left(using.use(coupon=card, amount_minor=500, at=LATER)) == 1500
    with pytest.raises(Refused, match="number 2 was used"):
        said(again, n2="returned")
    assert balances(alice.customer) == {"available": 500}
    assert using.use(coupon=card, at=LATER).state == "used"
    assert list(audit.differences()) == []


def test_the_pool_of_a_policy_is_of_gift_cards_of_its_currency(alice, program, cards):
    def problem(**columns):
        policy = PayoutPolicy(storefront=alice.storefront, kind="gift_card", **columns)
        with pytest.raises(ValidationError) as refused:
            policy.full_clean()
        return refused.value.message_dict["pool"]

    assert problem() == ["Choose the pool of gift cards that the codes are taken from."]
    assert problem(pool=coupon_stage.pool_of(program)) == [
        "“Ten euros off” holds coupons; choose a pool of gift cards."
    ]
    assert problem(pool=cards, currency="USD") == ["The cards of “Cards” are in EUR, and this policy pays USD."]


def test_a_kind_that_gives_by_itself_gives_once_and_again_what_it_could_not(policy, alice, monkeypatch):
    keys, empty = [], [True]

    def give(payout, key, at):
        if empty.pop() if empty else False:
            raise Refused("none_left", "No card is left.")
        keys.append(key)
        return f"card {len(keys)}"

    monkeypatch.setitem(KINDS, "manual", Kind(needs=("iban",), file=KINDS["manual"].file, give=give))
    batch = exported(policy)
    assert batches.give(batch=batch, at=LATER) == 0
    assert Payout.objects.get().failure == "No card is left."
    batches.give_waiting(at=LATER)
    batches.give_waiting(at=LATER)
    paid = Payout.objects.get()
    assert (keys, paid.state, paid.reference, paid.failure) == ([paid.public_id], "paid", "card 1", "")
    assert balances(alice.customer) == {}
