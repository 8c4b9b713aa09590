import pytest
from django.db import transaction
from django.utils import timezone

from advocacy import connections, ids
from advocacy.models import Event
from advocacy.outbox import webhooks
from advocacy.outbox.drain import drain
from referrals import audit as referrals_audit
from referrals import clicks, invitations, orders
from referrals.models import Conversion, InboundMessage
from rewards import audit, rebuild, rulebook
from rewards.models import Reward
from tests import cast
from tests.flows.admin_stage import TERMS, order, rule
from tests.flows.api import secret
from tests.terms import terms


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def bought(acme, program, alice):
    """Fred's order 1001 of 50.00, brought by alice, decided."""
    rule(program)
    recorded = order(acme, referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    return recorded


def ask(desk, asked):
    answer = desk.get("/admin/why/", {"q": asked})
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_order_is_explained_by_its_number_and_by_every_id(desk, bought):
    for asked in (
        "1001",
        " 1001 ",
        "#1001",
        ids.encode("ref", bought.conversion.referral.public_id),
        ids.encode("ord", bought.order.public_id),
        ids.encode("cnv", bought.conversion.public_id),
    ):
        page = ask(desk, asked)
        assert "For order 1001, Alice gets 10.00 EUR on" in page
        assert "“Give 10, get 10”, version 1: yes, 10.00 EUR to the advocate" in page
        assert "goods before the friend’s discount at least 40.00 EUR" in page
        assert "What the advocate reads" in page


def test_a_corrected_order_keeps_its_share_of_the_reward_and_says_so(desk, acme, bought):
    """Told by the shop that recorded it, with a newer ``updated_at``."""
    for total, owed in ((2700, 500), (9000, 1000), (0, 0)):
        now = timezone.now()
        said = cast.order(
            at=now, customer={"external_id": "fred"}, subtotal_minor=total, total_minor=total, shipping_minor=0
        )
        assert secret(acme).put("/orders/ext_1001", said).status_code == 200
        while drain("money", at=now):
            pass
        assert Reward.objects.get().pending_minor == owed
    page = ask(desk, "1001")
    assert "The order was corrected (from 54.00 EUR to 0.00 EUR)." in page
    assert "The order was changed after it was placed." in page.split("What the advocate reads")[1]
    assert not Conversion.objects.get().stands, "nothing of it is left"
    reversals = Event.objects.filter(type="reward.reversed").order_by("id")
    assert [event.facts["pending_minor"] for event in reversals] == [500, 0]
    found = [*audit.differences(), *referrals_audit.differences(), *rebuild.verify()]
    assert [one for one in found if isinstance(one, str)] == []


def test_an_order_corrected_to_less_than_was_refunded_warns_and_one_to_nothing_is_not_cancelled(desk, acme, bought):
    shop = secret(acme)
    refunded = shop.post("/orders/ext_1001/refunds", {"refund_id": "R-1", "amount_minor": 3000})
    assert refunded.status_code == 201, refunded.content
    for total in (2500, 0):
        columns = {"subtotal_minor": total, "total_minor": total, "shipping_minor": 0}
        said = cast.order(at=timezone.now(), customer={"external_id": "fred"}, **columns)
        told = shop.put("/orders/ext_1001", said).json()
        warning = {"code": "refund_above_order", "amount_minor": 3000, "total_minor": total}
        assert told["warnings"][-1] == warning
        while drain("money", at=timezone.now()):
            pass
    page = ask(desk, "1001")
    assert "The order was corrected (from 54.00 EUR to 0.00 EUR)." in page
    assert "cancelled" not in page


def test_an_order_that_counts_no_more_got_nothing_of_the_step_that_others_keep(desk, acme, program, alice):
    rule(program, milestone_every=1, hold_days=0, advocate_kind="fixed")
    for number, name in (("1001", "fred"), ("1002", "gina")):
        order(acme, number, name=name, referral_code=alice.code)
        while drain("money", at=timezone.now()):
            pass
    secret(acme).post("/orders/ext_1001/refunds", {"refund_id": "R-1", "amount_minor": 5400})
    while drain("money", at=timezone.now()):
        pass
    page = ask(desk, "1001")
    assert "Nobody gets anything for order 1001." in page
    assert "The milestone that it had reached stands by other orders: Alice got 10.00 EUR." in page
    assert "the friend does not count by this order" in page


def test_an_order_before_any_rule_is_told_when_the_rule_began_or_had_ended(desk, acme, program, alice):
    past, to_come = rule(program), timezone.now() + cast.DAY
    past.versions.update(ends_at=cast.NOON)
    rulebook.save(program=program, name="Later", terms=terms(**TERMS), at=timezone.now(), starts_at=to_come)
    bought = order(acme, referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    page, day = ask(desk, "1001"), f"{to_come:%-d %B %Y}"
    assert "Nobody gets anything for order 1001. No rule was in force then." in page
    assert f"“Later” began on {day}" in page
    assert "“Give 10, get 10” had ended on 2 March 2026, 12:00." in page
    assert "The offer was not open then." in page.split("What the advocate reads")[1]
    told = secret(acme).get("/orders/ext_1001/explain").json()["conversions"][0]["decisions"][0]
    assert (told["rules"], len(told["not_in_force"])) == ([], 2)
    assert bought.conversion


def test_a_refusal_says_why_and_the_advocate_reads_nothing_of_the_order(desk, acme, program, alice):
    rule(program, minimum_order_minor=9900)
    order(acme, referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    page = ask(desk, "1001")
    assert "Nobody gets anything for order 1001." in page
    assert "Order 50.00 EUR, minimum 99.00 EUR." in page
    read = page.split("What the advocate reads")[1].split("</aside>")[0]
    assert "below the offer’s minimum of €99" in read
    assert "50.00" not in read


def test_a_person_is_asked_for_by_address_or_code(desk, bought, alice):
    for asked in ("alice@example.com", "ALICE@example.com", alice.code, alice.code.lower()):
        page = ask(desk, asked)
        assert "Friends whom Alice brought" in page
        assert f"?q={ids.encode('ord', bought.order.public_id)}" in page


def test_an_order_is_found_by_a_code_that_nobody_has(desk, acme, alice):
    order(acme, referral_code="Alcie")
    assert "No reward for order 1001: Nobody brought this customer: it came with the code “Alcie”" in ask(desk, "aLCIE")
    order(acme, "1002", referral_code="ALCIE")
    page = ask(desk, "alcie")
    assert "Orders that came with the code alcie" in page
    assert page.count("?q=ord_") == 2


def test_an_order_is_found_by_a_coupon_of_the_shop_and_a_second_one_names_the_first(desk, acme, bought):
    order(acme, "1002", coupon_codes=["SPRING"])
    while drain("money", at=timezone.now()):
        pass
    page = ask(desk, "spring")
    assert 'class="answer">' in page
    assert "order 1002" in page
    assert "“Give 10, get 10” is paid for order 1001" in page
    assert "is paid for order" not in ask(desk, "1001")


def test_the_order_that_reached_a_step_says_what_it_brought_and_is_found_by_it(desk, acme, program, alice):
    rule(program, milestone_every=2, milestone_repeats=True, minimum_order_minor=0)
    for number, name in enumerate(("fred", "gina", "hugo"), start=1001):
        order(acme, str(number), name=name, referral_code=alice.code)
        while drain("money", at=timezone.now()):
            pass
    reward = Reward.objects.get()
    for asked in (
        "1002",
        ids.encode("rwd", reward.public_id),
        ids.encode("mst", reward.subject.public_id),
    ):
        page = ask(desk, asked)
        assert "For order 1002, Alice gets 10.00 EUR on" in page
        assert "Nobody gets anything" not in page
    assert "Nobody gets anything for order 1001." in ask(desk, "1001")
    assert "Bought. Counted for a reward that you reached." in ask(desk, "1001")
    assert "Bought. Counts towards your next reward." in ask(desk, "1003")


def test_a_number_that_two_storefronts_use_is_a_choice(desk, acme, rival):
    order(acme)
    order(rival)
    page = ask(desk, "1001")
    assert "2 orders have the number 1001" in page
    assert page.count("?q=ord_") == 2


def test_an_order_of_a_shop_is_found_by_its_number_and_its_payment(desk, acme, program):
    """Its id is the platform's; one of several shops has the same number."""
    shop = {"external_id": "5501234567890", "identifiers": {"number": "#2001", "payment_intent": "pi_9"}}
    other = {"external_id": "42", "identifiers": {"shop_number": "2001"}, "customer": {"external_id": "gina"}}
    other |= {"subtotal_minor": 6000, "total_minor": 6400}
    order(acme, **shop)
    for asked in ("5501234567890", "2001", "#2001", "pi_9"):
        assert "Nobody brought this customer" in ask(desk, asked), asked
    told = secret(acme).get("/explain", order="2001").json()["data"]
    assert [one["order"]["external_id"] for one in told] == ["5501234567890"]
    orders.bring(storefront=acme, fields=cast.order(**other), source="shopify", at=timezone.now())
    assert "2 orders have the number #2001" in ask(desk, "#2001")
    assert secret(acme).get("/explain", order="2001").json()["data"] == []


def test_what_is_unknown_is_said_with_what_came_last_and_what_is_called_nearly_so(desk, acme, rival, alice, bought):
    shop = connections.connect(
        storefront=acme, platform="shopify", name="Shop", shop="acme.myshopify.com", secret="s", at=timezone.now()
    )
    came = {"topic": "orders/paid", "raw": b"", "received_at": timezone.now() - 2 * cast.MINUTE}
    InboundMessage.objects.create(connection=shop, message_id="1", state="failed", **came)
    page = ask(desk, "5555")
    assert "No such order has arrived; the last one came just now. Nothing here is called “5555”." in page
    assert "The newest order received is" in page
    assert "<td>2 minutes ago</td>" in page
    assert "1 could not be taken" in page
    assert "Did you mean" not in page
    meant = ids.encode("ord", bought.order.public_id)
    for slip in ("1002", "#1011", "101", "0101"):
        assert f"?q={meant}" in ask(desk, slip), slip
    assert f"?q={ids.encode('lnk', alice.links.get().public_id)}" in ask(desk, "alcie-link")
    assert f"?q={ids.encode('cus', alice.customer.public_id)}" in ask(desk, "alcie@example.com")
    told = secret(acme).get("/explain", q="1002").json()
    assert told["nearest"] == [{"kind": "order", "name": "1001", "ask": meant}]
    assert "Last Shopify message (Shop): 2 minutes ago; 1 of its messages could not be taken." in told["not_arrived"]
    assert told["not_arrived"].endswith("Nearest: 1001.")
    named = secret(acme).get("/explain", q="alice-link").json()["named"]
    assert named == "Alice advocates in “Friends of Acme” and brought 1 friend."
    told = secret(rival).get("/explain", q="1001").json()
    assert told["not_arrived"] == "No such order has arrived; none has arrived at all."
    assert told["data"] == told["nearest"] == []


def test_an_address_that_nobody_has_says_who_invited_it_and_what_waits_says_for_what(desk, acme, alice):
    with transaction.atomic():
        invitations.invite(advocate=alice, email="Fred@example.com", at=timezone.now())
    secret(acme).post("/orders/ext_77/refunds", {"refund_id": "R-7", "amount_minor": 100})
    page = ask(desk, "fred@example.com")
    assert "Nobody with this address is known here." in page
    assert "Alice invited this address on" in page
    assert "Its refund R-7 came before it" in ask(desk, "77")


def test_clicked_on_the_phone_and_bought_elsewhere_without_the_code(desk, acme, program, alice):
    """Of a visit that a sign-up came with nothing is said."""
    visits = [
        clicks.open_link(
            host="testserver", code="ALICE-LINK", at=at, counted=True, visitor=b"v" * 16, referrer="", query={}
        )
        for at in (timezone.now() - cast.HOUR, timezone.now() - 2 * cast.HOUR)
    ]
    click = ids.encode("clk", visits[1].click_id)
    secret(acme).post("/signups", {"customer": {"external_id": "gina"}, "click_id": click})
    order(acme)
    page = ask(desk, "1001")
    assert "Perhaps this one: 1 visit of Alice’s link ALICE-LINK, of which nothing came" in page
    assert "bought elsewhere without the code" in page
    told = secret(acme).get("/explain", q="1001").json()["data"][0]
    assert [(each["code"], each["visits"]) for each in told["visits"]] == [("ALICE-LINK", 1)]
    order(acme, "1002", name="hugo", referral_code="ALICE-LINK")
    assert "Perhaps this one" not in ask(desk, "1002")


def test_who_told_of_it_and_what_was_told_of_it_stands_in_the_answer(desk, acme, program, alice):
    webhooks.create(storefront=acme, url="https://acme.example/hooks", at=timezone.now())
    rule(program)
    order(acme, referral_code=alice.code)
    for lane in ("money", "out"):
        while drain(lane, at=timezone.now()):
            pass
    page = ask(desk, "1001")
    assert "Paid. From the API, received" in page
    assert "\xa0s after the payment." in page
    assert "<summary>4 webhooks, 4 to be sent</summary>" in page
    told = secret(acme).get("/explain", q="1001").json()["data"][0]["deliveries"]
    assert [each["type"] for each in told] == [
        "referral.created", "order.recorded", "conversion.recorded", "reward.pending"
    ]  # fmt: skip


def test_a_person_is_told_by_whom_they_were_brought_also_by_an_id(desk, acme, bought, alice):
    for asked in ("fred", "ext_fred", ids.encode("cus", bought.order.customer.public_id)):
        page = ask(desk, asked)
        assert "fred was brought by Alice in “Friends of Acme” (code)" in page.replace("Fred", "fred"), asked
        assert "Orders of" in page
    told = secret(acme).get("/explain", q="fred").json()
    assert [each["method"] for each in told["brought_by"]] == ["code"]
    assert [each["external_id"] for each in told["orders"]] == ["1001"]
    assert secret(acme).get("/explain", q=alice.code).json()["friends"][0]["orders"] == [told["orders"][0]["id"]]
    cast.customer(acme, "hugo")
    assert "None has arrived. Hugo is known since" in ask(desk, "hugo@example.com")


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["", "nobody@example.com", "x" * 5000, "<script>", "%00", "ord_zzz", "a\0b", "ORD_1"])
def test_anything_may_be_asked(desk, asked):
    assert "<script>" not in ask(desk, asked).split("</form>", 2)[1]


def test_an_order_nobody_brought_says_so(desk, acme):
    cast.program(acme)
    order(acme)
    assert "Nobody brought this customer" in ask(desk, "1001")
