"""Cash that is paid out: frozen, sent, paid, or given back; who waits, and for what."""

import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from advocacy.models import Event, Storefront
from advocacy.refusals import Refused
from rewards import audit
from rewards.coupons import asking, ending, using
from rewards.models import Coupon, Payout, PayoutBatch, PayoutPolicy, TaxLimit, Transfer
from rewards.payouts import batches, due, gathering, payees, results, standing
from rewards.payouts.kinds import KINDS, Kind, sepa
from tests import cast
from tests.rewards import coupon_stage, scene, wallet_scene
from tests.rewards.payouts_stage import (
    IBAN,
    LATER,
    OTHER_IBAN,
    cash_rule,
    earns,
    exported,
    lot_of,
    payee_of,
    policy_of,
    refunded,
    said,
)
from tests.rewards.scene import NOW, balances

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def program():
    program = scene.program_of(scene.acme())
    cash_rule(program)
    return program


@pytest.fixture
def alice(program):
    """She has 25.00 EUR to be paid and an account."""
    alice = scene.alice_of(program)
    earns(alice)
    payee_of(alice.customer)
    return alice


@pytest.fixture
def policy(alice):
    return policy_of(alice.storefront)


@pytest.fixture
def otto():
    return cast.staff("otto")


def waiting(batch):
    return {payout.customer.name: payout.waits_for for payout in batch.payouts.filter(state="waiting")}


def told():
    return list(Event.objects.filter(subject_kind="payout").order_by("pk").values_list("type", flat=True))


def test_what_is_paid_is_frozen_sent_and_paid_each_once(policy, alice):
    batch = gathering.gather(policy=policy, at=LATER)
    assert (batch.total_minor, batch.payouts_count, batch.state) == (2500, 1, "draft")
    assert balances(alice.customer) == {"reserved": 2500}
    batches.approve(batch=batch, at=LATER)
    batch, file = batches.export(batch=batch, at=LATER)
    again = batches.export(batch=batch, at=LATER + DAY)
    assert (batch.state, again[1].text, again[0].exported_at) == ("exported", file.text, LATER)
    paid = Payout.objects.get()
    assert (paid.number, paid.state, paid.destination_end) == (1, "sent", "3000")
    assert (said(batch, n1="paid"), said(batch, n1="paid")) == (1, 0)
    batch.refresh_from_db()
    assert (batch.state, balances(alice.customer), lot_of(alice).status) == ("settled", {}, "paid")
    assert Transfer.objects.filter(leg="pay", reference=paid.public_id).count() == 1
    assert told() == ["payout.frozen", "payout.sent", "payout.paid"]
    assert list(audit.differences()) == []


@pytest.mark.parametrize("result", ["failed", "cancelled"])
def test_what_is_not_paid_is_theirs_again_and_in_the_next_batch(policy, alice, result):
    batch = exported(policy)
    told_twice = [results.Result("line 2", 1, result, reason="Account closed")] * 2
    assert results.apply(batch=batch, results=told_twice, at=LATER) == 1
    assert results.apply(batch=batch, results=told_twice, at=LATER) == 0
    assert balances(alice.customer) == {"available": 2500}
    assert Payout.objects.get().failure == "Account closed"
    second = gathering.gather(policy=policy, at=LATER + DAY)
    assert second.payouts.get().number == 2
    assert balances(alice.customer) == {"reserved": 2500}
    assert list(audit.differences()) == []


def test_what_the_bank_sends_back_later_is_theirs_again(policy, alice):
    batch = exported(policy)
    said(batch, n1="paid")
    said(batch, n1="returned")
    assert balances(alice.customer) == {"available": 2500}
    assert Payout.objects.get().state == "returned"
    with pytest.raises(Refused, match="number 1 is returned and cannot be paid"):
        said(batch, n1="paid")


def test_a_draft_is_cancelled_and_gives_all_back(policy, alice):
    batch = gathering.gather(policy=policy, at=LATER)
    batches.cancel(batch=batch, at=LATER, reason="Wrong month")
    assert balances(alice.customer) == {"available": 2500}
    assert (Payout.objects.get().state, Payout.objects.get().failure) == ("cancelled", "Wrong month")
    with pytest.raises(Refused, match="is cancelled"):
        batches.cancel(batch=batch, at=LATER)


def test_an_order_returned_while_its_cash_is_under_way_is_netted_by_the_next_one(policy, alice):
    conversion = earns(alice)
    batch = exported(policy)
    refunded(conversion, 5000)
    assert balances(alice.customer) == {"available": -2500, "reserved": 5000}
    said(batch, n1="paid")
    earns(alice)
    with pytest.raises(gathering.NothingToPay):
        gathering.gather(policy=policy, at=LATER)
    earns(alice)
    assert gathering.gather(policy=policy, at=LATER).total_minor == 2500
    assert list(audit.differences()) == []


