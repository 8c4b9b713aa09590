"""The rows of what customers answered to surveys."""

from advocacy.models import Answer, SurveyKind
from config.behind.asked import refused
from config.behind.rows import Rows
from referrals.growth import spans
from referrals.metrics import periods


def answers(asked):
    """Of a period; of one survey (``key``) or kind (``cut``) where one is named. The amount is the score."""
    days = periods.days_of(storefront=asked.storefront, since=asked.since, until=asked.until, at=asked.at)
    start, end = spans.borders(asked.storefront, *days)
    rows = Answer.objects.filter(storefront=asked.storefront, answered_at__gte=start, answered_at__lt=end)
    if asked.key is not None:
        rows = rows.filter(survey=asked.key)
    if (kind := asked.given("cut")) is not None:
        if kind not in SurveyKind.values:
            raise refused("cut", f"cut is a kind of survey: {', '.join(SurveyKind.values)}.")
        rows = rows.filter(kind=kind)
    return Rows(rows)
