"""Store credit that a shop holds: put in once, taken back as far as it is there, made up for by what comes later."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from advocacy import errands, merging, platforms
from advocacy.models import Errand
from advocacy.outbox import drain
from advocacy.refusals import Refused
from referrals import orders
from rewards import adjustments, audit, expiry, rebuild, redemptions, shop_credit, wallets
from rewards.models import Redemption, ShopCredit, ShopCreditEntry, ShopCreditMove
from tests import cast
from tests.rewards.shop_stage import open_shop

__all__ = ["open_shop"]
pytestmark = pytest.mark.django_db
DAY = cast.DAY
NAMES = {"shopify": ("7001", "gid://shopify/Customer/7001"), "stripe": ("cus_1", "cus_1")}


class Killed(Exception):
    pass


def run():
    shop_credit.order(at=timezone.now())
    while errands.run_next(at=timezone.now()):
        pass


def give(program, customer, amount):
    said = {"form": "credit", "amount_minor": amount, "reason": "Goodwill", "at": timezone.now()}
    return adjustments.give(program=program, customer=customer, **said)


def take(program, customer, amount, **more):
    said = {"form": "credit", "amount_minor": amount, "reason": "Mistake", "at": timezone.now()} | more
    return adjustments.take(program=program, customer=customer, **said)


@pytest.mark.parametrize("platform", ["shopify", "stripe"])
@pytest.mark.parametrize("by_mail", [False, True])
def test_credit_is_put_in_once_and_taken_back_as_far_as_it_is_there(program, open_shop, platform, by_mail):
    shop, connection = open_shop(program.storefront, platform)
    name, theirs = NAMES[platform]
    alice = cast.customer(program.storefront, "alice", external_id="alice" if by_mail else name)
    platforms.credit.hold(connection=connection)
    sign = 1 if platform == "shopify" else -1

    def amounts():
        return [sign * row["amount"] for row in shop.purses.get(theirs, [])]

    give(program, alice, 1000)
    # Killed between the platform's answer and our commit: what was begun is there, that it was done is not known.
    shop_credit.order(at=timezone.now())
    with pytest.raises(Killed):
        _kill_after_the_answer(timezone.now())
    assert (amounts(), ShopCredit.objects.get().given_minor) == ([1000], 0)
    Errand.objects.update(claimed_until=None)
    run()
    assert (amounts(), ShopCredit.objects.get().given_minor) == ([1000], 1000)
    run()
    take(program, alice, 300)
    run()
    assert amounts() == [1000, -300]
    assert Errand.objects.get().outcome.endswith("The shop has 7.00 EUR of ours.")
    # alice spends 6.00 there; then all is taken back, and 1.00 is still there.
    shop.purses[theirs].append(shop.purses[theirs][0] | {"amount": sign * -600, "event": "ORDER_PAYMENT"})
    if platform == "stripe":
        shop.purses[theirs][-1] |= {"id": "cbtxn_9", "ending_balance": -100, "metadata": {}}
    take(program, alice, 700)
    run()
    assert amounts() == [1000, -300, -600, -100]
    assert "6.00 EUR of it was spent before it was taken back" in Errand.objects.get().outcome
    give(program, alice, 1000)
    run()
    assert (amounts(), ShopCredit.objects.get().given_minor) == ([1000, -300, -600, -100, 400], 1000)


def _kill_after_the_answer(at):
    """The savepoint of what notes the move is the last thing that happens."""
    from rewards.models import ShopCreditMove  # noqa: PLC0415

    def die(*_, **__):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rewards.shop_credit._done", die)
        patch.setattr("advocacy.errands.running.pass_on", die)
        errands.run_next(at=at)
    assert ShopCreditMove.objects.filter(done_at=None).exists()


def test_credit_that_a_shop_holds_is_reserved_by_nobody(program, alice, open_shop):
    _, woo = open_shop(program.storefront, "woocommerce")
    shop, connection = open_shop(program.storefront, "shopify")
    give(program, alice.customer, 1000)
    with pytest.raises(Refused, match="keeps no credit"):
        platforms.credit.hold(connection=woo)
    shop.scopes = ("read_customers",)
    with pytest.raises(Refused, match="lacks read_orders and read_store_credit_accounts and write_store"):
        platforms.credit.hold(connection=connection)
    shop.scopes = (
        "read_customers",
        "read_orders",
        "write_store_credit_account_transactions",
        "read_store_credit_accounts",
    )
    platforms.credit.hold(connection=connection)
    with pytest.raises(Refused, match="is spent there"):
        redemptions.reserve(
            storefront=program.storefront, customer=alice.customer, unit="EUR", amount_minor=100, at=timezone.now()
        )
    _, second = open_shop(program.storefront, "stripe")
    with pytest.raises(Refused, match="holds it already"):
        platforms.credit.hold(connection=second)


@pytest.fixture
def held(program, open_shop):
    """``(alice, what happened in her account of the shop)``; the shop holds the credit."""
    shop, connection = open_shop(program.storefront, "shopify")
    alice = cast.customer(program.storefront, "alice", external_id="7001")
    platforms.credit.hold(connection=connection)
    return alice, shop.purses


def amounts(purses, number="7001"):
    return [row["amount"] for row in purses.get(f"gid://shopify/Customer/{number}", [])]


def spend(purses, amount):
    rows = purses["gid://shopify/Customer/7001"]
    rows.append(rows[0] | {"amount": -amount, "event": "ORDER_PAYMENT", "id": "spent"})


def test_what_a_shop_holds_never_expires(program, held):
    """Else what is left of an old credit that was spent there would be taken from a later one."""
    alice, purses = held
    now = timezone.now()
    said = {"program": program, "customer": alice, "amount_minor": 500, "reason": "Goodwill"}
    adjustments.give(form="credit", at=now, expires_at=now + DAY, **said)
    adjustments.give(form="points", at=now, expires_at=now + DAY, **said)
    run()
    spend(purses, 500)
    give(program, alice, 500)
    assert (expiry.expire(at=now + 2 * DAY), expiry.expire(at=now + 2 * DAY)) == (1, 0)
    found = wallets.balance(storefront=program.storefront, customer=alice, at=now + 2 * DAY)
    assert {one.form: (one.available_minor, one.expiring) for one in found} == {"credit": (1000, []), "points": (0, [])}
    run()
    assert amounts(purses) == [500, -500, 500]


def test_what_a_shop_refused_is_worked_out_anew(program, held, monkeypatch):
    alice, purses = held
    give(program, alice, 1000)
    run()
    take(program, alice, 1000)
    really = platforms.shopify_credit.move

    def spent_meanwhile(*_):
        spend(purses, 800)
        raise Refused("insufficient_funds", "Shopify refuses it: not enough.")

    monkeypatch.setattr(platforms.shopify_credit, "move", spent_meanwhile)
    run()
    assert (Errand.objects.get().failure, ShopCreditMove.objects.filter(done_at=None).count()) == (
        "Shopify refuses it: not enough.",
        0,
    )
    monkeypatch.setattr(platforms.shopify_credit, "move", really)
    Errand.objects.update(next_try_at=timezone.now())
    run()
    assert amounts(purses) == [1000, -800, -200]
    assert "8.00 EUR of it was spent before it was taken back" in Errand.objects.get().outcome


def test_a_person_of_several_records_has_one_balance(program, held):
    alice, purses = held
    alicia = cast.customer(program.storefront, "alicia", external_id="7002")
    give(program, alice, 500)
    give(program, alicia, 300)
    run()
    take(program, alicia, 700, allow_negative=True)
    made, _ = merging.merge(survivor=alice, merged=alicia, source="api", at=timezone.now())
    alice.refresh_from_db()
    run()
    # 5.00 and 4.00 owed.
    assert (amounts(purses), amounts(purses, "7002")) == ([500, -400], [300, -300])
    give(program, alice, 200)
    run()
    assert (amounts(purses), amounts(purses, "7002")) == ([500, -400, 200], [300, -300])
    merging.undo(merge=made, reason="Two people", at=timezone.now())
    run()
    assert (amounts(purses), amounts(purses, "7002")) == ([500, -400, 200, 400], [300, -300])


def spent_and_back(shop, platform, theirs, amount, order):
    """What the platform writes into the account: below 0 was paid with it, else it came back from the order."""
    rows = shop.purses[theirs]
    if platform == "shopify":
        event = "ORDER_PAYMENT" if amount < 0 else "ORDER_REFUND"
        rows.append({"amount": amount, "event": event, "order": order})
    else:
        kind = "applied_to_invoice" if amount < 0 else "unapplied_from_invoice"
        row = {"id": f"cbtxn_{len(rows) + 1}", "object": "customer_balance_transaction", "amount": -amount}
        row |= {"currency": "eur", "type": kind, "invoice": order, "metadata": {}, "checkout_session": None}
        rows.append(row | {"ending_balance": rows[-1]["ending_balance"] - amount})


@pytest.mark.parametrize("platform", ["shopify", "stripe"])
def test_what_stands_on_older_pages_of_an_account_is_not_lost(program, open_shop, platform):
    shop, connection = open_shop(program.storefront, platform)
    name, theirs = NAMES[platform]
    alice = cast.customer(program.storefront, "alice", external_id=name)
    platforms.credit.hold(connection=connection)
    give(program, alice, 1000)
    run()
    for left in (500, 200):
        for place in range((shop.page + 1) if left < 500 else (2 * shop.page + 1)):
            spent_and_back(shop, platform, theirs, -100, f"9{left}{place}")
        Errand.objects.update(done_at=timezone.now() - 2 * DAY)
        run()
        assert ShopCredit.objects.get().given_minor == left
    assert Redemption.objects.count() == 8


@pytest.mark.parametrize("platform", ["shopify", "stripe"])
def test_what_is_spent_in_the_shop_is_spent_here_once_for_each_order(program, open_shop, platform):
    shop, connection = open_shop(program.storefront, platform)
    name, theirs = NAMES[platform]
    alice = cast.customer(program.storefront, "alice", external_id=name)
    platforms.credit.hold(connection=connection)

    def balance():
        [found] = wallets.balance(storefront=program.storefront, customer=alice, at=timezone.now())
        return found.available_minor, ShopCredit.objects.get().given_minor

    def told_by_an_order(number="9001", **refund):
        """News of it, once more or with a refund: the account is looked at."""
        about = {"storefront": program.storefront, "source": platform, "at": timezone.now()}
        orders.bring(fields=cast.order(number, customer={"external_id": name}), **about)
        if refund:
            orders.bring_refund(names=(("external_id", number),), refund=refund, **about)
        while drain.drain("people", at=timezone.now()):
            pass
        while errands.run_next(at=timezone.now()):
            pass
        run()

    give(program, alice, 1000)
    run()
    spent_and_back(shop, platform, theirs, -600, "9001")
    for _ in range(2):
        told_by_an_order()
        assert balance() == (400, 400)
    [paid] = Redemption.objects.all()
    assert (paid.state, paid.amount_minor, paid.order_external_id) == ("confirmed", 600, "9001")
    legs = wallets.statement(storefront=program.storefront, customer=alice).order_by("id").values_list("leg", flat=True)
    assert list(legs)[-2:] == ["reserve", "spend"]
    # A part comes back, then more than the rest.
    spent_and_back(shop, platform, theirs, 200, "9001")
    told_by_an_order(refund_id="r1", amount_minor=200)
    assert balance() == (600, 600)
    spent_and_back(shop, platform, theirs, 500, "9001")
    Errand.objects.update(done_at=timezone.now() - 2 * DAY)
    run()
    paid.refresh_from_db()
    assert (balance(), paid.state, paid.reversed_minor) == ((1000, 1000), "reversed", 600)
    # More is spent than is ours.
    spent_and_back(shop, platform, theirs, -1100, "9002")
    told_by_an_order("9002")
    assert balance() == (0, 0)
    # Taken back here while it is being spent there: what is left is the ledger's, the rest is made up for later.
    give(program, alice, 1000)
    run()
    spent_and_back(shop, platform, theirs, -800, "9003")
    take(program, alice, 700)
    run()
    assert balance() == (0, 500)
    give(program, alice, 1000)
    run()
    assert balance() == (1000, 1000)
    assert list(audit.differences()) == []
    assert [said for said in rebuild.verify() if isinstance(said, str)] == []
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        ShopCreditEntry.objects.update(followed_minor=0)
