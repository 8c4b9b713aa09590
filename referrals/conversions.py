"""An order of a referred friend, paid: made once, then kept in step with its order and its reviews.

Locks: the order's row is the caller's (``review`` takes it itself); here the referral, then the conversion.
"""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, Min

from advocacy import given
from advocacy.models import Event, bulk
from advocacy.outbox.record import Draft
from advocacy.outbox.record import record as record_events
from advocacy.refusals import Refused
from referrals import conversion_facts, events, rulings
from referrals.models import Conversion, Order, OrderStatus, Referral, Review, RulingBy

COLUMNS = {"advocate": ("advocate_review",), "friend": ("friend_review",), "both": ("advocate_review", "friend_review")}
TOLD = {
    Review.HELD: events.CONVERSION_HELD,
    Review.CLEAR: events.CONVERSION_RELEASED,
    Review.REJECTED: events.CONVERSION_REJECTED,
}


def record(*, order, referral, cause, at):
    """The conversion of a paid order in the referral's program. The caller holds the order locked or just inserted."""
    with transaction.atomic(savepoint=False):
        conversion = _made(order, _locked(referral.pk), at)
        bulk.insert([conversion])
        change = _count(conversion.referral)
        _tell(conversion, events.CONVERSION_RECORDED, change, occurred_at=conversion.converted_at, cause=cause, at=at)
    return conversion


@dataclass(frozen=True, kw_only=True)
class First:
    """An order and the bond that it made, both inserted by this transaction. ``cause``: the order's event.

    ``earlier``: how many orders the friend had placed before.
    """

    order: Order
    referral: Referral
    cause: Event
    earlier: int


def begin(*, firsts, at):
    """The conversions of paid orders by the bonds that they made, in their order: as ``record``, for all at once."""
    made = [_made(first.order, first.referral, at, earlier=first.earlier) for first in firsts]
    bulk.insert(made)
    changes = [_begin(conversion) for conversion in made]
    _save_counts([conversion.referral for conversion in made])
    record_events(
        [
            draft(
                conversion,
                events.CONVERSION_RECORDED,
                conversion_facts.of(conversion, cancelled=False, friends_change=change, refunds=()),
                occurred_at=conversion.converted_at,
                cause=first.cause,
            )
            for first, conversion, change in zip(firsts, made, changes, strict=True)
        ],
        at=at,
    )
    return made


def _made(order, referral, at, *, earlier=None):
    """The unsaved conversion of a referral that is locked; ``earlier``: as in ``First``, of its first order."""
    converted_at = min(order.paid_at, at)
    referral.last_sequence += 1
    return bulk.made(
        Conversion,
        storefront_id=order.storefront_id,
        program=referral.program,
        referral=referral,
        order=order,
        sequence=referral.last_sequence,
        stands=earlier is not None or _stands(order, Review.CLEAR),
        advocate_status=referral.advocate.status,
        program_status=referral.program.status_at(converted_at),
        frozen=conversion_facts.frozen(order=order, referral=referral, converted_at=converted_at, earlier=earlier),
        converted_at=converted_at,
        recorded_at=at,
        version=1,
    )


def adjust(*, order, cause, at):
    """Bring the conversions of a changed order up to date; one that is no different records nothing."""
    for pk, referral in order.conversions.order_by("referral_id").values_list("pk", "referral_id"):
        with transaction.atomic():
            conversion = _locked_with(order, _locked(referral), pk)
            before = conversion_facts.UNSUSPECTED | _facts_told(conversion)
            change = settle_standing(conversion)
            facts = _facts(conversion, change)
            if facts | {"friends_change": 0} != before | {"friends_change": 0}:
                _save_and_tell(conversion, events.CONVERSION_ADJUSTED, change, cause=cause, at=at)


def review(*, conversion, side, review, reason="", by=RulingBy.OTHER, person=None, was=None, risk=None, at):
    """Hold, reject or clear the reward of ``side``: "advocate", "friend" or "both". Returns the conversion.

    What is so already changes nothing and records nothing; with ``was`` only what is that now changes. ``by`` and
    ``person`` (a user) are kept with the ruling; ``risk``: facts of the checks that hold it, which its events carry
    from then on.
    """
    if side not in COLUMNS:
        given.refuse("side", "side must be advocate, friend or both.")
    given.choice("review", review, Review)
    reason = given.text("reason", reason, longest=200)
    with transaction.atomic():
        order = Order.objects.select_for_update(no_key=True, of=["self"]).select_related("customer").get(
            pk=conversion.order_id
        )  # fmt: skip
        conversion = _locked_with(order, _locked(conversion.referral_id), conversion.pk)
        if conversion.ended and review != Review.REJECTED:
            raise Refused("referral_ended", "This order converts for another advocate now; give the friend back first.")
        now = {column: getattr(conversion, column) for column in COLUMNS[side]}
        changed = [column for column, said in now.items() if said != review and was in (None, said)]
        if changed:
            for column in changed:
                setattr(conversion, column, review)
            conversion.review_reason = reason
            conversion.frozen |= risk or {}
            change = settle_standing(conversion)
            _save_and_tell(conversion, TOLD[Review(review)], change, cause=None, at=at)
            rulings.keep(
                conversion=conversion, before={each: now[each] for each in changed}, by=by, person=person, at=at
            )
    return conversion


