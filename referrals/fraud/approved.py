"""What somebody approved of a friend and their advocate once: the same found again is no reason to hold."""

from collections import defaultdict

from referrals.models import Review, ReviewCase, Ruling, RulingBy


def of(referrals):
    """``{referral: {(check, side)}}`` of what a person or a server approved, and nobody took back."""
    rows = ReviewCase.objects.filter(conversion__referral__in=referrals, conversion__ended=False)
    rulings = Ruling.objects.filter(conversion__in=rows.values("conversion")).order_by("version")
    last = {(each.conversion_id, each.side): each for each in rulings}
    found = defaultdict(set)
    for case in rows.select_related("conversion"):
        for finding in case.findings:
            for side in finding["sides"]:
                if _stands(last.get((case.conversion_id, side))):
                    found[case.conversion.referral_id].add((finding["check"], side))
    return found


def _stands(ruling):
    by_somebody = ruling is not None and ruling.by in (RulingBy.PERSON, RulingBy.SERVER)
    return by_somebody and ruling.review == Review.CLEAR and ruling.was == Review.HELD
