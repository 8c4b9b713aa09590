"""What the checks of fraud found about a conversion, and who decided what of it: for staff."""

from referrals.fraud import words
from referrals.models import ReviewCase, Ruling, RulingBy

_MOODS = {"held": "soon", "rejected": "no", "clear": "yes"}


def of(conversion):
    """Steps of the timeline."""
    case = ReviewCase.objects.filter(conversion=conversion).first()
    if case is None:
        return []
    told = Ruling.objects.filter(conversion=conversion).select_related("person").order_by("pk")
    return [*_found(case), *(_said(ruling) for ruling in told if ruling.by != RulingBy.CHECKS)]


def _found(case):
    if not case.findings:
        return
    held = "held for a review" if case.held else "not held"
    yield {
        "at": case.opened_at.isoformat(),
        "mood": "info",
        "title": f"Fraud checks: {case.points} of {case.hold_at} points, {held}",
        "detail": "",
        "checks": [
            {
                "question": words.label(each),
                "answer": f"{words.sentence(each)} {each['points']} points",
                "passed": False,
            }
            for each in case.findings
        ],
    }


def _said(ruling):
    who = str(ruling.person) if ruling.person else ruling.get_by_display().lower()
    undone = "undone, " if ruling.by == RulingBy.UNDO else ""
    return {
        "at": ruling.at.isoformat(),
        "mood": "info" if ruling.review == "held" else _MOODS[ruling.review],
        "title": f"Review, {ruling.side}: {undone}{ruling.get_review_display().lower()}, by {who}",
        "detail": ruling.reason,
        "checks": [],
    }
