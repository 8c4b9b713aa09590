"""What customers expected of touchpoints against what they met there, by the pairs of what each of them answered."""

from dataclasses import dataclass

from django.db import connection

from advocacy.measures import gaps
from advocacy.measures.intervals import Sample, rate

DIGITS = 5
SENTENCE = (
    "The mean of experience − expectation, of who answered both of a touchpoint on one scale: the newest answers, the "
    "experience of the period. Negative: expectations were not met."
)
# A person's newest answer of each kind counts, whichever of their records gave it. Who was there is who answered an
# experience of it or of whom an event names it; everybody is whom any touchpoint met.
_SAID = """
    person AS NOT MATERIALIZED (
        SELECT id, COALESCE(merged_into_id, public_id) AS person FROM advocacy_customer
        WHERE storefront_id = %(storefront)s AND (
            %(segment)s = '' OR traits ? 'segments' AND traits -> 'segments' ? %(segment)s
        )
    ),
    said AS MATERIALIZED (
        SELECT DISTINCT ON (person, touchpoint, kind, scale_min, scale_max)
            person, touchpoint, kind, scale_min, scale_max, score, answered_at
        FROM advocacy_answer answer JOIN person ON person.id = answer.customer_id
        WHERE answer.storefront_id = %(storefront)s AND kind IN ('expectation', 'experience', 'importance')
            AND answered_at < %(end)s
        ORDER BY person, touchpoint, kind, scale_min, scale_max, answered_at DESC, answer.id DESC
    )
    """
_GAPS = f"""
    WITH {_SAID}, paired AS (
        SELECT experience.touchpoint, experience.scale_min, experience.scale_max,
            count(*) AS pairs, sum(experience.score) AS met, sum(expectation.score) AS expected,
            sum(experience.score - expectation.score) AS total,
            sum((experience.score - expectation.score) ^ 2)::bigint AS squares
        FROM said experience
        JOIN said expectation USING (person, touchpoint, scale_min, scale_max)
        WHERE experience.kind = 'experience' AND expectation.kind = 'expectation'
            AND experience.answered_at >= %(start)s
        GROUP BY 1, 2, 3
    ), mattered AS (
        SELECT touchpoint, avg((score - scale_min)::float / (scale_max - scale_min)) AS importance
        FROM said WHERE kind = 'importance' GROUP BY 1
    ), met AS (
        SELECT person, touchpoint FROM said WHERE kind = 'experience' AND answered_at >= %(start)s
        UNION
        SELECT person, report.touchpoint FROM advocacy_report report JOIN person ON person.id = report.customer_id
        WHERE report.storefront_id = %(storefront)s AND report.touchpoint <> ''
            AND report.occurred_at >= %(start)s AND report.occurred_at < %(end)s
    ), reached AS (
        SELECT touchpoint, count(*) AS people FROM met GROUP BY 1
    )
    SELECT paired.*, mattered.importance, reached.people, (SELECT count(DISTINCT person) FROM met)
    FROM paired LEFT JOIN mattered USING (touchpoint) LEFT JOIN reached USING (touchpoint)
    ORDER BY touchpoint, scale_min, scale_max
    """  # noqa: S608 - made of the constant above


@dataclass(frozen=True)
class Touchpoint:
    """What was found of one, on one scale. ``importance`` and ``met`` from 0 to 1 of their scales."""

    touchpoint: str
    scale_min: int
    scale_max: int
    pairs: int
    met: int
    expected: int
    total: int
    squares: int
    importance: float | None
    people: int
    everybody: int

    @property
    def gap(self):
        return gaps.of_sample(Sample(self.pairs, self.total, self.squares))

    @property
    def reach(self):
        return rate(self.people, self.everybody)

    @property
    def on_scale(self):
        """The mean experience, from 0 to 1."""
        return (self.met / self.pairs - self.scale_min) / (self.scale_max - self.scale_min)


def of_period(*, storefront, start, end, segment=""):
    """Of each touchpoint and scale, what is most urgent first, then by name; of a ``segment`` only where one is named.

    ``[{"touchpoint", "scale_min", "scale_max", "pairs", "expectation", "experience", "value", "interval", "importance",
    "reach", "priority", "quadrant", "reason"}]``. Below five pairs the means are None too, with the reason: they would
    tell of persons.
    """
    asked = {"storefront": storefront.pk, "start": start, "end": end, "segment": segment}
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, asked)
        found = [Touchpoint(*row) for row in cursor.fetchall()]
    told = [_told(each, _quadrants(found)) for each in found]
    return sorted(told, key=lambda each: (-(each["priority"] or 0), each["touchpoint"], each["scale_max"]))


def _quadrants(found):
    """``{(touchpoint, scale): where it lies}`` of those that enough answered, between the means of all these."""
    known = [each for each in found if each.importance is not None and each.gap.value is not None]
    if not known:
        return {}
    importance, met = (sum(getattr(each, name) for each in known) / len(known) for name in ("importance", "on_scale"))
    return {
        each: gaps.quadrant(each.importance, each.on_scale, mean_importance=importance, mean_experience=met)
        for each in known
    }


def _told(each, quadrants):
    found, importance, reach = each.gap, each.importance, each.reach or 0
    enough = found.value is not None
    urgent = gaps.priority(found, importance=importance, reach=reach) if enough and importance is not None else None
    return {
        "touchpoint": each.touchpoint,
        "scale_min": each.scale_min,
        "scale_max": each.scale_max,
        "pairs": each.pairs,
        "expectation": _rounded(each.expected / each.pairs) if enough else None,
        "experience": _rounded(each.met / each.pairs) if enough else None,
        "value": _rounded(found.value),
        "interval": found.interval and [_rounded(end) for end in found.interval],
        "importance": _rounded(importance) if enough else None,
        "reach": _rounded(each.reach),
        "priority": _rounded(urgent),
        "quadrant": quadrants.get(each, ""),
        "reason": _reason(enough, importance, found),
    }


def _reason(enough, importance, found):
    if not enough:
        return f"Not enough answers: it takes {gaps.ENOUGH} people who said both what they expected and what they met."
    if importance is None:
        return "Nobody said how much it matters."
    return "" if gaps.unmet(found) else "Not shown to be unmet, so it is not ranked."


def _rounded(value):
    return None if value is None else round(float(value), DIGITS)
