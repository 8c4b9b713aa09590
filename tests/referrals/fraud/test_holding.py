"""What a batch holds by a few statements is what each review by itself would have written."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from advocacy.models import Event, Pending
from referrals import conversions, holding, orders
from referrals.models import Conversion, Order, Referral, Review, ReviewCase, Ruling, RulingBy
from tests import cast
from tests.flows.admin_stage import order

pytestmark = pytest.mark.django_db
_OWN = {"id", "public_id", "event_id"}


def _rows(*models):
    sort = {Pending: ("lane", "pk")}
    rows = [row for model in models for row in model.objects.order_by(*sort.get(model, ("pk",))).values()]
    return [{name: value for name, value in row.items() if name not in _OWN} for row in rows]


def _written(does):
    """All rows as they stand after it, and how many questions it asked; then it is undone."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as asked:
            does()
        rows = _rows(Order, Referral, Conversion, ReviewCase, Ruling, Event, Pending)
        transaction.set_rollback(True)
    return rows, len(asked)


def test_a_batch_is_held_as_each_review_would_have_held_it(acme):
    alice, at = cast.alice(cast.program(acme)), timezone.now()
    lines = [{"line_id": str(number), "price_minor": 2500, "quantity": 1} for number in (1, 2)]
    bought = [
        order(acme, "fred-1", name="fred", referral_code=alice.code),
        order(acme, "fred-2", name="fred", products=lines),
        order(acme, "gina-1", name="gina", referral_code=alice.code, total_minor=0, subtotal_minor=0, shipping_minor=0),
        order(acme, "hugo-1", name="hugo", referral_code=alice.code),
        order(acme, "ida-1", name="ida", referral_code=alice.code),
    ]
    refund = {"refund_id": "r", "amount_minor": 900, "refunded_at": at, "products": [{"line_id": "1"}]}
    orders.refund(order=bought[1].order, refund=refund, at=at)
    found = [each.conversion for each in bought]
    conversions.review(conversion=found[3], side="friend", review=Review.HELD, reason="Odd", at=at)
    # By a check with too few points; the first has none.
    for each in found[1:3]:
        ReviewCase.objects.create(conversion=each, storefront=acme, program=each.program, opened_at=at)
    doubts = [
        holding.Doubt(conversion=each.pk, side=side, risk={"risk_points": 60, "risk_checks": ["loop"]})
        for each, side in zip(found, ("both", "advocate", "friend", "both", "both"), strict=True)
    ]

    def one_by_one():
        for each in doubts:
            conversion = Conversion.objects.get(pk=each.conversion)
            said = {"side": each.side, "review": Review.HELD, "by": RulingBy.CHECKS, "risk": each.risk}
            conversions.review(conversion=conversion, **said, at=at)

    alone, _ = _written(one_by_one)
    together, _ = _written(lambda: holding.hold(doubts=doubts, at=at))
    assert together == alone
    held = [(row["side"], row["version"]) for row in together if row.get("by") == "checks"]
    both = [("advocate", 2), ("friend", 2)]
    assert held == [*both, ("advocate", 3), ("friend", 2), ("advocate", 3), *both]
    # As many questions for two as for one.
    assert (
        len({_written(lambda some=some: holding.hold(doubts=some, at=at))[1] for some in (doubts[:1], doubts[::4])})
        == 1
    )
