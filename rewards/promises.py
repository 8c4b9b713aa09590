"""What a rule version promises, written down as the base's offers: pages and mails read nothing else."""

from advocacy import money
from advocacy.models import Offer
from rewards import book, sentences
from rewards.models import CONVERSION_TRIGGER, Counter, Frequency
from rewards.rules import periods
from rewards.rules import terms as words


def write(*, program, version):
    """An Offer for each side that gets something."""
    first = version.frequency == Frequency.FIRST_ORDER
    for side, benefit in sentences.benefits(version).items():
        amount, percent = _most(benefit)
        Offer.objects.create(
            program=program,
            side=side,
            rule_version=version.public_id,
            kind=benefit.kind,
            form=benefit.form,
            label=benefit.label,
            trigger=version.trigger,
            friends=version.milestone_every,
            repeats=bool(version.milestone_every and version.milestone_repeats),
            amount_minor=amount,
            percent_bp=percent,
            unit=benefit.unit,
            maximum_minor=benefit.maximum_minor,
            minimum_order_minor=version.minimum_order_minor,
            first_order_only=version.trigger == CONVERSION_TRIGGER and first,
            order_limit=version.order_limit,
            months_limit=version.months_limit,
            conditional=bool(version.conditions),
            hold_days=version.hold_days,
            exclusive_group=version.exclusive_group,
            priority=version.priority,
            starts_at=version.starts_at,
            ends_at=version.ends_at,
        )


def _most(benefit):
    """``(amount, percent)``: the most of what tiers or products pay, which is all that an offer says of them."""
    if benefit.kind in (words.FIXED, words.PERCENT):
        return benefit.amount_minor, benefit.percent_bp
    rows = benefit.tiers.steps if benefit.kind == words.TIERED else benefit.items
    return max(row.amount_minor for row in rows), max(row.percent_bp for row in rows)


def used_up(*, program, at):
    """``{(rule version's public id, side): period}`` of what is in force with no room left for anybody; two queries.

    ``period``: day, week, month, year or all, after which there may be room again.
    """
    limits = [
        (version, meter) for version in book.in_force_at(program=program, at=at) for meter in limits_of_all(version)
    ]
    now = {meter.period: periods.key(meter.period, at, program.time_zone) for _, meter in limits}
    rows = Counter.objects.filter(
        rule__in={version.rule_id for version, _ in limits}, key=program.public_id, period__in=set(now.values())
    )
    used = {(row.rule_id, row.cap, row.period): row.used for row in rows} if limits else {}
    gone = {}
    for version, meter in limits:
        taken = used.get((version.rule_id, meter.cap, now[meter.period]), 0)
        for side in meter.sides:
            if meter.limit - taken < _least(version.benefits[side], meter):
                gone[version.public_id, side] = meter.period
    return gone


def limits_of_all(version):
    """The Meters of what all get together: budgets, and numbers of rewards."""
    terms = book.terms_of(version)
    terms = terms.stepped() if terms.milestone_every else terms
    return [meter for meter in terms.cap_meters() if meter.scope == "program"]


def unit_of(version, meter):
    """Of what a Meter by amount limits."""
    form = version.benefits[meter.sides[0]].get("form")
    return money.POINTS if form == words.POINTS else version.rule.program.currency


def _least(benefit, meter):
    """The room that the next reward needs; a code or a thing is given whole, of an amount also a part."""
    whole = meter.measure == words.AMOUNT and benefit.get("form") in words.WHOLE_FORMS
    return benefit["amount_minor"] if whole else 1
