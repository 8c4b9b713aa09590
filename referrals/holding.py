"""What the checks of fraud doubt is held: all conversions of a batch by the statements that one takes."""

from collections import defaultdict
from dataclasses import dataclass

import orjson
from django.db import connection

from advocacy.models import bulk
from advocacy.outbox.record import record
from advocacy.refusals import Refused
from referrals import conversion_facts, conversions, rulings
from referrals.models import Conversion, Order, Referral, Refund, Review, RulingBy


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """``conversion``: its key; ``side``: "advocate", "friend" or "both"; ``risk``: facts that its events carry."""

    conversion: int
    side: str
    risk: dict


@dataclass(frozen=True)
class _Held:
    """A conversion as it is now, ``{column: what it was}``, and how many converted friends that changed."""

    conversion: Conversion
    before: dict
    risk: dict
    change: int


def hold(*, doubts, at):
    """The same rows and events as ``conversions.review`` makes of each doubt, for all at once; the events.

    Each conversion comes once. Must run in a transaction.
    """
    if not doubts:
        return []
    found = _locked([doubt.conversion for doubt in doubts])
    held = [each for doubt in doubts if (each := _held(found[doubt.conversion], doubt))]
    if not held:
        return []
    _save(held)
    rulings.keep_all([(each.conversion, each.before) for each in held], by=RulingBy.CHECKS, person=None, at=at)
    return _tell(held, at)


def _held(conversion, doubt):
    if conversion.ended:
        # Since it was looked at: the batch is taken again, which leaves it out.
        raise Refused("referral_ended", "This order converts for another advocate now.")
    now = {column: getattr(conversion, column) for column in conversions.COLUMNS[doubt.side]}
    before = {column: said for column, said in now.items() if said != Review.HELD}
    if not before:
        return None
    for column in before:
        setattr(conversion, column, Review.HELD)
    conversion.review_reason = ""
    conversion.frozen |= doubt.risk
    conversion.version += 1
    return _Held(conversion, before, doubt.risk, conversions.settle_standing(conversion))


def _locked(keys):
    """``{key: Conversion}`` with order and referral, all locked, in the order that ``conversions`` says."""
    rows = Conversion.objects.filter(pk__in=keys).values_list("order", "referral")
    orders, referrals = (
        _lock(model, ids) for model, ids in zip((Order, Referral), zip(*rows, strict=True), strict=True)
    )
    found = _lock(Conversion, keys)
    for row in found.values():
        row.order, row.referral = orders[row.order_id], referrals[row.referral_id]
    return found


def _lock(model, keys):
    rows = bulk.fetch(model, "WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(keys)])
    return {row.pk: row for row in rows}


_HELD = """
    UPDATE referrals_conversion SET version = held.version, advocate_review = held.advocate_review,
        friend_review = held.friend_review, review_reason = '', frozen = frozen || held.risk::jsonb
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[])
        AS held (id, version, advocate_review, friend_review, risk)
    WHERE referrals_conversion.id = held.id
"""


def _save(held):
    rows = [
        (row.pk, row.version, str(row.advocate_review), str(row.friend_review), orjson.dumps(each.risk).decode())
        for each in held
        for row in (each.conversion,)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [list(column) for column in zip(*rows, strict=True)])


def _tell(held, at):
    refunds = _refunds([each.conversion.order_id for each in held if each.conversion.order.products])
    return record([_draft(each, refunds[each.conversion.order_id], at) for each in held], at=at)


def _draft(each, refunds, at):
    cancelled = conversions.is_cancelled(each.conversion)
    facts = conversion_facts.of(each.conversion, cancelled=cancelled, friends_change=each.change, refunds=refunds)
    return conversions.draft(each.conversion, conversions.TOLD[Review.HELD], facts, occurred_at=at, cause=None)


def _refunds(orders):
    """``{order: [(amount, lines)]}`` of what counts."""
    found = defaultdict(list)
    if orders:
        rows = Refund.objects.filter(order__in=orders).counted()
        for order, *said in rows.values_list("order_id", "amount_minor", "products"):
            found[order].append(said)
    return found
