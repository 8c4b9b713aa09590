"""Each rule as one plain sentence, for the admin and for explanations."""

from itertools import pairwise
from zoneinfo import ZoneInfo

from advocacy import conditions, money
from advocacy.outbox.catalogue import TYPES
from rewards import book
from rewards.models import CONVERSION_TRIGGER, Frequency
from rewards.rules import terms as words

_EACH = {
    "advocate": "for each advocate",
    "friend": "for each friend",
    "pair": "for each advocate and friend",
    "program": "in all",
}
_A_PERIOD = {"day": " a day", "week": " a week", "month": " a month", "year": " a year", "all": ""}
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
_TEENS = (11, 12, 13)


def benefits(version):
    """``{side: Benefit}`` of the sides that get something."""
    given = book.terms_of(version).amounts.benefits
    return {side: given[side] for side in words.SIDES if side in given}


def sentence(version, *, currency):
    """Such as “Give the advocate 10 % of a friend’s first order of 20.00 EUR or more, up to 15.00 EUR each, at most 5
    a month, 14 days after the delivery (digital goods at once).”; ``version`` may be unsaved.
    """
    given = benefits(version)
    parts = [_gives(version, given, currency)]
    parts += [_months(version), *_once(version)]
    parts += [limit_of(cap, given, currency) for cap in version.caps]
    parts += [conditions.sentence(version.conditions, currency)] if version.conditions else []
    parts += [in_currency(code, said, version) for code, said in version.per_currency.items()]
    parts += [_wait(version), _expiry(version), _competition(version), _end(version)]
    return ", ".join(part for part in parts if part) + "."


# --- who gets what for what ----------------------------------------------------------------------------------------


def _gives(version, given, currency):
    who = [(f"the {side}", benefit) for side, benefit in given.items()]
    what = _what(version, currency)
    if len(who) == 1 and who[0][1].kind == words.PERCENT and version.trigger == CONVERSION_TRIGGER:
        (name, benefit), *_ = who
        bounds = _bounds(benefit)
        return f"Give {name} {_percent(benefit.percent_bp)}{_paid_in(benefit)} of {what}" + (bounds and f", {bounds}")
    gifts = [f"{name} {_benefit(benefit, currency)}" for name, benefit in who]
    comma = "," if len(gifts) > 1 and "," in gifts[0] else ""
    joint = "for" if version.trigger == CONVERSION_TRIGGER else "when"
    return f"Give {f'{comma} and '.join(gifts)} {joint} {what}"


def _what(version, currency):
    if version.trigger != CONVERSION_TRIGGER:
        known = TYPES.get(version.trigger)
        return (known and known.when) or f"{version.trigger} happens"
    least = money.plain(version.minimum_order_minor, currency) if version.minimum_order_minor else ""
    if version.milestone_every:
        number = ordinal(version.milestone_every)
        nth = "" if version.milestone_every == 1 else f"{number} "
        friend = f"every {nth}friend" if version.milestone_repeats else f"the {number} friend"
        return f"{friend} who keeps an order" + (f" of {least} or more" if least else "")
    if version.frequency == Frequency.FIRST_ORDER:
        orders = "a friend’s first order"
    elif version.order_limit:
        orders = f"each of a friend’s first {version.order_limit} orders"
    else:
        orders = "every order of a friend"
    return orders + (f" of {least} or more" if least else "")


def _benefit(benefit, currency):
    if benefit.kind == words.FIXED:
        return _thing(benefit, benefit.amount_minor)
    if benefit.kind == words.PERCENT:
        said = f"{_percent(benefit.percent_bp)} of the revenue{_paid_in(benefit)}"
    elif benefit.kind == words.TIERED:
        said = tiers_of(benefit, currency)
    else:
        said = " and ".join(item_in_words(item, benefit) for item in benefit.items)
    bounds = _bounds(benefit)
    return f"{said}, {bounds}" if bounds else said


def _thing(benefit, amount):
    if benefit.form == words.CUSTOM:
        return f"“{benefit.label}”"
    plain = _amount(benefit, amount)
    named = {words.COUPON: f"a coupon worth {plain}", words.GIFT_CARD: f"a gift card worth {plain}"}
    return named.get(benefit.form, plain + _paid_in(benefit))


def _amount(benefit, amount):
    return counted(amount, "point") if benefit.form == words.POINTS else money.plain(amount, benefit.unit)


def _paid_in(benefit):
    return {words.CASH: " in cash", words.POINTS: " in points" if benefit.kind != words.FIXED else ""}.get(
        benefit.form, ""
    )


def _percent(basis_points):
    return f"{basis_points / 100:g} %"


