"""A rule version as far as deciding needs it: frozen, and compiled once for many decisions. Pure."""

from dataclasses import dataclass, field, replace

from advocacy import conditions, money
from rewards.rules.periods import ALL

ADVOCATE, FRIEND, CUSTOMER = "advocate", "friend", "customer"
SIDES = (ADVOCATE, FRIEND, CUSTOMER)
FIRST_ORDER, EVERY_ORDER = "first_order", "every_order"
FIXED, PERCENT, TIERED, PER_PRODUCT = KINDS = ("fixed", "percent", "tiered", "per_product")
CREDIT, POINTS, COUPON, GIFT_CARD, CASH, CUSTOM = FORMS = ("credit", "points", "coupon", "gift_card", "cash", "custom")
# A code or a thing of one's own cannot be given by halves.
WHOLE_FORMS = frozenset((COUPON, GIFT_CARD, CUSTOM))
SCOPES = ("advocate", "friend", "pair", "program")
COUNT, AMOUNT, REVENUE = "count", "amount", "revenue"
MARGINAL, WHOLE = "marginal", "whole"
# "The first order" is a cap of one use per friend, for all time; of a milestone it counts the orders that stand.
ONCE = "once/friend"
# Those of a milestone's orders whose review is not over.
ONCE_HELD = "once/friend/held"
# The friends who have an order that stands, and those of them who have none that no review may take away.
FRIENDS = "friends"
HELD = "friends/held"
# How far an advocate came in the period of a rule's tiers.
TIER = "tier/"


@dataclass(frozen=True, slots=True)
class Step:
    """From this position on (the how-manieth conversion, or so much revenue) a tier pays this."""

    start: int
    amount_minor: int = 0
    percent_bp: int = 0


@dataclass(frozen=True, slots=True)
class Tiers:
    """``measure`` conversions or revenue of the advocate in a ``period`` (month, year, all).

    ``reading`` marginal: each conversion by the tier reached with it. Whole: at the period's end all of the period's
    conversions are raised to the tier reached then, by one top-up.
    """

    measure: str
    period: str
    reading: str
    steps: tuple

    @property
    def meter(self):
        return f"{TIER}{self.measure}"

    def reached(self, position):
        """The Step at this position, or None below the first."""
        found = None
        for step in self.steps:
            if position < step.start:
                break
            found = step
        return found


@dataclass(frozen=True, slots=True)
class Item:
    """What lines of these products, or of these categories, pay: a percentage of the line, or so much per piece."""

    by: str
    values: frozenset
    amount_minor: int = 0
    percent_bp: int = 0

    def matches(self, line):
        if self.by == "category":
            return line.get("category") in self.values
        return not self.values.isdisjoint((line.get("product"), line.get("variant"), line.get("sku")))


@dataclass(frozen=True, slots=True)
class Benefit:
    """What one side gets. Amounts are minor units of ``unit``; minimum and maximum are per reward, None is without."""

    kind: str = FIXED
    form: str = CREDIT
    unit: str = ""
    amount_minor: int = 0
    percent_bp: int = 0
    minimum_minor: int | None = None
    maximum_minor: int | None = None
    tiers: Tiers | None = None
    items: tuple = ()
    pool: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """Something a rule counts, in a Counter: ``cap`` names it, ``scope`` says whose, ``limit`` None only counts.

    ``measure``: count (1 for a conversion that pays), amount (what is owed to ``sides``), revenue (of the order).
    ``refuses``: without room the rule gives nothing to anybody; a cap of one of two sides takes only that side's.
    """

    cap: str
    scope: str
    period: str
    measure: str
    limit: int | None
    sides: tuple
    reason: str
    refuses: bool = True


@dataclass(frozen=True, slots=True)
class Amounts:
    """Minimum and benefits in one currency."""

    unit: str
    minimum_order_minor: int
    benefits: dict