def end(*, referral, reason, at):
    """Take back what the conversions of a referral earned, for good: their orders may convert for another."""
    for conversion in referral.conversions.filter(ended=False).order_by("pk"):
        end_one(conversion=conversion, reason=reason, at=at)


def end_one(*, conversion, reason, at):
    review(conversion=conversion, side="both", review=Review.REJECTED, reason=reason, at=at)
    Conversion.objects.filter(pk=conversion.pk).update(ended=True)


def _locked(referral_id):
    rows = Referral.objects.select_for_update(no_key=True, of=["self"])
    return rows.select_related("program", "advocate__customer", "friend", "storefront").get(pk=referral_id)


def _locked_with(order, referral, pk):
    conversion = Conversion.objects.select_for_update(no_key=True).get(pk=pk)
    conversion.order, conversion.referral, conversion.program = order, referral, referral.program
    return conversion


def settle_standing(conversion):
    """Whether it counts now, and what that changes for the referral: +1, 0 or −1 converted friends."""
    stands = _stands(conversion.order, conversion.advocate_review) and not _emptied(conversion)
    if stands == conversion.stands:
        return 0
    conversion.stands = stands
    conversion.save(update_fields=["stands"])
    return _count(conversion.referral)


def _stands(order, advocate_review):
    return advocate_review != Review.REJECTED and not _wholly_returned(order)


def _wholly_returned(order):
    return _cancelled(order) or order.refunded_minor >= order.total_minor > 0


def _emptied(conversion):
    """Whether its order cost something, and was corrected to nothing."""
    return conversion.order.total_minor == 0 and _told(conversion).get(version=1).facts["basis_minor"] > 0


def _cancelled(order):
    # Of an order of nothing no amount says that it was given back: any refund does.
    free = order.status == OrderStatus.PAID and order.total_minor == 0
    return order.refunds.counted().exists() if free else order.status != OrderStatus.PAID


def is_cancelled(conversion):
    """Not what cost something, was corrected to nothing, and had been refunded in part: that was corrected."""
    order = conversion.order
    return _cancelled(order) and not (order.status == OrderStatus.PAID and _emptied(conversion))


def _count(referral):
    """Recount the referral's standing conversions; +1 when it became converted, −1 when it stopped being so."""
    before = referral.standing_conversions
    standing = referral.conversions.filter(stands=True).aggregate(number=Count("pk"), first=Min("converted_at"))
    referral.standing_conversions, referral.converted_at = standing["number"], standing["first"]
    _save_counts([referral])
    return int(referral.standing_conversions > 0) - int(before > 0)


def _begin(conversion):
    """The same of a referral whose first conversion this is."""
    referral = conversion.referral
    referral.standing_conversions = int(conversion.stands)
    referral.converted_at = conversion.converted_at if conversion.stands else None
    return referral.standing_conversions


_COUNT = """
    UPDATE referrals_referral SET last_sequence = counted.last_sequence, converted_at = counted.converted_at,
        standing_conversions = counted.standing_conversions, version = counted.version
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::int[])
        AS counted (id, last_sequence, standing_conversions, converted_at, version)
    WHERE referrals_referral.id = counted.id
"""


def _save_counts(referrals):
    if not referrals:
        return
    for referral in referrals:
        referral.version += 1
    counted = [
        (each.pk, each.last_sequence, each.standing_conversions, each.converted_at, each.version) for each in referrals
    ]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(column) for column in zip(*counted, strict=True)])


def _save_and_tell(conversion, event_type, change, *, cause, at):
    conversion.version += 1
    conversion.save(update_fields=["version", "stands", "advocate_review", "friend_review", "review_reason", "frozen"])
    _tell(conversion, event_type, change, occurred_at=cause.occurred_at if cause else at, cause=cause, at=at)


def _tell(conversion, event_type, change, *, occurred_at, cause, at):
    facts = _facts(conversion, change)
    record_events([draft(conversion, event_type, facts, occurred_at=occurred_at, cause=cause)], at=at)


def draft(conversion, event_type, facts, *, occurred_at, cause):
    referral = conversion.referral
    return Draft(
        type=event_type,
        subject=conversion,
        storefront=referral.storefront_id,
        customer=referral.friend_id,
        program=referral.program_id,
        advocate=referral.advocate_id,
        friend=referral.friend_id,
        cause=cause,
        facts=facts,
        occurred_at=occurred_at,
    )


def _facts_told(conversion):
    """The facts of its newest event."""
    return _told(conversion).order_by("-version").values_list("facts", flat=True)[0]


def _told(conversion):
    return Event.objects.filter(subject_kind="conversion", subject_id=conversion.public_id)


def _facts(conversion, change):
    return conversion_facts.of(conversion, cancelled=is_cancelled(conversion), friends_change=change)
