"""What comes to light while a reward is on its way is seen before it is credited."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config import second_look
from referrals.fraud import queue
from referrals.models import Conversion, ReviewCase
from rewards import crediting
from tests import cast
from tests.cast import DAY
from tests.flows.admin_stage import order, rule
from tests.referrals.fraud.test_screening import at_home, available, buys, came, found, reviews, says, settle
from tests.rewards import payouts_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def fortnight(acme):
    """A program whose rewards are held for 14 days."""
    made = cast.program(acme, fraud=True)
    rule(made, advocate_amount_minor=1000, friend_kind="fixed", friend_amount_minor=500, hold_days=14)
    return made


def soon():
    """Within the hours before the rewards of today fall due."""
    return timezone.now() + 14 * DAY - timedelta(hours=1)


def test_the_friends_card_that_the_advocate_pays_with_later_holds_the_reward(fortnight, client, olga):
    alice = cast.alice(fortnight)
    came(fortnight, "fred", code=alice.code)
    conversion = buys(fortnight, "fred", payment_fingerprint="card-1", shipping_hash="the flat")
    settle()
    order(fortnight.storefront, "own", name="alice", payment_fingerprint="card-1", shipping_hash="the flat")
    settle()
    assert (found(conversion), second_look.look(at=timezone.now() + 13 * DAY)) == (None, 0)
    assert (second_look.look(at=soon()), second_look.look(at=soon())) == (1, 0)
    settle()
    assert (reviews(conversion), found(conversion)) == (("held", "held"), {"same_payment": 60, "same_shipping": 30})
    assert crediting.release(at=soon() + DAY) == 0
    client.force_login(olga)
    assert "Paid with the same means of payment" in client.get("/admin/why/?q=fred-order").content.decode()


def test_what_was_noted_then_and_what_is_found_now_count_together(fortnight):
    alice = at_home(fortnight, "alice")
    came(fortnight, "fred", code=alice.code, ip="203.0.113.7", agent="Safari")
    conversion = buys(fortnight, "fred")
    settle()
    case = ReviewCase.objects.get(conversion=conversion)
    assert (found(conversion), case.held) == ({"same_network": 15}, False)
    for name in ("alice", "bella"):
        payouts_stage.payee_of(cast.advocate(fortnight, name).customer)
    later = soon()
    second_look.look(at=later)
    settle()
    case.refresh_from_db()
    assert (case.held, case.points, case.friend_points, case.opened_at) == (True, 65, 15, later)
    assert reviews(conversion) == ("held", "clear")
    assert crediting.release(at=soon() + DAY) == 1, "the friend's"


def test_who_was_approved_or_is_not_checked_is_left_alone_and_each_asked_about_once(fortnight):
    bella = cast.advocate(fortnight, "bella")
    payouts_stage.payee_of(bella.customer)
    payouts_stage.payee_of(cast.advocate(fortnight, "carla").customer)
    came(fortnight, "fred", code=bella.code)
    conversion = buys(fortnight, "fred")
    settle()
    case = ReviewCase.objects.get(conversion=conversion)
    queue.decide(case=case, side="advocate", review="clear", reason="Sisters", by=None, at=timezone.now())
    settle()
    assert (second_look.look(at=soon()), reviews(conversion)) == (1, ("clear", "clear"))
    says(fortnight, active=False)
    came(fortnight, "gina", code=bella.code)
    unchecked = buys(fortnight, "gina")
    settle()
    assert (second_look.look(at=soon()), reviews(unchecked), found(unchecked)) == (1, ("clear", "clear"), None)
    assert not Conversion.objects.filter(looked_again_at=None).exists()
    crediting.release(at=soon() + DAY)
    assert {row[3] for row in available()} == {"available"}
