"""What of a program's offers somebody cannot have now: no room left, conditions that they do not meet, had already."""

from advocacy import conditions, offers, persons
from advocacy.models import Side
from rewards import book, promises
from rewards.models import Counter, Reward, RewardStatus
from rewards.rules import periods
from rewards.rules.terms import AMOUNT, WHOLE_FORMS
from rewards.settlement import together
from rewards.settlement.milestones import STEP


def of(*, program, at, advocate=None, friend=None, facts=None):
    """``{(rule version's public id, side): offers.Withheld}`` of what is in force.

    At most three queries, and two more for who was merged.

    ``advocate`` and ``friend`` (a Customer): who it is for, as far as that is known. ``facts``: those that are known
    already; conditions on others may still be met.
    """
    versions = list(book.in_force_at(program=program, at=at))
    found = _full(versions, program, together.names(program, advocate=advocate, friend=friend), at)
    had = _had(versions, advocate)
    for version in versions:
        failed = conditions.unmet(version.conditions, facts or {})
        if failed or version.rule_id in had:
            why = offers.Withheld(failed.reason, check=failed) if failed else offers.Withheld("cap_reached")
            found |= {(version.public_id, side): why for side in version.benefits}
    return found


def _full(versions, program, keys, at):
    """Of several limits without room the one that opens last is told."""
    limits = [
        (
            version,
            meter,
            [(meter.cap, key, periods.key(meter.period, at, program.time_zone)) for key in keys[meter.scope]],
        )
        for version in versions
        for meter in promises.limits(version)
        if meter.scope in keys and not (version.milestone_every and meter.scope in ("friend", "pair"))
    ]
    used, found = _used(limits), {}
    for version, meter, places in limits:
        taken = sum(used.get((version.rule_id, *place), 0) for place in places)
        for side in meter.sides:
            if meter.limit - taken < _least(version.benefits[side], meter):
                why = _closed(meter, program, at)
                known = found.get((version.public_id, side))
                found[version.public_id, side] = _later(known, why) if known else why
    return found


def _used(limits):
    if not limits:
        return {}
    rows = Counter.objects.filter(
        rule__in={version.rule_id for version, *_ in limits},
        key__in={key for *_, places in limits for _cap, key, _period in places},
        period__in={period for *_, places in limits for _cap, _key, period in places},
    )
    return {(row.rule_id, row.cap, row.key, row.period): row.used for row in rows}


def _least(benefit, meter):
    """The room that the next reward needs; a code or a thing is given whole, of an amount also a part."""
    whole = meter.measure == AMOUNT and benefit.get("form") in WHOLE_FORMS
    return benefit["amount_minor"] if whole else 1


def _closed(meter, program, at):
    bounds = periods.bounds(meter.period, at, program.time_zone)
    return offers.Withheld(meter.reason, whose=meter.scope, until=bounds and bounds[1])


def _later(one, other):
    return max(one, other, key=lambda why: (why.until is None, why.until and why.until.timestamp()))


def _had(versions, advocate):
    """The rules of milestones that come once and that the advocate has."""
    once = {
        version.rule_id
        for version in versions
        if version.milestone_every and not version.milestone_repeats and Side.ADVOCATE in version.benefits
    }
    if not advocate or not once:
        return set()
    steps = Reward.objects.filter(
        advocate__in=persons.records(advocate).values("pk"), rule__in=once, subject__trigger=STEP
    )
    return set(steps.exclude(status=RewardStatus.REVERSED).values_list("rule", flat=True))
