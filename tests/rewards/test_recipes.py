"""Each recipe is saved as it stands and pays what its text says."""

from datetime import timedelta

import pytest

from advocacy import ids, testimonials
from advocacy.outbox.drain import drain
from referrals import signups
from rewards import recipes, rulebook
from rewards.models import CouponPool, Reward
from tests import cast
from tests.rewards import scene
from tests.rewards.scene import NOW, conversion_of, person, tell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def program():
    return scene.program_of(scene.acme())


@pytest.fixture
def alice(program):
    return scene.alice_of(program)


def save(program, recipe):
    """As an admin would: with a pool chosen where one is needed."""
    terms = recipe.terms(at=NOW, zone="Europe/Berlin")
    for benefit in terms["benefits"].values():
        if benefit.get("pool") == "":
            benefit["pool"] = ids.encode("pol", _pool(program).public_id)
    year = timedelta(days=365)
    # What a sign-up alone earns is small and within a budget, and nobody screens it.
    expected = ["not_screened"] if terms.get("trigger") == "referral.created" else []
    assert [warned.code for warned in rulebook.warnings(program=program, terms=terms)] == expected
    return rulebook.save(
        program=program, name=recipe.name, terms=terms, at=NOW, starts_at=NOW - year, from_the_past=True
    )


def _pool(program):
    return CouponPool.objects.create(
        storefront=program.storefront,
        program=program,
        name="Gift cards",
        kind="gift_card",
        amount_minor=2500,
        currency="EUR",
        created_at=NOW,
    )


def lines(**by_category):
    return [
        {"line": name, "category": name, "quantity": 1, "net_minor": minor, "revenue_minor": minor, "refunded_minor": 0}
        for name, minor in by_category.items()
    ]


def orders(alice, program, each):
    for number, facts in enumerate(each):
        tell(conversion_of(alice, person(program.storefront, f"friend {number}")), **facts)


FIFTY = {"goods_minor": 5000, "revenue_minor": 5000, "basis_minor": 5000}
# By recipe: the facts of friends' orders, and what each reward comes to.
STORIES = {
    "give-10-get-10": ([{}], ["advocate 1000 EUR", "friend 1000 EUR"]),
    "percent-for-a-year": ([{}, {"revenue_minor": 50_000}], ["advocate 500 EUR", "advocate 2000 EUR"]),
    "every-5th-friend": ([{}] * 6, ["advocate 2500 EUR"]),
    "tiers-by-friends": ([{}] * 5, [*["advocate 500 EUR"] * 4, "advocate 800 EUR"]),
    "share-of-the-first-order": ([{}] * 6, ["advocate 750 EUR"] * 5),
    "by-category": (
        [{"products": lines(coffee=3000, accessories=1000, tea=1000)}],
        ["advocate 350 EUR"],
    ),
    "double-until-sunday": ([{}], ["advocate 2000 EUR", "friend 2000 EUR"]),
    "cash-for-partners": (
        [{"advocate_segments": ["partner"]}, {"advocate_segments": []}],
        ["advocate 2000 EUR"],
    ),
}


def given():
    rows = Reward.objects.exclude(granted_minor=0).order_by("id")
    return sorted(f"{row.side} {row.granted_minor} {row.unit}" for row in rows)


@pytest.mark.parametrize("key", STORIES)
def test_a_recipe_pays_what_it_says(program, alice, key):
    save(program, recipes.RECIPES[key])
    each, expected = STORIES[key]
    orders(alice, program, [FIFTY | facts for facts in each])
    drain("money", at=NOW)
    assert given() == sorted(expected)


def test_points_for_a_testimonial_once(program, alice):
    save(program, recipes.RECIPES["points-for-a-testimonial"])
    for text in ("The best coffee", "Still the best"):
        said = {"text": text, "consented": True, "source": "api", "at": NOW}
        sent = testimonials.send(storefront=program.storefront, customer=alice.customer, program=program, **said)
        testimonials.publish(testimonial=sent, by=None, at=NOW)
    drain("money", at=NOW)
    assert given() == ["customer 100 PTS"]


def test_welcome_credit_at_the_sign_up(acme):
    program = cast.program(acme)
    save(program, recipes.RECIPES["welcome-credit"])
    cast.alice(program, code="ALICE")
    signups.record(storefront=acme, customer={"external_id": "fred"}, code="ALICE", at=NOW)
    drain("money", at=NOW)
    assert given() == ["friend 500 EUR"]


def test_there_are_ten_and_each_story_is_told():
    assert len(recipes.RECIPES) == 10
    assert set(recipes.RECIPES) == {*STORIES, "points-for-a-testimonial", "welcome-credit"}


def test_sunday_is_the_one_that_comes_in_the_program_s_zone():
    monday = recipes.RECIPES["double-until-sunday"].terms(at=NOW, zone="Europe/Berlin")["ends_at"]
    assert monday.isoformat() == "2026-03-09T00:00:00+01:00"
