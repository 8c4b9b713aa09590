"""The review queue: each side's reward is approved or rejected, that is undone, or decided when time is up."""

import logging
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.module_loading import import_string

from advocacy.outbox.interruptions import pass_on
from advocacy.refusals import Refused
from referrals import conversions
from referrals.models import AfterDeadline, FraudPolicy, Order, Review, ReviewCase, Ruling, RulingBy

SIDES = ("advocate", "friend")
log = logging.getLogger(__name__)
_CHUNK = 200
_BY_SOMEBODY = (RulingBy.PERSON, RulingBy.SERVER)
# The checks held a side of it, and said the last word about that: what somebody decided or undid is theirs.
_LATER = Ruling.objects.filter(
    conversion=OuterRef("conversion"), side=OuterRef("side"), version__gt=OuterRef("version")
)
_UNSAID = Exists(
    Ruling.objects.filter(~Exists(_LATER), conversion=OuterRef("conversion"), by=RulingBy.CHECKS, review=Review.HELD)
)
_AT_LAST = {AfterDeadline.RELEASE: Review.CLEAR, AfterDeadline.REJECT: Review.REJECTED}


def decide(*, case, side, review, reason, by, at):
    """Approve (``Review.CLEAR``) or reject what of the case is held; ``side``: "advocate", "friend" or "both".

    What was approved before may be rejected still, which takes back what it brought. What is decided so already stays
    as it is. ``by``: who of the staff; None: a server.
    """
    sides = _sides(side)
    with transaction.atomic():
        # Whoever decides it meanwhile waits here, and what they said is seen.
        Order.objects.select_for_update(no_key=True).get(pk=case.conversion.order_id)
        case.conversion.refresh_from_db()
        if not _decided_so(case, sides, review):
            _decide(case, sides, review, reason=reason, by=by, at=at)


def _decide(case, sides, review, *, reason, by, at):
    was, open_to = Review.HELD, _now(case, sides, Review.HELD)
    if not open_to and review == Review.REJECTED:
        was = Review.CLEAR
        open_to = [each for each in _now(case, sides, was) if _approved(case, each)]
    if not open_to:
        raise Refused("nothing_held", "Nothing of this is held: it never was, or somebody decided it meanwhile.")
    said_by = RulingBy.PERSON if by else RulingBy.SERVER
    _say(case, open_to, was=was, review=review, reason=reason, by=said_by, person=by, at=at)


def _now(case, sides, review):
    return [each for each in sides if getattr(case.conversion, f"{each}_review") == review]


def _approved(case, side):
    """Whether it was ever; a side that nobody held needs no approval."""
    return Ruling.objects.filter(conversion=case.conversion_id, side=side, review=Review.CLEAR).exists()


def _decided_so(case, sides, review):
    """Whether somebody said just that of these sides, and nothing of them is held: the same call came again."""
    if _now(case, sides, Review.HELD):
        return False
    said = {last.review for each in sides if (last := _last(case, each)) and last.by in _BY_SOMEBODY}
    return said == {review}


@transaction.atomic
def undo(*, case, side, reason, by, at):
    """Take back what was decided last for the side, so that it is as it was before; what is undone already stays.

    Refused (``credited``) where that would hold a reward that was credited meanwhile.
    """
    last_said = {each: _last(case, each) for each in _sides(side)}
    if {each.by for each in last_said.values() if each} == {RulingBy.UNDO}:
        return
    undone = 0
    for each, last in last_said.items():
        if last is None or last.by in (RulingBy.CHECKS, RulingBy.UNDO):
            continue
        if last.was == Review.HELD and _credited(case, each):
            raise Refused(
                "credited",
                f"The {each}’s reward is credited already, so it cannot be held again. Reject it instead: that takes "
                "it back as a refund would, also where it was spent. Undo that, and it is given again.",
            )
        _say(case, [each], was=last.review, review=last.was, reason=reason, by=RulingBy.UNDO, person=by, at=at)
        undone += 1
    if not undone:
        raise Refused("nothing_decided", "Nothing was decided here that could be undone.")


def decide_overdue(*, at):
    """Decide what checks held, and nobody said anything about, when its program's days are over; how many cases."""
    done = 0
    for policy in FraudPolicy.objects.filter(after_deadline__in=_AT_LAST).order_by("pk"):
        rows = ReviewCase.objects.filter(program=policy.pk, waiting=True, held=True)
        overdue = rows.filter(_UNSAID, opened_at__lte=at - timedelta(days=policy.review_days))
        overdue = overdue.select_related("conversion")
        for case in overdue.order_by("opened_at", "pk")[:_CHUNK]:
            done += _tried(case, policy, at)
    return done


def _tried(case, policy, at):
    """One that fails stops no other."""
    try:
        with transaction.atomic():
            return _decide_overdue(case, _AT_LAST[policy.after_deadline], policy.review_days, at)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        pass_on(error)
        log.exception("Review %s could not be decided when its time was over; the others go on.", case.pk)
        return False


def _decide_overdue(case, review, days, at):
    held = [side for side in SIDES if getattr(case.conversion, f"{side}_review") == Review.HELD]
    mine = [side for side in held if (last := _last(case, side)) and last.by == RulingBy.CHECKS]
    reason = f"Nobody had decided within {days} days."
    if mine:
        _say(case, mine, was=Review.HELD, review=review, reason=reason, by=RulingBy.DEADLINE, person=None, at=at)
    return bool(mine)


def _say(case, sides, **said):
    side = "both" if len(sides) == len(SIDES) else sides[0]
    conversions.review(conversion=case.conversion, side=side, **said)
    case.conversion.refresh_from_db()


def _sides(side):
    return SIDES if side == "both" else (side,)


def _last(case, side):
    return Ruling.objects.filter(conversion=case.conversion_id, side=side).order_by("version").last()


def _credited(case, side):
    asked = import_string(settings.REWARDS_CREDITED)
    return asked(storefront=case.storefront_id, conversion=case.conversion.public_id, side=side)
