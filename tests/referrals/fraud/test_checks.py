"""Each check by itself: what it doubts and what it leaves alone. What they ask the database is in stories."""

from datetime import timedelta
from uuid import UUID

import pytest

from config.fraud_checks import CHECKS
from referrals.fraud import policies
from referrals.fraud.cases import Case
from referrals.fraud.places import Shared
from referrals.models import FraudPolicy
from tests.cast import NOON

CLICK = UUID(int=1)
SECONDS, MINUTES = timedelta(seconds=1), timedelta(minutes=1)


def case(**said):
    usual = {"conversion": 1, "storefront": 1, "program": 1, "order": 1, "placed_at": NOON, "bound_at": NOON}
    return Case(**usual | {"advocate": 1, "advocate_customer": 1, "friend": 2, "click": CLICK} | said)


def emails(advocate, friend):
    return case(advocate_email=advocate, friend_email=friend)


def joined(*minutes):
    return {1: [(NOON - each * MINUTES, each == 0) for each in minutes]}


TABLE = [
    ("same_device", case(), {}, None),
    ("same_device", case(), {1: Shared(True, False, 0)}, None),
    ("same_device", case(), {1: Shared(True, True, 0)}, {"advocate": True, "friends": 0}),
    ("same_device", case(), {1: Shared(False, False, 2)}, {"advocate": False, "friends": 2}),
    ("same_network", case(), {1: Shared(True, False, 0)}, {}),
    # Told by the browser already.
    ("same_network", case(), {1: Shared(True, True, 0)}, None),
    ("crowded_network", case(), {1: 3}, None),
    ("crowded_network", case(), {1: 4}, {"conversions": 4, "most": 3}),
    ("velocity", case(), joined(0, 1, 2, 3, 59), None),
    ("velocity", case(), joined(0, 1, 2, 3, 58, 59), {"span": "hour", "friends": 6, "bought": 1, "most": 5}),
    ("velocity", case(), joined(0, 1, 2, 3, 59, 60), None),
    ("velocity", case(), joined(*range(0, 1440, 72)), None),
    ("velocity", case(), joined(*range(0, 1440, 68)), {"span": "day", "friends": 22, "bought": 1, "most": 20}),
    ("same_payment", case(), {1: {"advocate": True, "friends": 0}}, {"advocate": True, "friends": 0}),
    ("same_shipping", case(), {}, None),
    ("same_shipping", case(), {1: {"advocate": False, "friends": 1}}, {"advocate": False, "friends": 1}),
    ("crowded_address", case(), {1: {"advocate": True, "friends": 3}}, None),
    ("crowded_address", case(), {1: {"advocate": True, "friends": 4}}, {"friends": 4, "most": 3}),
    ("known_payment", case(new_only=True), {}, None),
    ("known_payment", case(new_only=True), {1: {"others": 1}}, {"others": 1}),
    ("known_payment", case(), {1: {"others": 1}}, None),
    ("known_payment", case(new_only=True, first=False), {1: {"others": 1}}, None),
    ("disposable_email", emails("alice@example.com", "fred@example.com"), None, None),
    ("disposable_email", emails("", "x@mailinator.com"), None, {"domain": "mailinator.com"}),
    ("disposable_email", emails("", "x@box.mailinator.com"), None, {"domain": "mailinator.com"}),
    ("disposable_email", emails("", "x@ourmailinator.com.example"), None, None),
    ("disposable_email", case(), None, None),
    ("similar_email", emails("mallory@a.example", "mallori@a.example"), {}, {"distance": 1}),
    ("similar_email", emails("mallory@a.example", "mallory@b.example"), {}, {"distance": 0}),
    ("similar_email", emails("mallory@a.example", "mxlxrx@a.example"), {}, None),
    # Short names are all alike.
    ("similar_email", emails("anna@a.example", "hanna@a.example"), {}, None),
    ("similar_email", emails("", ""), {}, None),
    ("similar_email", emails("mallory@a.example", "mallory123@b.example"), {}, {"distance": 0}),
    ("similar_email", emails("contact@a.example", "contact@b.example"), {}, None),
    ("similar_email", emails("m@a.example", "bot3@a.example"), {1: ["bot1@a.example", "bot3@a.example"]}, None),
    (
        "similar_email",
        emails("m@a.example", "bot3@a.example"),
        {1: ["bot1@a.example", "bot2@a.example", "bot3@a.example", "bot4@b.example"]},
        {"series": 3},
    ),
    ("too_fast", case(clicked_at=NOON - 9 * SECONDS), None, {"seconds": 9.0, "least": 10}),
    ("too_fast", case(clicked_at=NOON - 10 * SECONDS), None, None),
    ("too_fast", case(clicked_at=NOON + SECONDS), None, None),
    ("too_fast", case(), None, None),
    ("too_fast", case(clicked_at=NOON, first=False), None, None),
    ("paid_traffic", case(), {CLICK: ("", {"utm_source", "gclid", "fbclid"})}, {"marks": ["gclid"]}),
    ("paid_traffic", case(), {CLICK: ("", {"fbclid"})}, None),
    ("paid_traffic", case(), {}, None),
    ("facebook_click", case(), {CLICK: ("", {"fbclid"})}, {}),
    ("banned_site", case(), {CLICK: ("www.coupons.example", ())}, {"site": "coupons.example"}),
    ("banned_site", case(), {CLICK: ("mycoupons.example", ())}, None),
    ("banned_site", case(), {CLICK: ("", ())}, None),
    ("refund_rate", case(), {1: (4, 4)}, None),
    ("refund_rate", case(), {1: (10, 2)}, None),
    ("refund_rate", case(), {1: (10, 3)}, {"orders": 10, "refunded": 3, "percent": 30, "most": 20}),
    ("loop", case(), {}, None),
    ("loop", case(), {1: 3}, {"people": 3}),
    ("rejected_before", case(referral=1), {1: 1}, {"orders": 1}),
    ("rejected_before", case(referral=2), {1: 1}, None),
    ("same_payout", case(), {1: (1, 0)}, {"others": 1}),
    ("same_payout", case(), {1: (3, 2)}, {"others": 3, "later": 2}),
    ("same_payout", case(), {}, None),
]


@pytest.mark.parametrize(("name", "about", "known", "evidence"), TABLE)
def test_a_check_doubts_this_and_leaves_that_alone(name, about, known, evidence):
    limits = policies.of_row(FraudPolicy(banned_sites="Coupons.example\n")).limits[name]
    assert CHECKS[name].find(about, known, limits) == evidence
    if evidence is not None:
        assert CHECKS[name].words(evidence).endswith(".")


def test_each_check_is_tried():
    assert {name for name, *_, evidence in TABLE if evidence is not None} == set(CHECKS)


def test_who_lives_together_is_below_the_threshold():
    usual = policies.of_row(FraudPolicy())
    assert sum(usual.points[each] for each in ("same_network", "same_shipping")) == 45 < usual.hold_at
