"""Two people decide about one limit, and codes are served while a settlement gives some: none waits for the other."""

import threading

import pytest
from django.db import connections

from advocacy.outbox import drain as draining
from rewards import crediting, limits
from rewards.coupons import pools, serving
from rewards.models import CouponPool
from tests import cast
from tests.rewards.coupon_stage import bring, pays_from, pool_of, stock
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, tell

pytestmark = pytest.mark.django_db(transaction=True)


def side_by_side(*works):
    """Run each in a thread, one after the other begun; the errors."""
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_limit_is_confirmed_while_another_is_asked_for(monkeypatch):
    program = program_of(acme())
    olga, anna = cast.olga(), cast.staff("anna")
    asked = limits.change(of=program, minor=50_000, by=olga, at=NOW)
    confirming, do = threading.Event(), limits._do

    def slow(row, by, at):
        confirming.set()
        # The other is at its first lock by then.
        threading.Event().wait(0.5)
        return do(row, by, at)

    monkeypatch.setattr(limits, "_do", slow)

    def ask():
        confirming.wait(10)
        limits.change(of=program, minor=60_000, by=olga, at=NOW)

    assert side_by_side(lambda: limits.confirm(change=asked, by=anna, at=NOW), ask) == []
    program.refresh_from_db()
    assert program.four_eyes_above_minor == 50_000


def test_codes_are_served_at_low_stock_while_a_settlement_gives_some(monkeypatch):
    alice = alice_of(program_of(acme()))
    pool = pool_of(alice.program, low_stock=5)
    pays_from(pool)
    bring(alice, "fred")
    with monkeypatch.context() as context:
        context.setattr(serving, "serve_pool", lambda **_: 0)
        stock(pool, [1])
    tell(conversion_of(alice, person(alice.storefront, "gina")))
    CouponPool.objects.update(low_since=None)
    order, warn, post = [], pools.warn, crediting.ledger.post
    monkeypatch.setattr(pools, "warn", lambda *those, **said: (order.append("pool"), warn(*those, **said)))
    monkeypatch.setattr(
        crediting.ledger, "post", lambda *those, **said: (order.append("accounts"), post(*those, **said))
    )
    serving.serve(at=NOW)
    draining.drain("money", at=NOW)
    # Pools are locked before accounts, as everywhere.
    assert order == ["pool", "pool", "accounts", "pool", "accounts"]
    assert CouponPool.objects.get().low_since == NOW
