"""Codes that a shop makes: once, whatever fails, good as long as their reward stands, ended while unused."""

from datetime import timedelta

import pytest
from django.db import transaction

from advocacy import connections, errands, ids
from advocacy.errands import running
from advocacy.models import Connection, Errand
from advocacy.refusals import Refused
from referrals import events as catalogue
from rewards import audit
from rewards.coupons import asking, codes, ending, making
from rewards.models import Coupon, CouponPool, Reward
from tests.referrals import shopify_graphql
from tests.referrals.platforms_stage import connected
from tests.rewards.coupon_stage import pays_from, states
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, settle, tell
from tests.rewards.shop_stage import SECOND, open_shop, pool_in, run

__all__ = ["open_shop"]
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def bring(alice, name="fred"):
    """A friend who buys, settled."""
    conversion = conversion_of(alice, person(alice.storefront, name))
    tell(conversion)
    settle()
    return conversion


def of_a_shop(alice, open_shop, platform="shopify", **columns):
    """``(shop, connection, pool)`` with a rule that pays alice from the pool, and a friend who bought."""
    shop, connection = open_shop(alice.storefront, platform)
    pool = pool_in(alice.program, connection, **columns)
    pays_from(pool)
    return shop, connection, pool


class Killed(Exception):
    pass


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "stripe"])
def test_a_code_is_made_once_given_and_ended_with_its_reward(alice, open_shop, platform):
    shop, _, _ = of_a_shop(alice, open_shop, platform)
    conversion = bring(alice)
    reward = Reward.objects.get()
    assert (reward.waits_for_code, reward.status, making.order(at=NOW), making.order(at=NOW)) == (True, "pending", 1, 0)
    # Killed between the platform's answer and our commit: the shop has the code, and we know nothing of it.
    with pytest.raises(Killed), transaction.atomic():
        errands.run_next(at=NOW)
        raise Killed
    assert (len(shop.done), Coupon.objects.get().state) == (1, "making")
    assert run() == 1
    coupon, errand = Coupon.objects.get(), Errand.objects.get()
    whole = codes.shown(coupon)
    assert [(word, code.upper()) for word, code in shop.done] == [("made", whole)]
    assert (coupon.state, coupon.reward, bool(coupon.shop_reference)) == ("assigned", reward, True)
    assert (errand.state, errand.outcome) == ("done", "The shop takes the code: it had it already.")
    assert balances(alice.customer) == {"available": 1000}
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert (run(), [word for word, _ in shop.done]) == (1, ["made", "ended"])
    errand.refresh_from_db()
    assert (errand.state, errand.outcome) == ("done", "The shop takes the code no more.")
    assert list(audit.differences()) == []


def test_shops_are_told_all_that_the_code_is_to_be(alice, open_shop):
    shops = {}
    for platform in ("shopify", "woocommerce", "stripe"):
        shops[platform], connection = open_shop(alice.storefront, platform)
        worth = {"amount_minor": 0, "currency": "", "percent_bp": 1250} if platform == "woocommerce" else {}
        pays_from(pool_in(alice.program, connection, name=f"Spring, {platform}", minimum_minor=2550, **worth))
    bring(alice)
    run()
    made = {coupon.pool.connection.platform: coupon for coupon in Coupon.objects.select_related("pool__connection")}
    names = {platform: ids.encode("cpn", coupon.public_id) for platform, coupon in made.items()}
    [told] = shops["shopify"].codes
    assert {name: told[name] for name in ("title", "code", "usageLimit", "context", "customerGets")} == {
        "title": f"Spring, shopify · {names['shopify']}",
        "code": codes.shown(made["shopify"]),
        "usageLimit": 1,
        "context": {"all": "ALL"},
        "customerGets": {
            "value": {"discountAmount": {"amount": "10.00", "appliesOnEachItem": False}},
            "items": {"all": True},
        },
    }
    assert told["minimumRequirement"] == {"subtotal": {"greaterThanOrEqualToSubtotal": "25.50"}}
    assert (told["startsAt"], told["endsAt"]) == ("2026-03-02T12:00:00+00:00", "2026-04-03T12:00:00+00:00")
    [told] = shops["woocommerce"].codes
    said = ("discount_type", "amount", "minimum_amount", "usage_limit", "date_expires_gmt", "meta_data")
    mark = {"key": "advocacy_coupon", "value": names["woocommerce"]}
    assert [told[name] for name in said] == ["percent", "12.50", "25.50", 1, "2026-04-03T12:00:00", [mark]]
    [coupon], [told] = shops["stripe"].coupons, shops["stripe"].codes
    pool = ids.encode("pol", made["stripe"].pool.public_id)
    assert (coupon["id"], coupon["amount_off"], coupon["currency"], coupon["duration"]) == (pool, "1000", "eur", "once")
    assert (told["promotion"]["coupon"], told["metadata"]) == (pool, {"advocacy_coupon": names["stripe"]})
    least = {"first_time_transaction": False, "minimum_amount": 2550, "minimum_amount_currency": "eur"}
    assert (told["restrictions"], told["max_redemptions"], told["expires_at"]) == (least, 1, 1775217600)
    # An order names a promotion code by Stripe's id of it, and is kept by ours.
    assert asking.names(storefront=alice.storefront, texts=["promo_1", "promo_2"]) == {"promo_1": names["stripe"]}


def test_a_reward_that_waits_wakes_who_asks_the_shop(alice, open_shop, django_capture_on_commit_callbacks):
    shop, _, _ = of_a_shop(alice, open_shop)
    with django_capture_on_commit_callbacks(execute=True):
        bring(alice)
    assert (Reward.objects.get().waits_for_code, shop.done) == (True, [])


