"""What is alice’s: spent, set aside, expired, and her codes."""

from django.utils import timezone

from rewards import expiry, redemptions
from rewards.coupons import using
from rewards.models import Coupon
from tests import pages_stage
from tests.cast import DAY
from tests.flows.portal.stage import address, day, seen
from tests.rewards import coupon_stage
from tests.rewards.wallet_scene import lot


def spending(alice, at):
    """Alice got 20.00 that expires and 500 points, spent 8.00 with order 1002, and has 2.00 in her basket."""
    lot(alice.program, alice.customer, 2000, expires_in=20, at=at)
    lot(alice.program, alice.customer, 500, form="points", at=at)
    wanted = {"storefront": alice.storefront, "customer": alice.customer, "unit": "EUR", "at": at}
    redemptions.confirm(redemption=redemptions.reserve(**wanted, amount_minor=800, order="1002"), at=at)
    redemptions.reserve(**wanted, amount_minor=200)


def test_the_wallet_tells_what_is_spent_what_expires_and_what_points_are_worth(signed_in, alice):
    type(alice.program).objects.update(points_per_unit=100)
    alice.program.refresh_from_db()
    at = timezone.now()
    spending(alice, at)
    page = seen(signed_in, address(alice, "rewards/"))
    assert f'<dt>Expires on {day(at + 20 * DAY)}</dt><dd class="num">€10.00</dd>' in page
    assert '<dt>Set aside in your basket</dt><dd class="num">€2.00</dd>' in page
    assert "500 points" in page
    assert "worth €5.00" in page
    assert f'Spent<br><span class="small muted">{day(at)} · Order 1002</span>' in page
    assert f'Credited<br><span class="small muted">{day(at)} · Acme Coffee</span>' in page
    assert "= €10.00" in page
    expiry.expire(at=at + 20 * DAY)
    assert "Expired<br>" in seen(signed_in, address(alice, "rewards/"))


def test_the_statement_is_a_table_too(signed_in, alice):
    spending(alice, timezone.now())
    lines = b"".join(signed_in.get(address(alice, "rewards/statement.csv"))).decode().splitlines()
    assert lines[0] == "\ufeffDay,What,What for,On its way,Yours,Balance"
    assert lines[1].endswith(",Set aside,At the checkout,,−€2.00,€10.00")
    assert len(lines) == 8


def test_coupons_stand_with_their_code_and_its_end_in_the_readers_language(signed_in, alice, program):
    pool = coupon_stage.pool_of(program, expiry_days=90)
    coupon_stage.stock(pool, [1], at=timezone.now())
    coupon_stage.pays_from(pool)
    for name in ("fred", "gina"):
        pages_stage.buys(alice.storefront, name, alice.code)
    pages_stage.settle()
    page = seen(signed_in, address(alice, "rewards/"))
    ends = day(Coupon.objects.get().expires_at)
    assert ("CODE-000001" in page, "Coupon, €10" in page, f"Good until {ends}" in page) == (True, True, True)
    waits = "Your code is on its way: you get it as soon as new ones come, and need do nothing."
    assert (waits in page, waits in seen(signed_in, address(alice))) == (True, True)
    german = seen(signed_in, address(alice, "rewards/"), language="de")
    assert ("Deine Codes" in german, "Gutschein, 10" in german, "Dein Code ist unterwegs: " in german) == (True,) * 3
    using.use(coupon=Coupon.objects.get(), at=timezone.now())
    page = seen(signed_in, address(alice, "rewards/"))
    assert ("CODE-000001" in page, "Used" in page) == (False, True)
