"""What a rule version promises, written down as the base's offers: pages and mails read nothing else."""

from advocacy import money
from advocacy.models import Offer
from rewards import book, sentences
from rewards.models import CONVERSION_TRIGGER, Frequency
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
            items=version.benefits[side].get("items", []),
            maximum_minor=benefit.maximum_minor,
            minimum_order_minor=version.minimum_order_minor,
            first_order_only=version.trigger == CONVERSION_TRIGGER and first,
            order_limit=version.order_limit,
            months_limit=version.months_limit,
            conditional=bool(version.conditions),
            hold_days=version.hold_days,
            digital_at_once=sentences.digital_at_once(version),
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


def limits_of_all(version):
    """The Meters of what all get together: budgets, and numbers of rewards."""
    return [meter for meter in limits(version) if meter.scope == "program"]


def limits(version):
    """The Meters of its caps, its budgets and a friend's orders; of a milestone the caps limit its steps."""
    terms = book.terms_of(version)
    terms = terms.stepped() if terms.milestone_every else terms
    orders = terms.order_meters() if version.trigger == CONVERSION_TRIGGER else ()
    return [*orders, *terms.cap_meters()]


def unit_of(version, meter):
    """Of what a Meter by amount limits."""
    form = version.benefits[meter.sides[0]].get("form")
    return money.POINTS if form == words.POINTS else version.rule.program.currency