def test_cash_that_is_past_its_time_is_not_paid(policy, alice, program):
    over = wallet_scene.lot(program, alice.customer, 3000, form="cash", expires_in=1)
    lasting = wallet_scene.lot(program, alice.customer, 2100, form="cash")
    at = NOW + wallet_scene.DAY
    assert standing.of(storefront=alice.storefront, customer=alice.customer, at=at)[0].amount_minor == 4600
    payout = gathering.gather(policy=policy, at=at).payouts.get()
    assert (payout.amount_minor, wallet_scene.parts([over, lasting])) == (4600, [3000, 0])


def test_above_the_limit_somebody_else_than_the_maker_approves(policy, alice, olga, otto):
    policy.four_eyes_above_minor = 2499
    policy.save()
    batch = gathering.gather(policy=policy, at=LATER, by=olga)
    with pytest.raises(Refused, match="somebody else than its maker"):
        batches.approve(batch=batch, by=olga, at=LATER)
    with pytest.raises(Refused, match="two people"):
        batches.approve(batch=batch, at=LATER)
    with pytest.raises(IntegrityError, match="above_the_limit_two_people_approve"), transaction.atomic():
        PayoutBatch.objects.update(state="approved", approved_by=olga)
    assert batches.approve(batch=batch, by=otto, at=LATER).state == "approved"


def test_what_the_schedule_made_is_approved_by_two_people_above_the_limit(policy, alice, olga, otto):
    policy.four_eyes_above_minor = 0
    policy.save()
    batch = gathering.gather(policy=policy, at=LATER)
    assert batches.approve(batch=batch, by=olga, at=LATER).state == "draft"
    with pytest.raises(Refused, match="One approval given by olga; a second person must approve"):
        batches.approve(batch=batch, by=olga, at=LATER)
    with pytest.raises(IntegrityError, match="above_the_limit_two_people_approve"), transaction.atomic():
        PayoutBatch.objects.update(state="approved", approved_by=olga)
    assert batches.approve(batch=batch, by=otto, at=LATER).state == "approved"


def test_nothing_is_exported_before_it_is_approved(policy, alice):
    batch = gathering.gather(policy=policy, at=LATER)
    with pytest.raises(Refused, match="exported once it is approved"):
        batches.export(batch=batch, at=LATER)
    with pytest.raises(Refused, match="results come after its export"):
        said(batch, n1="paid")


def test_who_waits_is_listed_with_the_reason(policy, alice, program):
    for name in ("berta", "carla", "dora", "emma", "gina"):
        someone = scene.alice_of(program, name)
        earns(someone, **({"refunded_minor": 4000} if name == "berta" else {}))
        if name not in ("carla", "gina"):
            payee_of(someone.customer)
        if name == "dora":
            payee_of(someone.customer, iban=OTHER_IBAN, at=LATER - DAY)
        if name == "emma":
            someone.status = "banned"
            someone.save()
        if name == "gina":
            payee_of(someone.customer, country="US")
    TaxLimit.objects.create(storefront=program.storefront, country="US", currency="EUR", yearly_limit_minor=2499)
    batch = gathering.gather(policy=policy, at=LATER)
    assert waiting(batch) == {
        "berta": "minimum_payout",
        "carla": "payee_missing",
        "dora": "payee_changed",
        "emma": "advocate_banned",
        "gina": "tax_form_missing",
    }
    assert (batch.payouts_count, batch.waiting_count, batch.total_minor) == (1, 5, 2500)
    assert Payout.objects.get(waits_for="minimum_payout").numbers == {"threshold": 2000, "input": 500}


def test_new_terms_hold_payouts_until_they_are_accepted(policy, alice, program):
    program.terms_version = 2
    program.save()
    with pytest.raises(gathering.NothingToPay, match="1 for terms_not_accepted"):
        gathering.gather(policy=policy, at=LATER)
    alice.terms_version = 2
    alice.save()
    assert gathering.gather(policy=policy, at=LATER).total_minor == 2500


def test_a_year_above_the_limit_of_a_country_waits_for_the_tax_form(policy, alice):
    TaxLimit.objects.create(storefront=alice.storefront, country="DE", currency="EUR", yearly_limit_minor=4000)
    said(exported(policy), n1="paid")
    earns(alice)
    with pytest.raises(gathering.NothingToPay, match="1 for tax_form_missing"):
        gathering.gather(policy=policy, at=LATER)
    payee_of(alice.customer, tax_form_since=date(2026, 3, 1))
    assert gathering.gather(policy=policy, at=LATER).total_minor == 2500
    assert balances(alice.customer) == {"reserved": 2500}


