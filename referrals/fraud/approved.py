"""What somebody approved of a friend and their advocate once: just that, found again, is no reason to hold."""

from collections import defaultdict

from referrals.fraud import policies
from referrals.models import Review, ReviewCase, Ruling, RulingBy

_LESS_IS_WORSE = {"distance"}


def of(referrals):
    """``{referral: [(check, side, evidence, order)]}`` of what a person or a server approved, and nobody took back."""
    rows = ReviewCase.objects.filter(conversion__referral__in=referrals, conversion__ended=False)
    rulings = Ruling.objects.filter(conversion__in=rows.values("conversion")).order_by("version")
    last = {(each.conversion_id, each.side): each for each in rulings}
    found = defaultdict(list)
    for case in rows.select_related("conversion__order"):
        for finding in case.findings:
            for side in finding["sides"]:
                if _stands(last.get((case.conversion_id, side))):
                    said = finding["check"], side, finding["evidence"], case.conversion.order
                    found[case.conversion.referral_id].append(said)
    return found


def sides(approved, finding, case):
    """The sides of a finding about a Case for which ``approved``, of its referral, holds nothing less."""
    checks, about = policies.checks(), getattr(policies.checks()[finding["check"]], "OF_THE_PAIR", None)
    if about is None or finding["check"] not in checks:
        return set()
    return {
        side
        for check, side, evidence, order in approved
        if check == finding["check"] and _same(about, order, case) and _says_no_more(finding["evidence"], evidence)
    }


def _same(about, order, case):
    """Paid with the same, or sent to the same place: what was approved was that."""
    of_order = {"payment": order.payment_fingerprint, "shipping": order.shipping_hash}
    return not about or getattr(case, about) == of_order[about]


def _says_no_more(new, old):
    return all(
        value == old.get(name)
        or (isinstance(value, int) and name not in _LESS_IS_WORSE and value <= (old.get(name) or 0))
        for name, value in new.items()
    )


def _stands(ruling):
    by_somebody = ruling is not None and ruling.by in (RulingBy.PERSON, RulingBy.SERVER)
    return by_somebody and ruling.review == Review.CLEAR and ruling.was == Review.HELD
