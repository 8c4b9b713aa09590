import pytest

from advocacy import enrolment, ids, reasons
from advocacy.models import Event
from referrals import attribution, links, orders, signups
from referrals.models import Click, Referral
from tests import cast
from tests.cast import DAY, HOUR, NOON


def bind(customer, at=NOON, **hints):
    return attribution.bind(
        storefront=customer.storefront, customer=customer, hints=attribution.Hints(**hints), at=at, occurred_at=at
    )


def click(link, at=NOON):
    made = Click.objects.create(
        id=ids.uuid7(int(at.timestamp() * 1000)),
        storefront_id=link.storefront_id,
        program_id=link.program_id,
        link_id=link.pk,
        at=at,
        visitor=b"",
    )
    return ids.encode("clk", made.id)


def keys(binding):
    found = [reason["key"] for reason in binding.reasons]
    assert all(key in reasons.REASONS for key in found)
    return found


def refused(binding, *expected):
    assert (keys(binding), binding.created) == (list(expected), False)
    assert not Event.objects.filter(type="referral.created").exists()
    return True


def test_a_code_binds_a_friend_for_good(alice, mallory, fred):
    binding = bind(fred, code=" alice-Link ")
    assert (binding.created, binding.reasons) == (True, ())
    bond = Referral.objects.get()
    assert binding.referral == bond
    assert (bond.advocate, bond.friend, bond.method, bond.bound_at) == (alice, fred, "code", NOON)
    again = bind(fred, at=NOON + DAY, code="MALLORY-LINK")
    assert (again.referral, again.created, keys(again)) == (bond, False, ["attributed_to_other"])
    assert bind(fred, at=NOON + DAY, code="ALICE-LINK").reasons == ()
    assert bind(fred).referral == bond
    assert Referral.objects.get().version == 1


def test_a_click_binds_with_its_time_and_channel_copied(alice, fred):
    link = links.create(advocate=alice, channel="whatsapp", at=NOON)
    click_id = click(link, at=NOON - 3 * DAY - HOUR)
    bond = bind(fred, click_id=click_id).referral
    assert (bond.method, bond.channel, bond.link) == ("click", "whatsapp", link)
    assert (ids.encode("clk", bond.click_id), bond.clicked_at) == (click_id, NOON - 3 * DAY - HOUR)
    event = Event.objects.get(type="referral.created")
    assert event.facts == {
        "method": "click",
        "link": str(link.public_id),
        "candidates": 1,
        "days_since_click": 3,
        "channel": "whatsapp",
        "country": "",
        "new_customer": True,
        "advocate_segments": [],
        "friend_segments": [],
        "advocate_tier": "",
        "friend_tier": "",
        "advocate_status": "active",
        "program_status": "active",
    }
    assert (event.advocate, event.friend, event.customer, event.version) == (alice, fred, fred, 1)


def test_every_candidate_is_kept_with_why_it_lost(alice, mallory, fred):
    bond = bind(fred, code="ALICE-LINK", coupon_codes=("nonsense", "mallory-link"), click_id=click(mallory.links.get()))
    kept = [(one["code"], one["method"], one["won"], one["reason"]) for one in bond.referral.candidates]
    assert kept == [
        ("ALICE-LINK", "code", True, ""),
        ("MALLORY-LINK", "coupon", False, "lost_to_precedence"),
        ("MALLORY-LINK", "click", False, "lost_to_precedence"),
    ]


def test_nothing_known_came(alice, fred):
    assert refused(bind(fred), "no_attribution")
    assert refused(bind(fred, coupon_codes=("SUMMER", "")), "no_attribution")


def test_a_code_or_click_that_nobody_has_is_said_to_have_come(alice, fred):
    assert bind(fred, invitation="inv_1").reasons == ({"key": "unknown_invitation", "code": "inv_1"},)
    assert bind(fred, code=" nobody ").reasons == ({"key": "unknown_code", "code": "nobody"},)
    assert refused(bind(fred, click_id=ids.encode("clk", ids.uuid7())), "unknown_click")
    assert refused(bind(fred, code="a\0b" * 50, click_id="clk_x"), "unknown_code", "unknown_click")
    old = click(alice.links.get(), at=NOON - 91 * DAY)
    assert refused(bind(fred, code="ALICE-LNIK", click_id=old), "unknown_code", "outside_window")
    assert bind(fred, code="NOBODY", click_id=click(alice.links.get())).reasons == ()
    assert "invitation “inv_1”" in reasons.staff("unknown_invitation", code="inv_1")
    assert "“nobody”, which no advocate has" in reasons.staff("unknown_code", code="nobody")
    assert "nobody" not in reasons.advocate("unknown_code", code="nobody")


def test_a_click_outside_the_window_binds_nobody(alice, fred):
    binding = bind(fred, click_id=click(alice.links.get(), at=NOON - 91 * DAY))
    assert refused(binding, "outside_window")
    assert binding.reasons == ({"key": "outside_window", "days": 91, "window_days": 90},)


