"""What two versions of a rule say differently, column by column and part by part, in words."""

from advocacy import conditions, ids, money, reading
from advocacy.admin import words
from advocacy.outbox.catalogue import TYPES
from rewards import sentences
from rewards.admin.rule_fields import AT_ONCE, DIGITAL, FORMS, HELD, HOW_OFTEN, KINDS
from rewards.models import CouponPool
from rewards.rules.terms import POINTS, SIDES, benefit

_WHO = {"advocate": "The advocate", "friend": "The friend", "customer": "The person"}


def differences(before, after, currency):
    """``[(label, from, to)]`` of the terms of two RuleVersions that differ; their start is not among them.

    Where one says nothing stands the word for that, such as “none”.
    """
    rows = [(label, shown(before, currency), shown(after, currency)) for label, shown in COLUMNS.values()]
    rows += [(_ENDS, *_ends(before, after))]
    for side in SIDES:
        benefits = before.benefits.get(side, {}), after.benefits.get(side, {})
        rows += [
            (f"{_WHO[side]}{label}", *(_part(said, part, shown, currency) for said in benefits))
            for part, (label, shown) in PARTS.items()
        ]
    return [
        (label, *(said or _NOTHING.get(label, "none") for said in both)) for label, *both in rows if both[0] != both[1]
    ]


def in_sentences(before, after, currency):
    """The same for people, a line for each: “Wait: 30 days. Before: 14 days.”"""
    return [f"{label}: {now}. Before: {was}." for label, was, now in differences(before, after, currency)]


def total_of(correction):
    """What a correction comes to, a line for each unit."""
    if not correction.difference:
        return words.NOTHING
    units = correction.difference["units"].items()
    return words.lines(
        ("+" if minor > 0 else "") + reading.plain(minor, unit).replace("-", "−") for unit, minor in units
    )


# --- columns -------------------------------------------------------------------------------------------------------


def _plain(column):
    return lambda version, currency: str(getattr(version, column) or "")


def _days(column):
    def shown(version, currency):
        value = getattr(version, column)
        return "" if value is None else sentences.counted(value, "day")

    return shown


def _trigger(version, currency):
    known = TYPES.get(version.trigger)
    return (known and known.when) or version.trigger


def _minimum(version, currency):
    return reading.plain(version.minimum_order_minor, currency) if version.minimum_order_minor else ""


def _caps(version, currency):
    given = sentences.benefits(version)
    return "; ".join(sentences.limit_of(cap, given, currency) for cap in version.caps)


def _currencies(version, currency):
    return "; ".join(sentences.in_currency(code, said, version) for code, said in version.per_currency.items())


# A column → its label and how it is shown. The end is shown apart: the next version sets it too.
COLUMNS = {
    "trigger": ("It begins when", _trigger),
    "frequency": ("How often", lambda version, currency: dict(HOW_OFTEN)[version.frequency]),
    "order_limit": ("At most so many times", _plain("order_limit")),
    "months_limit": ("For so many months", _plain("months_limit")),
    "months_from": ("Months count from when", lambda version, currency: version.get_months_from_display()),
    "milestone_every": ("For so many friends who ordered", _plain("milestone_every")),
    "milestone_repeats": (
        "And then",
        lambda version, currency: "again for every further so many" if version.milestone_repeats else "never again",
    ),
    "minimum_order_minor": ("Minimum order", _minimum),
    "conditions": (
        "Conditions",
        lambda version, currency: conditions.sentence(version.conditions, currency) if version.conditions else "",
    ),
    "caps": ("Limits", _caps),
    "per_currency": ("Amounts in other currencies", _currencies),
    "hold_days": ("Wait", _days("hold_days")),
    "hold_from": ("Counted from", lambda version, currency: version.get_hold_from_display()),
    "delivery_allowance_days": ("Delivery takes", _days("delivery_allowance_days")),
    "digital_at_once": (
        "Digital goods",
        lambda version, currency: dict(DIGITAL)[AT_ONCE if version.digital_at_once else HELD],
    ),
    "expires_days": ("Expiry", _days("expires_days")),
    "priority": ("Priority", lambda version, currency: str(version.priority)),
    "exclusive_group": ("Group", _plain("exclusive_group")),
}
_ENDS = "End"
# What stands where a version says nothing.
_NOTHING = {
    "At most so many times": "without end",
    "For so many months": "without end",
    "Minimum order": "none, any order counts",
    "Expiry": "never",
    _ENDS: "none, it goes on",
    **dict.fromkeys((f"{who} gets" for who in _WHO.values()), "nothing"),
}


def _ends(before, after):
    """An end that only says when the next version took over is none of its own, nor is that of a corrected period."""
    if after.corrects_id:
        return "", ""
    replaced = before.ends_at == after.starts_at
    return "" if replaced else _moment(before), _moment(after)


def _moment(version):
    if version.ends_at is None:
        return ""
    return words.moment(version.ends_at, version.rule.program.time_zone)


# --- what each side gets -------------------------------------------------------------------------------------------


def _part(said, part, shown, currency):
    """Nothing where the side gets nothing, or has no such part."""
    value = said.get(part)
    unit = money.POINTS if said.get("form") == POINTS else currency
    return shown(value, unit, currency) if value or value == 0 else ""


def _amount(value, unit, currency):
    return reading.plain(value, unit)


def _tiers(value, unit, currency):
    return sentences.tiers_of(benefit({"kind": "tiered", "tiers": value}, unit), currency)


def _items(value, unit, currency):
    found = benefit({"kind": "per_product", "items": value}, unit)
    return " and ".join(sentences.item_in_words(each, found) for each in found.items)


def _pool(value, unit, currency):
    pool = CouponPool.objects.filter(public_id=ids.decode("pol", value)).first()
    return pool.name if pool else value


# A part of a benefit → its label and how it is shown.
PARTS = {
    "kind": (" gets", lambda value, unit, currency: dict(KINDS)[value]),
    "form": (" gets it as", lambda value, unit, currency: dict(FORMS)[value]),
    "amount_minor": ("’s amount", _amount),
    "percent_bp": ("’s percentage", lambda value, unit, currency: f"{value / 100:g} %"),
    "minimum_minor": ("’s minimum", _amount),
    "maximum_minor": ("’s maximum", _amount),
    "tiers": ("’s tiers", _tiers),
    "items": ("’s products", _items),
    "pool": ("’s codes come from", _pool),
    "label": (" gets, in words", lambda value, unit, currency: value),
}