@dataclass(frozen=True)
class Terms:
    """One rule version. ``rule`` and ``version`` are the database's ids; ``unit`` is the program's currency."""

    rule: int
    version: int
    number: int
    name: str
    unit: str
    zone: str = "UTC"
    points_per_unit: int | None = None
    frequency: str = FIRST_ORDER
    order_limit: int | None = None
    months_limit: int | None = None
    months_from: str = "first_order"
    milestone_every: int | None = None
    milestone_repeats: bool = True
    conditions: list | dict = field(default_factory=list)
    amounts: Amounts | None = None
    per_currency: dict = field(default_factory=dict)
    caps: tuple = ()
    hold_days: int = 0
    hold_from: str = "payment"
    delivery_allowance_days: int = 7
    digital_at_once: bool = True
    expires_days: int | None = None
    priority: int = 0
    exclusive_group: str = ""
    # Before the names of its caps: what is derived counts in counters of its own.
    derived: str = ""

    def __post_init__(self):
        object.__setattr__(self, "sides", tuple(side for side in SIDES if side in self.amounts.benefits))
        object.__setattr__(self, "questions", conditions.compile(self.conditions))
        object.__setattr__(self, "reads", conditions.reads(self.conditions))
        # What its conditions read → the no that this comes to.
        object.__setattr__(self, "refusals", {})
        object.__setattr__(self, "meters", tuple(self._meters()))
        # Steps of a milestone pay; its conversions are only counted.
        object.__setattr__(self, "pays", () if self.milestone_every else self.sides)

    def _meters(self):
        if self.milestone_every:
            # Of each advocate for themselves: by hand a friend may have been given to another.
            yield Meter(ONCE, "pair", ALL, COUNT, None, self.sides, "")
            yield Meter(ONCE_HELD, "pair", ALL, COUNT, None, self.sides, "")
            yield Meter(FRIENDS, "advocate", ALL, COUNT, None, self.sides, "")
            yield Meter(HELD, "advocate", ALL, COUNT, None, self.sides, "")
            return
        yield from self.order_meters()
        yield from self.cap_meters()
        yield from self._tier_meters()

    def order_meters(self):
        """The Meter of how many orders of a friend count, where not all do."""
        if self.frequency == FIRST_ORDER:
            yield Meter(ONCE, "friend", ALL, COUNT, 1, self.sides, "not_first_order")
        elif self.order_limit:
            yield Meter("orders/friend", "friend", ALL, COUNT, self.order_limit, self.sides, "limit_of_orders_reached")

    def cap_meters(self):
        """The Meters of the admin's caps and budgets; of a milestone they limit its steps."""
        for cap in self.caps:
            side = cap.get("side", "")
            budget = cap["scope"] == "program" and cap["measure"] == AMOUNT
            yield Meter(
                cap=f"{self.derived}{cap['measure']}/{cap['scope']}/{side}",
                scope=cap["scope"],
                period=cap["period"],
                measure=cap["measure"],
                limit=cap["limit"],
                sides=(side,) if side else self.sides,
                refuses=not side or self.sides == (side,),
                reason="budget_exhausted" if budget else "cap_reached",
            )

    def stepped(self):
        """The Terms of a milestone's steps: its conditions were asked of the conversions, its caps are of the steps."""
        own = replace(self.amounts, minimum_order_minor=0)
        plain = {"milestone_every": None, "frequency": EVERY_ORDER, "order_limit": None, "months_limit": None}
        return replace(self, **plain, conditions=[], amounts=own, derived="step/")

    def crossed(self, low, high):
        """``[k]``: the steps of this milestone that lie above ``low`` friends and at or below ``high``."""
        every = self.milestone_every
        last = high // every if self.milestone_repeats else min(high // every, 1)
        return range(low // every + 1, last + 1)

    def topping_up(self, side, amount_minor):
        """The Terms of a period's top-up: this amount, within the budgets that its conversions were paid from."""
        own = self.amounts.benefits[side]
        paid = Benefit(FIXED, own.form, own.unit, amount_minor)
        caps = tuple(cap for cap in self.caps if cap["measure"] == AMOUNT and cap["scope"] in (ADVOCATE, "program"))
        plain = {"frequency": EVERY_ORDER, "order_limit": None, "months_limit": None, "per_currency": {}}
        amounts = Amounts(own.unit, 0, {side: paid})
        return replace(self, **plain, conditions=[], caps=caps, amounts=amounts, exclusive_group="")

    def _tier_meters(self):
        tiers = {benefit.tiers.meter: benefit.tiers for benefit in self.amounts.benefits.values() if benefit.tiers}
        for name, each in tiers.items():
            measure = COUNT if each.measure == "conversions" else REVENUE
            yield Meter(name, "advocate", each.period, measure, None, self.sides, "")


def compiled(*, benefits, minimum_order_minor, per_currency, unit):
    """``(amounts, per_currency)`` of Terms from the stored JSON."""
    own = Amounts(unit, minimum_order_minor, {side: benefit(each, unit) for side, each in benefits.items()})
    return own, {
        currency: Amounts(
            currency,
            said.get("minimum_order_minor", 0),
            {side: benefit(each | said.get(side, {}), currency) for side, each in benefits.items()},
        )
        for currency, said in per_currency.items()
    }


def benefit(said, unit):
    """One Benefit from its stored JSON."""
    tiers, form = said.get("tiers"), said.get("form", CREDIT)
    return Benefit(
        kind=said.get("kind", FIXED),
        form=form,
        unit=money.POINTS if form == POINTS else unit,
        amount_minor=said.get("amount_minor", 0),
        percent_bp=said.get("percent_bp", 0),
        minimum_minor=said.get("minimum_minor"),
        maximum_minor=said.get("maximum_minor"),
        tiers=tiers and _tiers(tiers),
        items=tuple(_item(each) for each in said.get("items", ())),
        pool=said.get("pool", ""),
        label=said.get("label", ""),
    )


def _tiers(said):
    steps = sorted(said["steps"], key=lambda step: step["from"])
    return Tiers(
        said["measure"],
        said["period"],
        said.get("reading", MARGINAL),
        tuple(Step(step["from"], step.get("amount_minor", 0), step.get("percent_bp", 0)) for step in steps),
    )


def _item(said):
    return Item(said["by"], frozenset(said["values"]), said.get("amount_minor", 0), said.get("percent_bp", 0))