def test_nobody_brings_themselves(acme, alice, program):
    own = alice.customer
    assert refused(bind(own, code="ALICE-LINK"), "self_referral")
    other_account = cast.customer(acme, "alice2", email="Alice+2@example.com")
    assert refused(bind(other_account, code="ALICE-LINK"), "self_referral")


def test_two_people_without_an_address_are_not_the_same(acme, program):
    advocate = cast.advocate(program, "alice", code="ann")
    advocate.customer.email = advocate.customer.email_key = None
    advocate.customer.save()
    assert bind(cast.fred(acme, email=None), code="ANN").created


def test_a_banned_advocate_a_disabled_or_expired_link_bind_nobody(alice, fred):
    link = alice.links.get()
    links.set_status(link=link, status="disabled", at=NOON)
    assert refused(bind(fred, code="ALICE-LINK"), "link_disabled")
    short = links.create(advocate=alice, code="short", expires_at=NOON + DAY, at=NOON)
    assert refused(bind(fred, at=NOON + DAY, code="SHORT"), "link_expired")
    enrolment.set_status(advocate=alice, status="banned", at=NOON)
    assert refused(bind(fred, click_id=click(short)), "advocate_banned")


def test_a_click_outlives_its_link(alice, fred):
    short = links.create(advocate=alice, code="short", expires_at=NOON + DAY, at=NOON)
    assert bind(fred, at=NOON + 5 * DAY, click_id=click(short)).created


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"status": "paused"}, "program_paused"),
        ({"starts_at": NOON + HOUR}, "program_paused"),
        ({"status": "ended"}, "program_ended"),
        ({"ends_at": NOON}, "program_ended"),
    ],
)
def test_a_program_that_is_not_open_binds_nobody(program, alice, fred, changes, key):
    type(program).objects.filter(pk=program.pk).update(**changes)
    assert refused(bind(fred, code="ALICE-LINK"), key)


def test_a_paused_advocate_still_brings_friends(alice, fred):
    enrolment.set_status(advocate=alice, status="paused", at=NOON)
    assert bind(fred, code="ALICE-LINK").created


def buy(customer, at, **changes):
    fields = cast.order(at=at, customer=f"ext_{customer.external_id}", **changes)
    return orders.record(storefront=customer.storefront, orders=[fields], at=at)[0]


def test_who_ordered_before_is_a_customer_already(program, alice, fred):
    buy(fred, NOON - DAY)
    binding = bind(fred, code="ALICE-LINK")
    assert refused(binding, "existing_customer")
    assert binding.reasons == ({"key": "existing_customer", "orders": 1},)
    program.new_customers_only = False
    program.save()
    assert bind(fred, code="ALICE-LINK").created


def test_who_ordered_under_the_same_mailbox_is_a_customer_already(acme, rival, alice, fred):
    for storefront in (acme, rival):
        guest = cast.order("guest", at=NOON - DAY, customer={"email": "Fred+shop@example.com"})
        orders.record(storefront=storefront, orders=[guest], at=NOON - DAY)
    cast.customer(acme, "fred-at-work", email="fred@example.com", orders_before=2)
    assert bind(fred, code="ALICE-LINK").reasons == ({"key": "existing_customer", "orders": 3},)


def test_orders_before_the_program_count_as_orders(acme, alice):
    assert refused(bind(cast.fred(acme, orders_before=3), code="ALICE-LINK"), "existing_customer")


def test_an_order_that_was_never_paid_and_cancelled_is_none(alice, fred):
    buy(fred, NOON - DAY, status="cancelled")
    assert bind(fred, code="ALICE-LINK").created


def test_programs_are_judged_apart(acme, program, alice, fred):
    second = cast.program(acme, slug="second", status="paused")
    cast.advocate(second, "mallory", code="second")
    binding = bind(fred, code="SECOND", coupon_codes=("ALICE-LINK",))
    assert (binding.referral.program, binding.referral.method) == (program, "coupon")
    assert keys(binding) == ["program_paused"]
    type(second).objects.update(status="active")
    both = bind(fred, code="SECOND")
    assert both.created
    assert {bond.program for bond in both.referrals} == {program, second}


def test_rivals_codes_and_clicks_are_unknown_here(rival, alice):
    stranger = cast.fred(rival)
    assert refused(
        bind(stranger, code="ALICE-LINK", click_id=click(alice.links.get())), "unknown_code", "unknown_click"
    )


def test_a_signup_makes_the_customer_and_the_bond_and_can_be_repeated(acme, alice):
    fields = {"external_id": "fred", "email": "fred@example.com"}
    for created in (True, False):
        fred, binding = signups.record(
            storefront=acme, customer=fields, code="alice-link", at=NOON, occurred_at=NOON - HOUR
        )
        assert (binding.referral.friend, binding.created) == (fred, created)
    assert Referral.objects.get().bound_at == NOON - HOUR


def test_a_signup_that_leads_nowhere_still_makes_the_customer(acme):
    fred, binding = signups.record(storefront=acme, customer={"external_id": "fred"}, code="NOBODY", at=NOON)
    assert (fred.external_id, binding.referral, keys(binding)) == ("fred", None, ["unknown_code"])
