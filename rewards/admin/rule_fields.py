"""The boxes of the rule form, and the words they are chosen by."""

from django import forms
from django.apps import apps
from unfold import widgets

from advocacy import conditions, ids
from advocacy.admin import choosing
from advocacy.admin.moments import Moment
from advocacy.models import BenefitKind, Program
from advocacy.outbox.catalogue import TYPES
from rewards.admin.rows import Column, RowsField
from rewards.models import CONVERSION_TRIGGER
from rewards.rules import terms as words

MILESTONE = "milestone"
HOW_OFTEN = [
    ("first_order", "Once for each friend: the first that qualifies"),
    ("every_order", "Every time"),
    (MILESTONE, "For every so many friends who ordered (milestone)"),
]
AT_ONCE, HELD = "at_once", "held"
DIGITAL = [(AT_ONCE, "are credited at once"), (HELD, "wait like other goods")]
FORMS = [
    (words.CREDIT, "Store credit"),
    (words.POINTS, "Points"),
    (words.COUPON, "A coupon code"),
    (words.GIFT_CARD, "A gift card code"),
    (words.CASH, "Money, paid out"),
    (words.CUSTOM, "Something of your own"),
]
KINDS = [
    ("", "Nothing"),
    (BenefitKind.FIXED, "A fixed amount"),
    (BenefitKind.PERCENT, "A percentage of the order’s revenue"),
    (BenefitKind.TIERED, "More for those who bring more (tiers)"),
    (BenefitKind.PER_PRODUCT, "By product or category"),
]
SIDES = {
    words.ADVOCATE: "The advocate gets",
    words.FRIEND: "The friend gets",
    words.CUSTOMER: "The customer gets",
}
SCOPES = (
    ("advocate", "each advocate"),
    ("friend", "each friend"),
    ("pair", "each advocate and friend"),
    ("program", "all together (a budget)"),
)
PERIODS = (("month", "a month"), ("day", "a day"), ("week", "a week"), ("year", "a year"), ("all", "in all"))
MEASURES = (("count", "rewards"), ("amount", "an amount"))
WHOSE = (("", "what both get"), *((side, f"what the {side} gets") for side in SIDES))
OPERATORS = (
    ("at_least", "is at least"),
    ("at_most", "is at most"),
    ("is", "is"),
    ("one_of", "is one of"),
    ("none_of", "is none of"),
    ("all_of", "has all of"),
)
GROUPS = (("", "on its own"), *((str(number), f"in group {number}") for number in range(1, 7)))


def text(label, help_text="", *, decimal=True, **options):
    attrs = {"inputmode": "decimal"} if decimal else {}
    widget = widgets.UnfoldAdminTextInputWidget(attrs=attrs)
    return forms.CharField(label=label, required=False, max_length=80, help_text=help_text, widget=widget, **options)


def choice(label, choices, help_text="", **options):
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        widget=widgets.UnfoldAdminSelectWidget,
        **options,
    )


def number(label, help_text="", **options):
    widget = widgets.UnfoldAdminIntegerFieldWidget
    return forms.IntegerField(label=label, help_text=help_text, widget=widget, **{"required": False} | options)


def moment(label, help_text):
    return Moment(label=label, required=False, help_text=help_text)


def triggers():
    """``[(event type, words)]``, a friend's order first, then the rest by their words."""
    known = [one for one in TYPES.values() if one.triggers and one.when]
    known.sort(key=lambda one: (one.name != CONVERSION_TRIGGER, one.when))
    return [(one.name, one.when[0].upper() + one.when[1:]) for one in known]


