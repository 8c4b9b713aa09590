"""What a program brought in a period: counts and rates, each with its definition, whole or in groups."""

from advocacy.refusals import NotFound
from referrals.metrics import groups, numbers
from referrals.metrics.catalogue import COHORTS, COUNTS, METRICS, OF_CLICKS, REVENUE, uncut
from referrals.metrics.periods import asked, refused
from referrals.metrics.rates import compared, definition, rates

# What the cohort view's rates are made of.
_OF_COHORTS = ("visitors", "advocates_enrolled", "referrals")


def of_program(
    *, program, at, since=None, until=None, group_by=None, time_zone=None, compare=False, view="calendar", names=METRICS
):
    """Counts and rates of a program's days ``since`` to ``until``, both included; the last 30 days by default.

    Days are days of the storefront's time zone, from the roll-ups; of ``time_zone``, where that is another, they are
    counted on the spot, 92 at most. ``view``: ``calendar``, everything counts on the day on which it happened, so a
    later step may exceed an earlier one, and nothing is clamped; ``cohort``, by the day of the step before and until
    now. ``group_by`` adds ``groups`` with the rates ``names``, all by default; ``compare`` the period of the same
    length before, as ``previous`` of each rate.

    A value without a denominator is None with a ``reason``. ``mature`` is False while more may come. Refused
    (``bad_period``, 400) for what cannot be.
    """
    question = asked(
        program=program, at=at, since=since, until=until, time_zone=time_zone, group_by=group_by, view=view
    )
    found = numbers.read([question], METRICS, compare=compare)
    told = shown(question, found)
    if compare:
        compared(told["metrics"], rates(question, METRICS, question.before, found))
    return told | groups.of(question, {name: METRICS[name] for name in names}, found, compare=compare)


def one(name, *, program, at, group_by=None, compare=False, **options):
    """The one metric of this id, as in ``of_program``; with ``group_by`` its ``groups``, the largest of a cut first.

    Refused for an unknown id (404) or a group that the metric does not have (400), with what is possible.
    """
    metric = metric_of(name)
    question = asked(program=program, at=at, group_by=group_by, **options)
    if reason := uncut(metric, group_by):
        raise refused("group_by", reason)
    chosen = {name: metric}
    found = numbers.read([question], chosen, compare=compare)
    told = rates(question, chosen, question.days, found)
    if compare:
        compared(told, rates(question, chosen, question.before, found))
    grouped = groups.of(question, chosen, found, compare=compare)
    grouped["groups"] = [{"group": each["group"]} | each["metrics"][name] for each in grouped["groups"]]
    return told[name] | grouped


def metric_of(name):
    if name not in METRICS:
        raise NotFound("unknown_metric", f"There is no metric {name[:60]!a}; there are: {', '.join(METRICS)}.")
    return METRICS[name]


def shown(question, found):
    """Counts and rates of the whole period."""
    own = found[question.window(question.days)]
    names = [*_OF_COHORTS, *COHORTS] if question.view == "cohort" else COUNTS
    gone = OF_CLICKS if own["clicks_gone"] else ()
    return question.told(question.days) | {
        "counted_at": own["counted_at"],
        "counts": {
            name: {"definition": definition(name), "value": None if name in gone else own[name]} for name in names
        },
        "revenue": {
            "definition": {"id": "revenue", "sentence": REVENUE},
            "value": {"amount_minor": own["revenue_minor"], "currency": question.program.currency},
            "left_out": own["conversions_elsewhere"],
        },
        "metrics": rates(question, METRICS, question.days, found),
    }
