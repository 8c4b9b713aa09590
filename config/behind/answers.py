"""The rows of what customers answered to surveys, and of what is said of brands."""

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from advocacy import segments
from advocacy.models import Answer, Customer, Mention, SurveyKind
from config.behind.asked import refused
from config.behind.rows import Rows
from referrals.growth import spans
from referrals.metrics import periods


def answers(asked):
    """Of a period; of one survey (``key``), one kind (``cut``: csat) or one scale of it (csat:1-5) if it is named."""
    start, end = _borders(asked)
    rows = Answer.objects.filter(storefront=asked.storefront, answered_at__gte=start, answered_at__lt=end)
    if asked.key is not None:
        rows = rows.filter(survey=asked.key)
    if (cut := asked.given("cut")) is not None:
        kind, scale = _scaled("cut", cut, "csat")
        if kind not in SurveyKind.values:
            raise refused("cut", f"cut is a kind of survey: {', '.join(SurveyKind.values)}.")
        rows = rows.filter(kind=kind, **scale)
    return Rows(rows)


_DIGITS = 3
_PERSON = Coalesce("customer__merged_into", "customer__public_id")


def paired(asked):
    """Newest experiences of a touchpoint (``key``: support-chat, or support-chat:1-7) by who said what they expected of
    it, as ``advocacy.gaps`` pairs them; of a segment (``cut``) where one is named. The amount is the difference.
    """
    start, end = _borders(asked)
    mine = Answer.objects.filter(storefront=asked.storefront, answered_at__lt=end).annotate(person=_PERSON)
    if asked.key is not None:
        touchpoint, scale = _scaled("key", asked.key, "support-chat")
        mine = mine.filter(touchpoint=touchpoint, **scale)
    if segment := asked.given("cut"):
        mine = mine.filter(customer__in=segments.within(Customer.objects.filter(storefront=asked.storefront), segment))
    same = ("person", "touchpoint", "scale_min", "scale_max")
    others = mine.filter(**{name: OuterRef(name) for name in same}).order_by("-answered_at", "-pk")
    expected = others.filter(kind=SurveyKind.EXPECTATION).values("score")[:1]
    newest = others.filter(kind=SurveyKind.EXPERIENCE).values("pk")[:1]
    rows = mine.filter(kind=SurveyKind.EXPERIENCE, answered_at__gte=start, pk=Subquery(newest))
    rows = rows.annotate(row_expected=Subquery(expected)).filter(row_expected__isnull=False)
    return Rows(rows, amount=F("score") - F("row_expected"))


def _scaled(name, text, example):
    """``("csat", {"scale_min": 1, "scale_max": 5})`` of csat:1-5; without a scale of all."""
    named, _, scale = text.partition(":")
    ends = scale.split("-") if scale else []
    if len(ends) not in (0, 2) or not all(end.isascii() and end.isdecimal() and len(end) <= _DIGITS for end in ends):
        raise refused(name, f"{name} is such as {example}, or on one scale {example}:1-5.")
    return named, dict(zip(("scale_min", "scale_max"), map(int, ends), strict=False))


def mentions(asked):
    """Of a period; of one brand (``key``) where one is named."""
    start, end = _borders(asked)
    rows = Mention.objects.filter(storefront=asked.storefront, said_at__gte=start, said_at__lt=end)
    return Rows(rows if asked.key is None else rows.filter(brand=asked.key))


def _borders(asked):
    days = periods.days_of(storefront=asked.storefront, since=asked.since, until=asked.until, at=asked.at)
    return spans.borders(asked.storefront, *days)
