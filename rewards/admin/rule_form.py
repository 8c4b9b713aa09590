"""The form in which an admin writes a rule: money as money, percentages as percentages, saved as a new version."""

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property

from advocacy.models import Program
from advocacy.refusals import Refused
from rewards import recipes, rulebook
from rewards.admin import rule_fields as fields
from rewards.admin import rule_typing
from rewards.admin.rows import RowsField
from rewards.admin.rule_reading import Reading
from rewards.models import HoldFrom, MonthsFrom, Rule, RuleVersion

SOON, LATER, PAST = "soon", "later", "past"

Sides = type("Sides", (forms.Form,), {name: box for side in fields.SIDES for name, box in fields.of_side(side).items()})


class RuleForm(Sides, forms.ModelForm):
    """``terms``, ``starts_at`` and ``at`` are what ``rulebook.save`` takes, once the form is valid.

    A ``recipe`` in the initial values fills a new rule in.
    """

    trigger = fields.choice("It begins when", [], "What happens that earns it.")
    frequency = fields.choice("How often", fields.HOW_OFTEN)
    order_limit = fields.number(
        "At most so many times", "For each friend or person, such as 3. Empty: no end.", min_value=1, max_value=10_000
    )
    months_limit = fields.number(
        "For so many months", "Such as 12. Empty: as long as the friend buys.", min_value=1, max_value=120
    )
    months_from = fields.choice("Months count from when", MonthsFrom.choices, initial=MonthsFrom.FIRST_ORDER)
    milestone_every = fields.number("So many friends", "Such as 5.", min_value=1, max_value=10_000)
    milestone_repeats = fields.choice(
        "And then", [("repeats", "again for every further so many"), ("once", "never again")]
    )
    minimum_order = fields.text(
        "Minimum order",
        "The goods before any discount must reach this, so the friend’s own offer cannot push an order "
        "below it. Empty: any order counts.",
    )
    conditions_how = fields.choice(
        "Together", [("all", "All of these must hold"), ("any", "One of these is enough")], initial="all"
    )
    conditions = RowsField(
        (),
        add="Add a condition",
        label="Conditions",
        help_text="Money as 20.00, several values with commas, yes or no for what is or is not. Rows of one group "
        "stand together: with “all”, one of the group is enough; with “one”, all of the group must hold.",
    )
    hold_days = fields.number(
        "Wait",
        "Days until it is credited; at least as long as goods may be returned. 0: no wait.",
        initial=14,
        min_value=0,
        max_value=365,
        required=True,
    )
    hold_from = fields.choice("Counted from", HoldFrom.choices, initial=HoldFrom.DELIVERY)
    delivery_allowance_days = fields.number(
        "Delivery takes",
        "Days from the payment to the delivery, for orders of which no delivery is told. Digital goods wait for none.",
        initial=7,
        min_value=0,
        max_value=90,
    )
    digital_at_once = fields.choice(
        "Digital goods",
        fields.DIGITAL,
        "An order of which nothing is to be sent. One that has anything to send waits as a whole.",
        initial=fields.AT_ONCE,
    )
    expires_days = fields.number(
        "It expires after",
        "Days; what is not spent by then is gone, after a reminder. Empty: never.",
        min_value=1,
        max_value=3650,
    )
    caps = RowsField(
        fields.CAP,
        add="Add a limit",
        label="Limits",
        help_text="A number of rewards or an amount, by the day, week, month or year of the program’s zone. “All "
        "together” is a budget: when it is used up, the rule pays nothing until the next period. A number of what both "
        "get counts an order once.",
    )
    per_currency = RowsField(
        fields.CURRENCY,
        add="Add a currency",
        label="Amounts in other currencies",
        help_text="Orders in these currencies get these amounts; all others are converted at the day’s rate.",
    )
    priority = fields.number(
        "Priority",
        "Higher goes first. With the same priority whoever gets more, then the older rule.",
        min_value=-1000,
        max_value=1000,
    )
    exclusive_group = fields.text(
        "Group",
        "A short name, such as boost. Of all rules of one group only one pays each person; rules without a "
        "group add up.",
        decimal=False,
    )
    when = fields.choice("It starts", [])
    starts_at = fields.moment("Start", "What happens from then on follows this version.")
    ends_at = fields.moment("It ends", "Empty: open end. The moment itself is not included.")
    confirmed = forms.BooleanField(required=False)
    replaces = forms.BooleanField(required=False)

    class Meta:
        model = Rule
        fields = ["program", "name"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.latest = rulebook.newest(self.instance) if self.instance.pk else None
        self.fields["when"].choices = _starts(first=self.latest is None)
        self.fields["trigger"].choices = fields.triggers()
        self.fields["conditions"].offer(fields.condition_columns())
        recipe = recipes.RECIPES.get(self.initial.get("recipe"))
        if self.latest:
            self.initial |= _shown(self.latest, self.currency())
        elif recipe:
            draft = recipe.terms(at=timezone.now(), zone=self.zone())
            self.initial |= {"name": recipe.name} | rule_typing.typed(draft, self.currency())
        self._offer_pools()
        for name in ("starts_at", "ends_at"):
            self.fields[name].in_zone(self.zone())

    def currency(self):
        return self._program().currency

    def zone(self):
        return self._program().time_zone

    def planned(self):
        """The RuleVersion that waits for its start, which an edit can only replace or follow; or None."""
        rule = self.instance
        return rulebook.planned(rule=rule, at=timezone.now()).last() if rule.pk else None

    def begins_in_the_past(self):
        """The moment from which it would also decide what happened before it was saved; or None."""
        begins = self.cleaned_data.get("starts_at") if self.cleaned_data.get("when") == PAST else None
        return begins if begins and begins < self.at else None

    def _program(self):
        if self.instance.program_id:
            return self.instance.program
        return self._chosen or Program(currency="EUR", time_zone="UTC")

    @cached_property
    def _chosen(self):
        asked = str(self.data.get(self.add_prefix("program"), "") if self.is_bound else self.initial.get("program", ""))
        return Program.objects.filter(pk=asked).first() if asked.isdecimal() else None

    def _offer_pools(self):
        """All pools, and the one that the rule names already."""
        known = fields.pools()
        for side in fields.SIDES:
            mine = self.initial.get(f"{side}_pool")
            more = [(mine, mine)] if mine and mine not in dict(known) else []
            self.fields[f"{side}_pool"].choices = [("", "Choose a pool"), *known, *more]

    def clean(self):
        cleaned = super().clean()
        self.at = timezone.now()
        self.terms = Reading(cleaned=cleaned, currency=self.currency(), blame=self.add_error).terms()
        self.starts_at = self._starts_at(cleaned)
        if not self.errors:
            self._try()
        self.warnings = [] if self.errors else rulebook.warnings(program=self._program(), terms=self.terms)
        if any(warned.dangerous for warned in self.warnings) and not cleaned.get("confirmed"):
            self.add_error(None, "Read the warning above, and confirm there that this is meant.")
        return cleaned

    def save_version(self, rule=None):
        return rulebook.save(
            program=self.cleaned_data.get("program") or self.instance.program,
            rule=rule,
            name=self.cleaned_data["name"],
            terms=self.terms,
            starts_at=self.starts_at,
            from_the_past=self.cleaned_data["when"] == PAST,
            replace=self.cleaned_data["replaces"],
            accepted=bool(self.cleaned_data.get("confirmed")),
            at=self.at,
        )

    def version(self):
        """The version as it would be saved, for its sentence; None while the form says too little."""
        if not self.terms["benefits"] or any(_is_said(name) for name in self.errors):
            return None
        return RuleVersion(rule=Rule(program=self._program(), name=self.cleaned_data.get("name", "")), **self.terms)

    def _starts_at(self, cleaned):
        when, starts_at = cleaned.get("when"), cleaned.get("starts_at")
        if when not in (LATER, PAST):
            return None
        if starts_at is None and "starts_at" not in self.errors:
            self.add_error("starts_at", "Choose the day and time.")
        elif when == PAST and starts_at and starts_at > self.at:
            self.add_error("starts_at", "This time is still to come; choose “at a later time” above.")
        return starts_at

    def _try(self):
        """Ask the rulebook whether it would take this, so that its own words stand at the fields."""
        rule, program = (self.instance if self.instance.pk else None), self._program()
        try:
            rulebook.check(program=program, rule=rule, terms=self.terms)
            starts_at = rulebook.start(
                program,
                rule=rule,
                at=self.at,
                starts_at=self.starts_at,
                from_the_past=self.cleaned_data.get("when") == PAST,
                replace=self.cleaned_data.get("replaces", False),
            )
            rulebook.check_end(self.terms, starts_at)
        except Refused as refused:
            self._blame(refused)

    def _blame(self, refused):
        """At the box it is about; of a start whose box is not shown at the choice above it, which always is."""
        hidden = self.cleaned_data.get("when") not in (LATER, PAST)
        for column, sentence in (refused.errors or {None: refused.message}).items():
            box = self._box(column or "")
            self.add_error("when" if box == "starts_at" and hidden else box, sentence)

    def _box(self, column):
        name = column.removesuffix("_minor").removesuffix("_bp")
        name = "advocate_kind" if name == "benefits" else name
        return name if name in self.fields else None


def _is_said(name):
    """Whether the sentence tells of this box; it needs no pool."""
    return name and name.startswith(_SAYS) and not name.endswith("_pool")


_SAYS = (*(f"{side}_" for side in fields.SIDES), "caps", "conditions", "per_currency")


def _starts(*, first):
    choices = [(SOON, "10 seconds after it is saved"), (LATER, "At a later time")]
    return [*choices, (PAST, "From a time in the past: what happened since then counts too")] if first else choices


def _shown(version, currency):
    ended = version.ends_at and version.ends_at <= timezone.now()
    return rule_typing.typed(rulebook.terms_of(version), currency) | ({"ends_at": None} if ended else {})
