"""What the checks did: how much they held, and what became of it."""

from dataclasses import dataclass

from referrals.fraud.cases import asked


@dataclass(frozen=True)
class Outcome:
    """Conversions. ``rejected``: of at least one side; ``approved``: of both, as far as they were held; of these only
    what somebody looked at. ``unseen``: decided when the time was over, or not any more a conversion's.
    """

    held: int
    rejected: int
    approved: int
    waiting: int

    @property
    def unseen(self):
        return self.held - self.rejected - self.approved - self.waiting

    @property
    def decided(self):
        return self.rejected + self.approved

    @property
    def percent(self):
        """How many of the decided were rejected; None where none was decided."""
        return round(100 * self.rejected / self.decided) if self.decided else None


_SAID = """
    SELECT {what}, COUNT(*), COUNT(*) FILTER (WHERE held.looked AND {rejected}),
        COUNT(*) FILTER (WHERE held.looked AND NOT {rejected}), COUNT(*) FILTER (WHERE held.waiting)
    FROM (
        SELECT known.findings, known.waiting AND NOT conversion.ended AS waiting,
            CASE conversion.advocate_review WHEN 'rejected' THEN ARRAY['advocate'] ELSE '{{}}' END
                || CASE conversion.friend_review WHEN 'rejected' THEN ARRAY['friend'] ELSE '{{}}' END AS rejected,
            NOT known.waiting AND NOT conversion.ended AND EXISTS (
                SELECT FROM referrals_ruling ruling
                WHERE ruling.conversion_id = conversion.id AND ruling.by IN ('person', 'server')
            ) AS looked
        FROM referrals_reviewcase known JOIN referrals_conversion conversion ON conversion.id = known.conversion_id
        WHERE known.program_id = %s AND known.held AND known.opened_at >= %s AND known.opened_at <= %s
    ) held {beside} GROUP BY 1
"""
_ALL = _SAID.format(what="NULL::text", rejected="held.rejected <> '{}'", beside="")
# Of a check what counts is the sides that it doubted.
_BY_CHECK = _SAID.format(
    what="finding ->> 'check'",
    rejected="finding -> 'sides' ?| held.rejected",
    beside="CROSS JOIN LATERAL jsonb_array_elements(held.findings) AS finding",
)
_REJECTED = """
    SELECT conversion.public_id, ruling.side, GREATEST(placed.total_minor - placed.refunded_minor, 0),
        GREATEST(placed.total_minor, 1)
    FROM referrals_reviewcase known
    JOIN referrals_conversion conversion ON conversion.id = known.conversion_id
    JOIN referrals_order placed ON placed.id = conversion.order_id
    CROSS JOIN LATERAL (VALUES ('advocate', conversion.advocate_review), ('friend', conversion.friend_review))
        AS ruling (side, review)
    WHERE known.program_id = %s AND known.held AND known.opened_at >= %s AND known.opened_at <= %s
        AND ruling.review = 'rejected' AND NOT conversion.ended
"""


def of(*, program, since, until):
    """The Outcome of what was held in that time."""
    rows = asked(_ALL, [program.pk, since, until])
    return Outcome(*rows[0][1:]) if rows else Outcome(0, 0, 0, 0)


def by_check(*, program, since, until):
    """``{check: Outcome}``; a conversion counts for each check that found something, by the sides it doubted."""
    return {check: Outcome(*numbers) for check, *numbers in asked(_BY_CHECK, [program.pk, since, until])}


def rejected(*, program, since, until):
    """``[(public id of a conversion, side, what of its order was kept, its total)]`` whose reward was held and is
    rejected now.
    """
    return asked(_REJECTED, [program.pk, since, until])
