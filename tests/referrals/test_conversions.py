import pytest

from advocacy import enrolment
from advocacy.models import Event
from advocacy.refusals import Refused
from referrals import conversions, orders
from referrals.models import Conversion, Referral
from tests import cast
from tests.cast import DAY, HOUR, NOON


@pytest.fixture
def conversion(acme, alice):
    fields = cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK")
    return orders.record(storefront=acme, orders=[fields], at=NOON)[0].conversion


def review(conversion, review, side="both", reason=""):
    return conversions.review(conversion=conversion, side=side, review=review, reason=reason, at=NOON + DAY)


def told():
    events = Event.objects.filter(subject_kind="conversion").exclude(type="conversion.recorded").order_by("version")
    return [(event.type, event.version, event.facts["stands"], event.facts["friends_change"]) for event in events]


def test_each_side_is_reviewed_by_itself(conversion):
    review(conversion, "held", side="friend", reason="same address")
    stored = Conversion.objects.get()
    assert (stored.advocate_review, stored.friend_review, stored.review_reason) == ("clear", "held", "same address")
    assert told() == [("conversion.held", 2, True, 0)]
    assert Event.objects.get(type="conversion.held").facts["friend_review"] == "held"


def test_rejecting_the_advocate_takes_the_conversion_out_of_every_count_until_it_is_released(conversion):
    review(conversion, "rejected")
    bond = Referral.objects.get()
    assert (bond.standing_conversions, bond.converted_at) == (0, None)
    review(conversion, "clear")
    bond = Referral.objects.get()
    assert (bond.standing_conversions, bond.converted_at) == (1, NOON)
    assert told() == [("conversion.rejected", 2, False, -1), ("conversion.released", 3, True, 1)]


def test_rejecting_the_friend_leaves_it_standing(conversion):
    assert review(conversion, "rejected", side="friend").stands
    assert told() == [("conversion.rejected", 2, True, 0)]


def test_it_is_judged_by_the_states_of_when_it_was_recorded(program, alice, conversion):
    enrolment.set_status(advocate=alice, status="banned", at=NOON + HOUR)
    program.status, program.ends_at = "paused", NOON + HOUR
    program.save()
    review(conversion, "held")
    orders.refund(order=conversion.order, refund={"refund_id": "r1", "amount_minor": 100}, at=NOON + DAY)
    facts = Event.objects.filter(subject_kind="conversion").values_list("facts", flat=True)
    assert [(each["advocate_status"], each["program_status"]) for each in facts] == [("active", "active")] * 3


@pytest.mark.parametrize(
    ("window", "status"),
    [
        ({"ends_at": NOON}, "ended"),
        ({"ends_at": NOON + HOUR}, "active"),
        ({"starts_at": NOON + HOUR}, "paused"),
        ({"starts_at": NOON}, "active"),
    ],
)
def test_a_program_outside_its_window_is_not_active(program, conversion, window, status):
    type(program).objects.update(**window)
    fields = cast.order("1002", customer={"external_id": "fred"})
    later = orders.record(storefront=program.storefront, orders=[fields], at=NOON + 2 * HOUR)[0].conversion
    assert (later.program_status, Conversion.objects.get(pk=later.pk).program_status) == (status, status)


def test_the_bonds_version_grows_with_what_is_kept_on_it(conversion):
    assert Referral.objects.get().version == 2
    review(conversion, "held")
    assert Referral.objects.get().version == 2
    review(conversion, "rejected")
    assert Referral.objects.get().version == 3


def test_what_is_so_already_is_not_told_again(conversion):
    review(conversion, "clear")
    review(conversion, "held")
    review(conversion, "held", side="advocate")
    assert [event[0] for event in told()] == ["conversion.held"]


@pytest.mark.parametrize(("side", "verdict"), [("buyer", "held"), ("both", "maybe")])
def test_an_unknown_side_or_verdict_is_refused(conversion, side, verdict):
    with pytest.raises(Refused):
        review(conversion, verdict, side=side)
    assert told() == []


def test_a_rejected_one_stays_out_when_its_refund_is_undone(conversion):
    orders.refund(order=conversion.order, refund={"refund_id": "r1", "amount_minor": 5400}, at=NOON + HOUR)
    review(conversion, "rejected", side="advocate")
    orders.undo_refund(order=conversion.order, refund_id="r1", at=NOON + 2 * DAY)
    assert Conversion.objects.get().stands is False
    assert [event[3] for event in told()] == [-1, 0, 0]


def test_a_referral_is_converted_since_its_earliest_standing_conversion(acme, conversion):
    fields = cast.order("1002", customer={"external_id": "fred"}, placed_at=NOON - HOUR, paid_at=NOON + HOUR)
    orders.record(storefront=acme, orders=[fields], at=NOON + HOUR)
    assert Referral.objects.get().converted_at == NOON
    review(conversion, "rejected")
    bond = Referral.objects.get()
    assert (bond.standing_conversions, bond.converted_at) == (1, NOON + HOUR)
    assert told()[-1][3] == 0