def test_a_changed_destination_holds_the_next_payout_for_3_days_and_is_logged(policy, alice):
    payee = payee_of(alice.customer, iban=OTHER_IBAN, at=NOW)
    assert [(each.before, each.after) for each in payee.changes.order_by("pk")] == [
        ("", "•••• 3000"),
        ("•••• 3000", "•••• 4300"),
    ]
    with pytest.raises(gathering.NothingToPay, match="payee_changed"):
        gathering.gather(policy=policy, at=NOW + 3 * DAY - timedelta(seconds=1))
    assert gathering.gather(policy=policy, at=NOW + 3 * DAY).total_minor == 2500


def test_a_program_with_a_policy_of_its_own_is_paid_by_that_only(policy, alice, program):
    other = scene.program_of(program.storefront, slug="others", name="Others")
    cash_rule(other, 3000)
    carla = scene.alice_of(other, "carla")
    earns(carla)
    payee_of(carla.customer)
    own = policy_of(program.storefront, program=other)
    assert gathering.gather(policy=policy, at=LATER).payouts.get().customer == alice.customer
    assert gathering.gather(policy=own, at=LATER).payouts.get().customer == carla.customer


def test_an_iban_with_a_mistake_is_refused_in_words(alice):
    for wrong, words in [
        ("DE89 3704 0044 0532 0130 01", "check digits"),
        ("DE89 3704 0044 0532 0130", "has 22 signs; this one has 20"),
        ("my account", "begins with two letters"),
    ]:
        with pytest.raises(Refused, match=words) as refused:
            payee_of(alice.customer, iban=wrong)
        assert list(refused.value.errors) == ["iban"]
    assert payees.Payee.objects.get().destination_end == "3000"


def test_results_come_as_the_exported_table_with_its_result_filled_in(policy, alice):
    batch = exported(policy)
    table = batches.export(batch=batch, at=LATER)[1].text
    header, line = table.splitlines()
    assert line == f"1,Alice,DE,DE89370400440532013000,25.00,EUR,{batch},,,"
    for amount, currency, of, words in [
        ("24.00", "EUR", batch, "line 2: number 1 is 25.00 EUR, and the line says 24.00"),
        ("1e999999999", "EUR", batch, "line 2: number 1 is 25.00 EUR, and the line says 1e999999999"),
        ("25.00", "USD", batch, "line 2: number 1 is paid in EUR, and the line says USD"),
        ("25.00", "EUR", "pob_other", f"line 2: number 1 is of this batch, {batch}, and the line says pob_other"),
    ]:
        wrong = results.read(f'{header}\n1,Alice,DE,,"{amount}",{currency},{of},paid,TX-9,\n'.encode())
        with pytest.raises(Refused, match=words):
            results.apply(batch=batch, results=wrong, at=LATER)
    assert Payout.objects.get().state == "sent"
    read = results.read(f'{header}\n1,Alice,DE,,"25,00",EUR,{batch},paid,TX-9,\n'.encode())
    assert results.apply(batch=batch, results=read, at=LATER) == 1
    assert Payout.objects.get().reference == "TX-9"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("9,paid", "line 2: this batch has no payout number 9"),
        ("1,payed", "line 2: result must be one of: paid, failed, cancelled, returned"),
        ("1,paid\n1,failed", "line 3: number 1 is paid above and failed here"),
        ("one,paid", "line 2: number must be a payout’s number"),
        ("1,returned", "line 2: number 1 is sent and cannot be returned"),
        ("1,paid\n99999999999999999999,paid", "line 3: this batch has no payout number 99999999999999999999"),
        ("1,\n", "No line says a result"),
    ],
)
def test_one_wrong_result_refuses_the_file(policy, alice, lines, words):
    batch = exported(policy)
    with pytest.raises(Refused, match=re.escape(words)):
        results.apply(batch=batch, results=results.read(f"number,result\n{lines}\n".encode()), at=LATER)
    assert balances(alice.customer) == {"reserved": 2500}


def test_a_result_is_not_turned_into_its_opposite_nor_given_two_references(policy, alice):
    batch = exported(policy)
    twice = b"number,result,reference\n1,paid,TX-1\n1,paid,TX-2\n"
    with pytest.raises(Refused, match="line 3: number 1 stands above with another reference"):
        results.apply(batch=batch, results=results.read(twice), at=LATER)
    said(batch, n1="paid")
    with pytest.raises(Refused, match="number 1 is paid and cannot be failed; say returned if the money came back"):
        said(batch, n1="failed")
    assert Payout.objects.get().state == "paid"


def test_a_batch_is_made_of_those_who_have_cash_by_indexes_whatever_was_paid_before(policy, alice):
    said(exported(policy), n1="paid")
    bob = scene.alice_of(alice.program, "bob")
    earns(bob)
    rows = due.lots(policy).filter(recipient__in=due.customers(policy))
    assert [row.recipient for row in rows] == [bob.customer]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert "cash_to_pay_out" in plan
    assert "accounts_to_pay_out" in plan


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
    assert lines[1:] == [f"1,Alice,DE,,20.00,EUR,{batch},,,", f"2,carla,,'=carla@example.com,20.00,EUR,{batch},,,"]
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