def test_a_used_code_stays_in_the_shop(alice, open_shop):
    shop, _, _ = of_a_shop(alice, open_shop)
    conversion = bring(alice)
    run()
    shop.codes[0]["asyncUsageCount"] = 1
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    run()
    assert ([word for word, _ in shop.done], shop.codes[0]["status"]) == (["made"], "ACTIVE")
    assert "was used in the shop before it could be ended" in Errand.objects.get().outcome


def test_what_expires_or_is_prolonged_here_does_so_there(alice, open_shop):
    shop, _, _ = of_a_shop(alice, open_shop)
    bring(alice)
    run()
    coupon, over = Coupon.objects.get(), NOW + timedelta(days=31)
    assert ending.expire(at=over) == 1
    run(over)
    ending.prolong(reward=coupon.reward, until=None, at=over)
    run(over)
    assert ([word for word, _ in shop.done], shop.codes[0]["status"]) == (["made", "ended", "renewed"], "ACTIVE")


BAD = (503, {}, {"errors": "Service Unavailable"})


@pytest.mark.parametrize(
    "case",
    [
        ((429, {"Retry-After": "90"}, {"errors": "Exceeded 2 calls per second."}), 90, 0, ""),
        (shopify_graphql.throttled(cost=12, left=2, per_second=5), 2, 0, ""),
        (BAD, 5, 1, "Shopify answered 503: Service Unavailable"),
        ((401, {}, {"errors": "[API] Invalid API key"}), 3600, 0, "Shopify refuses the credentials: Shopify answered"),
        (shopify_graphql.denied("write_discounts"), None, 1, "Shopify does not allow it: the app needs `write_disc"),
    ],
)
def test_a_shop_in_a_mood_rests_and_is_asked_again(alice, open_shop, case):
    mood, rests, tries, failure = case
    shop, connection, _ = of_a_shop(alice, open_shop)
    bring(alice)
    shop.moods, shop.asked = [mood], []
    assert run() == 1
    errand = Errand.objects.get()
    assert (errand.state, errand.tries, errand.failure[: len(failure)]) == ("waiting", tries, failure)
    connection.refresh_from_db()
    assert connection.rests_until == (rests and NOW + rests * SECOND)
    if rests:
        assert (run(NOW + (rests - 1) * SECOND), len(shop.asked)) == (0, 1)
    assert (run(NOW + (rests or 1) * SECOND + 10 * SECOND), Coupon.objects.get().state) == (1, "assigned")
    errand.refresh_from_db()
    assert (errand.state, errand.failure, len(shop.done)) == ("done", "", 1)


def test_new_credentials_and_an_admin_need_not_wait(alice, open_shop):
    shop, connection, _ = of_a_shop(alice, open_shop)
    bring(alice)
    connections.change_credentials(connection=connection, credentials={"access_token": "old"})
    assert (run(), run(NOW + HOUR - SECOND)) == (1, 0)
    connection.refresh_from_db()
    assert "refuses the credentials" in connection.last_failure
    connections.change_credentials(connection=connection, credentials={"access_token": "shpat_1"})
    shop.moods = [BAD]
    assert (run(NOW + SECOND), run(NOW + SECOND)) == (1, 0)
    assert errands.again(errands=Errand.objects.all(), at=NOW + SECOND) == 1
    assert (run(NOW + SECOND), Errand.objects.get().state) == (1, "done")


def test_what_fails_for_days_is_given_up_and_holds_up_nobody(alice, open_shop):
    shop, _, pool = of_a_shop(alice, open_shop)
    bring(alice)
    making.order(at=NOW)
    # Somebody else's discount of the very code.
    whole, at = codes.shown(Coupon.objects.get()), NOW
    shop.codes = [
        {"code": whole, "title": "Spring", "status": "ACTIVE", "asyncUsageCount": 0, "endsAt": None, "id": "1"}
    ]
    for _ in range(len(running.WAITS) + 1):
        at += timedelta(days=2)
        assert run(at) == 1
    errand = Errand.objects.get()
    assert (errand.state, errand.tries, errand.next_try_at) == ("failed", 11, None)
    assert "has a discount of this code that was not made from here" in errand.failure
    # A code that was given up comes no more: another is made for who waits, as for gina's.
    bring(alice, "gina")
    assert (run(at), states(pool)) == (2, {"making": 1, "assigned": 2})


def test_a_pool_that_its_shop_cannot_serve_is_refused_in_words(alice, open_shop):
    shop, connection = open_shop(alice.storefront, "shopify")
    rivals = connected(acme("rival"), "shopify")

    def refused(**columns):
        with pytest.raises(Refused) as refusal:
            pool_in(alice.program, connection, **columns)
        return refusal.value.message

    assert "belongs to another storefront" in refused(connection_id=rivals.pk)
    assert "Coupons can be made in a shop" in refused(kind="gift_card")
    assert "choose its connection" in refused(connection_id=None)
    shop.currency = "USD"
    assert "sells in USD; nothing in EUR can be taken off there" in refused()
    shop.currency, shop.scopes = "EUR", ("read_orders",)
    assert "lacks read_discounts and write_discounts" in refused()
    shop.moods = [BAD]
    assert "Shopify answered 503" in refused()
    Connection.objects.filter(pk=connection.pk).update(status="ended")
    assert "is ended" in refused()
    assert CouponPool.objects.count() == 0


def test_the_test_twin_calls_no_shop(alice, open_shop):
    shop, connection = open_shop(alice.storefront, "shopify")
    alice.storefront.test_twin_of = acme("live")
    alice.storefront.save()
    pays_from(pool_in(alice.program, connection))
    bring(alice)
    run()
    assert (Errand.objects.get().state, Coupon.objects.get().state, shop.asked) == ("skipped", "assigned", [])
    assert Errand.objects.get().outcome == "test_mode: no shop was called."
