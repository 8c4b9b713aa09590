"""What a benefit comes to on a subject's facts, and what of it is still owed. Pure; minor units throughout."""

from fractions import Fraction

from advocacy import money
from rewards.rules.terms import FIXED, PER_PRODUCT, PERCENT, POINTS, WHOLE_FORMS

_CONVERTED = ("goods_minor", "revenue_minor", "basis_minor")


def converted(facts, rate):
    """The facts in the program's currency. ``rate`` is a Fraction of minor units to minor units."""
    changed = {name: money.round_half_up(facts[name] * rate) for name in _CONVERTED if name in facts}
    lines = facts.get("products")
    if lines:
        changed["products"] = [
            line | {name: money.round_half_up(line[name] * rate) for name in ("net_minor", "revenue_minor")}
            for line in lines
        ]
    return facts | changed


def minor_rate(rate, source, target):
    """What a rate of whole units is between minor units: 1 JPY = 0.006 EUR → 0.6 cents for each yen."""
    return Fraction(rate) * 10 ** money.decimals(target) / 10 ** money.decimals(source)


def base(benefit, facts, terms, *, position):
    """The amount before caps, in the benefit's unit. ``position`` is the advocate's in the tiers' period."""
    return _limited(benefit, _amount(benefit, facts, terms, position))


def at_step(benefit, step, facts, terms):
    """The amount before caps that a tier's step comes to, whatever the position was."""
    return _limited(benefit, of_step(benefit, step, facts, terms))


def _limited(benefit, amount):
    if not amount or benefit.kind == FIXED:
        return amount
    if benefit.minimum_minor is not None and amount < benefit.minimum_minor:
        amount = benefit.minimum_minor
    return amount if benefit.maximum_minor is None else min(amount, benefit.maximum_minor)


def _amount(benefit, facts, terms, position):
    if benefit.kind == FIXED:
        return benefit.amount_minor
    if benefit.kind == PERCENT:
        return _in_unit(benefit, money.percent(facts["revenue_minor"], benefit.percent_bp), terms)
    if benefit.kind == PER_PRODUCT:
        return _per_product(benefit, facts, terms)
    return of_step(benefit, benefit.tiers.reached(position), facts, terms)


def of_step(benefit, step, facts, terms):
    """What one tier pays for these facts."""
    if step is None:
        return 0
    if step.percent_bp:
        return _in_unit(benefit, money.percent(facts.get("revenue_minor", 0), step.percent_bp), terms)
    return step.amount_minor


def _per_product(benefit, facts, terms):
    """Each line by the first item that names it; the sum is rounded once."""
    fixed, parts = 0, 0
    for line, item in matched(benefit, facts):
        fixed += item.amount_minor * line.get("quantity", 1)
        parts += line["revenue_minor"] * item.percent_bp
    return fixed + _in_unit(benefit, money.share(parts, 1, money.BASIS_POINTS), terms)


def matched(benefit, facts):
    """``(line, item)`` of the lines that the benefit pays for."""
    for line in facts.get("products", ()):
        item = next((item for item in benefit.items if item.matches(line)), None)
        if item:
            yield line, item


def _in_unit(benefit, amount_minor, terms):
    """A share of money in the benefit's unit: as it is, or as points at the program's rate."""
    if benefit.form != POINTS:
        return amount_minor
    return money.share(amount_minor, terms.points_per_unit or 0, 10 ** money.decimals(terms.unit))


def worth(benefit, amount, terms):
    """An amount in minor units of the program's currency, for competition; None where it has no rate."""
    if benefit.form != POINTS:
        return amount
    if not terms.points_per_unit:
        return None
    return money.share(amount, 10 ** money.decimals(terms.unit), terms.points_per_unit)


def owed(benefit, facts, side, granted, first, *, terms, rate=None):
    """``round(grant × kept ÷ first basis)``: cumulative, so the last refund takes the remainder by itself.

    ``rate``: the Rate by which it was granted, where the order's currency is not that of the benefit.
    A code or a thing of one's own is owed whole until all of the order is given back.
    """
    if not granted or given_back(facts, side, first):
        return 0
    if not _is_order(facts) or benefit.form in WHOLE_FORMS:
        return granted
    if benefit.kind == PER_PRODUCT and facts["refunded_minor"] < facts["basis_minor"]:
        return _owed_by_lines(benefit, facts, granted, first, _unit_worth(benefit, terms, rate))
    return kept(granted, facts, first)


def kept(number, facts, first):
    """What of a number that was made of an order's ``first`` facts is kept by what it costs now, after refunds.

    A correction to less is like a refund of the difference; one to more adds nothing.
    """
    basis = _first_basis(facts, first)
    if basis <= 0:
        return number
    return money.share(number, max(min(basis, facts["basis_minor"] - facts["refunded_minor"]), 0), basis)


def shrunk(facts, first):
    """Whether an order was corrected to less than it was decided on."""
    return _is_order(facts) and facts["basis_minor"] < _first_basis(facts, first)


def corrected(facts, first):
    """Whether an order may earn another share now: it costs less, or its lines are others."""
    return shrunk(facts, first) or facts.get("products") != first.get("products")


def _first_basis(facts, first):
    return first.get("basis_minor", facts["basis_minor"])


def _is_order(facts):
    return "basis_minor" in facts


def _owed_by_lines(benefit, facts, granted, first, unit_worth):
    """Each line keeps its own part of the grant, as far as it was neither given back nor corrected to less.

    A refund that names no products counts for all lines at the order's own share.
    """
    basis = facts["basis_minor"]
    named = sum(line.get("refunded_minor", 0) for line in facts.get("products", ()))
    unnamed = Fraction(max(facts["refunded_minor"] - named, 0), basis)
    whole, left = sum(_line_worth(line, item, unit_worth) for line, item in matched(benefit, first)), Fraction(0)
    for line, item in matched(benefit, facts):
        net = line["net_minor"]
        gone = Fraction(line.get("refunded_minor", 0), net) + unnamed if net else unnamed
        left += _line_worth(line, item, unit_worth) * (1 - min(gone, 1))
    return money.round_half_up(granted * min(left, Fraction(whole)) / whole) if whole else granted


def _line_worth(line, item, unit_worth):
    """In the benefit's unit, times ``BASIS_POINTS``."""
    fixed = item.amount_minor * line.get("quantity", 1) * money.BASIS_POINTS
    return fixed + line["revenue_minor"] * item.percent_bp * unit_worth


def _unit_worth(benefit, terms, rate):
    """What a minor unit of the order's money is in the benefit's unit, not rounded."""
    worth = rate.value if rate else 1
    if benefit.form != POINTS:
        return worth
    return worth * Fraction(terms.points_per_unit or 0, 10 ** money.decimals(terms.unit))


def given_back(facts, side, first):
    """Whether the side's share of a cap is free again: by a rejection or all of the order, not by a part."""
    if facts.get(f"{side}_review") == "rejected":
        return True
    if falls(facts):
        return True
    if not _is_order(facts):
        return False
    basis = facts["basis_minor"]
    return bool(facts.get("cancelled") or (basis and facts["refunded_minor"] >= basis) or emptied(facts, first))


def emptied(facts, first):
    """Whether an order that cost something was corrected to nothing."""
    return not facts["basis_minor"] and _first_basis(facts, first) > 0


def falls(facts):
    """Whether it does not count: unpaid, withdrawn, no longer reached.

    A conversion's ``stands`` is that of the advocate's side; what counts for each side of it, its reviews say.
    """
    return facts.get("stands") is False and "friend_review" not in facts