def of_side(side):
    """The boxes of one side's benefit, by name."""
    share = "Of the order’s revenue: after discounts, before tax and shipping."
    return {
        f"{side}_kind": choice(SIDES[side], KINDS, initial=BenefitKind.FIXED),
        f"{side}_form": choice("As", FORMS, initial=words.CREDIT),
        f"{side}_amount": text(
            "Amount", "In the program’s currency, such as 10.00; points as a whole number; of a code what it is worth."
        ),
        f"{side}_percent": text("Percentage", share),
        f"{side}_tiers_measure": choice(
            "Tiers by", [("conversions", "how many orders their friends made"), ("revenue", "their friends’ revenue")]
        ),
        f"{side}_tiers_period": choice(
            "Counted over", [("month", "a month"), ("year", "a year"), ("all", "all time")], "In the program’s zone."
        ),
        f"{side}_tiers_reading": choice(
            "A tier counts for",
            [("marginal", "each order from there on"), ("whole", "all of the period, topped up when it ends")],
        ),
        f"{side}_tiers": RowsField(
            TIER, add="Add a tier", label="Tiers", help_text="Either an amount or a percentage."
        ),
        f"{side}_items": RowsField(
            ITEM,
            add="Add products",
            label="Products",
            help_text="Each line of the order is paid by the first row that names it: a percentage of it, or an amount "
            "for each piece.",
        ),
        f"{side}_minimum": text("At least", "For each reward. Empty: no minimum."),
        f"{side}_maximum": text("At most", "For each reward. Empty: no maximum."),
        f"{side}_pool": choice(
            "Codes from",
            [("", "Choose a pool")],
            "The pool that a code is taken from. None here? Add one under Coupon pools, and come back.",
        ),
        f"{side}_label": text("What it is", "As it goes on after “You get …”, such as a mug.", decimal=False),
    }


def shown_for(side, *, forms=True):
    """When a box of a side's benefit is of use, in the language of the form's scripts.

    Without ``forms`` nobody chooses what it is paid in.
    """
    kind, form = f"{side}_kind", f"{side}_form"
    given, shares = f"{kind} != ''", f"{kind} != '' && {kind} != 'fixed'"
    tiered, code = f"{kind} == 'tiered'", f"['coupon', 'gift_card'].includes({form})"
    of_forms = {
        f"{side}_form": given,
        f"{side}_pool": f"{given} && {code}",
        f"{side}_label": f"{given} && {form} == 'custom'",
    }
    return (of_forms if forms else {}) | {
        f"{side}_amount": f"{kind} == 'fixed'",
        f"{side}_percent": f"{kind} == 'percent'",
        f"{side}_tiers": tiered,
        f"{side}_tiers_measure": tiered,
        f"{side}_tiers_period": tiered,
        f"{side}_tiers_reading": tiered,
        f"{side}_items": f"{kind} == 'per_product'",
        f"{side}_minimum": shares,
        f"{side}_maximum": shares,
    }


TIER = (
    Column("from", "From the n-th, or from", hint="1", decimal=True),
    Column("amount", "Amount", hint="5.00", decimal=True),
    Column("percent", "or %", hint="10", decimal=True),
)
ITEM = (
    Column("by", "Of", choices=(("category", "categories"), ("product", "products"))),
    Column("values", "Names or ids, with commas", hint="coffee, tea", wide=True),
    Column("percent", "%", hint="10", decimal=True),
    Column("amount", "or per piece", hint="2.00", decimal=True),
)
CAP = (
    Column("limit", "At most", hint="5", decimal=True),
    Column("measure", "of", choices=MEASURES),
    Column("period", "per", choices=PERIODS),
    Column("scope", "for", choices=SCOPES, wide=True),
    Column("side", "counting", choices=WHOSE, wide=True),
)
CURRENCY = (
    Column("currency", "Currency", hint="USD"),
    Column("minimum_order", "Minimum order", decimal=True),
    *(
        Column(f"{side}_{part}", f"{side.capitalize()}: {label}", decimal=True)
        for side in (words.ADVOCATE, words.FRIEND)
        for part, label in (("amount", "amount"), ("minimum", "at least"), ("maximum", "at most"))
    ),
)


def condition_columns():
    fields = [(name, field.label) for name, field in conditions.FIELDS.items()]
    kept = {key for keys in Program.objects.values_list("metadata_keys", flat=True) for key in keys}
    fields += [(f"{conditions.METADATA_PREFIX}{key}", f"Metadata: {key}") for key in sorted(kept)]
    return (
        Column("field", "If", choices=tuple(fields)),
        Column("op", "compared", choices=OPERATORS),
        Column("value", "Value; several with commas", hint="DE, AT", wide=True),
        Column("group", "counts", choices=GROUPS),
    )


def pools():
    """``[(pol_…, words)]`` of the pools that codes can be taken from."""
    try:
        pool = apps.get_model("rewards", "CouponPool")
    except LookupError:
        return []
    rows = pool.objects.select_related("program__storefront")
    return [
        (ids.encode("pol", row.public_id), f"{row.name} ({row.worth}), {choosing.called(row.program)}") for row in rows
    ]
