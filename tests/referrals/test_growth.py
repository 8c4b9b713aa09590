"""How a program grows, of a story small enough to count by hand."""

from datetime import timedelta

import pytest
from django.db.models import F

from referrals import growth, links
from referrals.models import Conversion, Cut, Day, DayCut, Link, Order, Share
from tests import cast
from tests.flows.api import secret
from tests.referrals.history import bought, brought, click, person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
JOINED = cast.NOON - 60 * DAY
PERIOD = {"since": JOINED.date(), "until": JOINED.date()}


@pytest.fixture
def alice(program):
    return cast.alice(program, at=JOINED)


def _friend(advocate, name, *, after, products=()):
    """Who bought so long after alice joined."""
    friend = person(advocate.storefront, name)
    referral = brought(advocate, friend, at=JOINED)
    order = bought(friend, at=JOINED + after, products=list(products))
    conversion = Conversion.objects.create(
        storefront=advocate.storefront,
        program=advocate.program,
        referral=referral,
        order=order,
        sequence=1,
        converted_at=order.placed_at,
        recorded_at=order.placed_at,
    )
    referral.converted_at, referral.standing_conversions = conversion.converted_at, 1
    referral.save()
    return friend


def _shared(link, *, channel, times=1):
    for _ in range(times):
        Share.objects.create(storefront=link.storefront, link=link, kind="share", channel=channel, at=JOINED)


def _link(advocate):
    return Link.objects.create(
        storefront=advocate.storefront, program=advocate.program, advocate=advocate, code="SHARED", created_at=JOINED
    )


def test_k_is_what_was_sent_times_what_came_of_it(program, alice):
    link = _link(alice)
    _shared(link, channel="whatsapp", times=6)
    _shared(link, channel="email", times=2)
    Day.objects.create(program=program, day=PERIOD["since"], advocates_enrolled=12, converted_referrals=3)
    for key, friends in (("1", 2), ("2", 1)):
        own = {"program": program, "day": PERIOD["since"], "cut": "advocate", "key": key}
        DayCut.objects.create(**own, converted_referrals=friends)
    k = growth.virality(program=program, **PERIOD, at=cast.NOON)["k"]
    assert (k["sent_per_advocate"], k["converted_per_sent"], k["value"]) == (0.66667, 0.375, 0.25)
    # Of twelve advocates one has two friends and one has one: 3 ÷ 12, less and more t₁₁ · √(4.25 ÷ 11 ÷ 12).
    assert k["interval"] == [0.0, 0.64493]
    forecast = growth.virality(program=program, **PERIOD, at=cast.NOON)["forecast"]
    assert forecast[:2] == [{"cycles": 1, "people": 15}, {"cycles": 2, "people": 16}]
    assert growth.channels(program=program, **PERIOD) == [
        {"channel": "whatsapp", "shares": 6, "advocates": 1, "share": 0.75},
        {"channel": "email", "shares": 2, "advocates": 1, "share": 0.25},
    ]


def test_k_of_a_cohort_counts_friends_within_the_days_and_leaves_out_who_is_too_young(program, alice):
    _friend(alice, "fred", after=29 * DAY)
    _friend(alice, "fritz", after=31 * DAY)
    cast.advocate(program, "ben", at=JOINED)
    # Of a period are those whose 30 days ended in it, so the last month has a K of friends too.
    last = {"program": program, "since": JOINED.date() + 5 * DAY, "until": JOINED.date() + 34 * DAY}
    told = growth.virality(**last, at=JOINED + 34 * DAY)["cohort"]
    assert told["joined"] == {"from": JOINED.date() - 25 * DAY, "to": JOINED.date() + 4 * DAY}
    assert (told["friends"], told["advocates"], told["too_young"], told["value"]) == (1, 2, 0, 0.5)
    early = growth.virality(**last, at=JOINED + 20 * DAY)["cohort"]
    assert (early["advocates"], early["too_young"], early["value"]) == (0, 2, None)
    none = growth.virality(program=program, **PERIOD, at=cast.NOON)["cohort"]
    assert none["reason"] == f"Nobody joined from {JOINED.date() - 30 * DAY} to {JOINED.date() - 30 * DAY}."


def test_the_best_advocates_are_told_by_their_friends(program, alice):
    cut = {"program": program, "cut": Cut.ADVOCATE, "day": PERIOD["since"]}
    DayCut.objects.create(**cut, key=str(alice.pk), referrals=3, converted_referrals=2, revenue_minor=900)
    ben = cast.advocate(program, "ben")
    DayCut.objects.create(**cut, key=str(ben.pk), referrals=9, converted_referrals=0)
    (best,) = growth.top_advocates(program=program, **PERIOD, at=JOINED)
    assert (best["advocate"], best["converted_referrals"], best["revenue_minor"]) == (alice, 2, 900)


def test_trees_hours_and_products_are_counted_by_night(program, alice):
    beans, cups = {"name": "Beans", "quantity": 2}, {"sku": "CUP"}
    fred = _friend(alice, "fred", after=DAY, products=[beans, cups])
    _friend(links.enrol(program=program, customer=fred, at=cast.NOON)[0], "fritz", after=2 * DAY)
    bought(person(alice.storefront, "gina"), at=cast.NOON - DAY, products=[beans])
    # What a friend bought that was rejected, and what was wholly given back, is neither's; who reloads clicks once.
    _friend(alice, "cheater", after=DAY, products=[cups])
    Conversion.objects.filter(referral__friend__external_id="cheater").update(stands=False)
    given_back = bought(person(alice.storefront, "hans"), at=cast.NOON - DAY, products=[beans])
    Order.objects.filter(pk=given_back.pk).update(refunded_minor=F("total_minor"))
    link = _link(alice)
    for minutes in (0, 1):
        click(link, at=cast.NOON - DAY + timedelta(minutes=minutes))
    assert list(growth.due(at=cast.NOON)) == [program]
    growth.count(program=program, at=cast.NOON)
    assert list(growth.due(at=cast.NOON + timedelta(hours=19))) == []
    told = {name: answer for name, (answer, _) in growth.read(program=program).items()}
    assert (told["trees"]["people"], told["trees"]["deepest"], told["trees"]["depths"]) == (4, 2, [2, 1])
    assert told["products"] == {
        "friends": 3,
        "others": 2,
        "products": [
            {"product": "Beans", "friends": 2, "others": 2},
            {"product": "CUP", "friends": 1, "others": 0},
        ],
    }
    assert sum(cell["orders"] for cell in told["hours"]["cells"]) == 2
    assert sum(cell["clicks"] for cell in told["hours"]["cells"]) == 1


def test_the_api_tells_it_and_says_what_cannot_be_asked(acme, program, alice):
    shop = secret(acme)
    answer = shop.get("/growth")
    assert (answer.status_code, answer.json()["tallies"]["trees"]) == (200, None)
    assert answer.json()["k"]["reason"] == "No advocate had joined by then."
    for asked in ({"within_days": "0"}, {"within_days": "much"}, {"from": "2026-02-02", "to": "2026-02-01"}):
        refused = shop.get("/growth", **asked)
        assert (refused.status_code, bool(refused.json()["detail"])) == (400, True)