def counted(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"


def ordinal(number):
    """``3`` → ``3rd``."""
    ending = "th" if number % 100 in _TEENS else _ORDINALS.get(number % 10, "th")
    return f"{number}{ending}"


def _bounds(benefit):
    least = f"at least {_amount(benefit, benefit.minimum_minor)}" if benefit.minimum_minor else ""
    most = f"up to {_amount(benefit, benefit.maximum_minor)}" if benefit.maximum_minor else ""
    both = " and ".join(part for part in (least, most) if part)
    return f"{both} each" if both else ""


def tiers_of(benefit, currency):
    """Such as “5.00 EUR (from their friends’ 3rd order in a month 10.00 EUR)”."""
    tiers = benefit.tiers
    by_number = tiers.measure == "conversions"
    steps = [(ordinal(step.start) if by_number else money.plain(step.start, currency), step) for step in tiers.steps]
    first = _share(tiers.steps[0], benefit) if tiers.steps[0].start <= int(by_number) else ""
    later = steps[1:] if first else steps
    period = tiers.period if tiers.period != "all" else ""
    measure = ("their friends’ {} order" if by_number else "{} of their friends’ revenue") + (
        period and f" in a {period}"
    )
    said = [
        f"from {f'the {start}' if number and by_number else start if number else measure.format(start)} "
        f"{_share(step, benefit)}"
        for number, (start, step) in enumerate(later)
    ]
    more = [", ".join(said)] if said else []
    if tiers.reading == words.WHOLE:
        moved = "set" if _falls(tiers.steps) else "raised"
        more.append(f"when the {period} ends, all of it is {moved} to the tier reached")
    beside = "; ".join(more)
    return f"{first} ({beside})" if first and beside else first or beside


def _falls(steps):
    worth = [(step.percent_bp, step.amount_minor) for step in steps]
    return any(later < earlier for earlier, later in pairwise(worth))


def _share(said, benefit):
    if said.percent_bp:
        return f"{_percent(said.percent_bp)}{_paid_in(benefit)}"
    return _amount(benefit, said.amount_minor)


def item_in_words(item, benefit):
    several = len(item.values) > 1
    noun = {"product": "products" if several else "product", "category": "categories" if several else "category"}
    named = f"{noun[item.by]} {', '.join(sorted(item.values))}"
    if item.percent_bp:
        return f"{_share(item, benefit)} of the {named}"
    return f"{_share(item, benefit)} for each piece of the {named}"


# --- how often, how much -------------------------------------------------------------------------------------------


def _months(version):
    if not version.months_limit:
        return ""
    start = "joining" if version.months_from == "binding" else "their first order"
    return f"within {counted(version.months_limit, 'month')} of {start}"


def _once(version):
    """How often a person gets it for what is no order; that a friend signs up only once goes without saying."""
    if version.trigger == CONVERSION_TRIGGER:
        return []
    if version.frequency == Frequency.FIRST_ORDER:
        return [] if version.trigger in ("referral.created", "advocate.enrolled") else ["once for each person"]
    return [f"at most {counted(version.order_limit, 'time')} for each person"] if version.order_limit else ["each time"]


def limit_of(cap, given, currency):
    side, scope = cap.get("side", ""), cap["scope"]
    only = side or (next(iter(given)) if len(given) == 1 else "")
    limit = str(cap["limit"])
    if cap["measure"] == words.AMOUNT:
        limit = _amount(given[side] if side else next(iter(given.values())), cap["limit"])
    whose = f" of the {side}’s" if side and len(given) > 1 else ""
    period = _A_PERIOD[cap["period"]]
    if scope == "program" and cap["measure"] == words.AMOUNT:
        return f"with a budget of {limit}{whose}{period}"
    each = "" if only == scope else f" {_EACH[scope]}"
    return f"at most {limit}{whose}{period}{each}"


def in_currency(code, said, version):
    parts = []
    if said.get("minimum_order_minor"):
        parts.append(f"from {money.plain(said['minimum_order_minor'], code)}")
    for side in version.benefits:
        each = said.get(side, {})
        words_of = {"amount_minor": "{}", "minimum_minor": "at least {}", "maximum_minor": "up to {}"}
        shown = [text.format(money.plain(each[part], code)) for part, text in words_of.items() if each.get(part)]
        if shown:
            parts.append(f"the {side} {', '.join(shown)}")
    return f"in {code} {', '.join(parts)}" if parts else ""


# --- when ----------------------------------------------------------------------------------------------------------


def _wait(version):
    order, days = version.trigger == CONVERSION_TRIGGER and not version.milestone_every, version.hold_days
    late = order and version.hold_from in ("shipping", "delivery")
    if not days:
        return f"right after {version.get_hold_from_display()}" if late else "at once"
    since = f"after {version.get_hold_from_display()}" if order else "later"
    digital = " (digital goods at once)" if digital_at_once(version) else ""
    return f"{counted(days, 'day')} {since}{digital}"


def digital_at_once(version):
    """Whether digital goods do not wait where others do: only of what begins with an order."""
    known = TYPES.get(version.trigger)
    told = known is not None and "digital" in known.facts
    return bool(version.hold_days and version.digital_at_once and told)


def _expiry(version):
    return f"to be spent within {counted(version.expires_days, 'day')}" if version.expires_days else ""


def _competition(version):
    priority = f" (priority {version.priority})" if version.priority else ""
    return f"only the best of the group “{version.exclusive_group}”{priority}" if version.exclusive_group else ""


def _end(version):
    if version.ends_at is None:
        return ""
    local = version.ends_at.astimezone(ZoneInfo(version.rule.program.time_zone))
    return f"until {local:%-d %b %Y, %H:%M}"
