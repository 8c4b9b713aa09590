"""What became of an advocate's conversions, as the advocate may know it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, Sum

from advocacy import money, persons
from advocacy.models import Side
from rewards import book, crediting, verdicts
from rewards.models import CONVERSION_TRIGGER, Counter, Decision, Reward, RewardStatus
from rewards.rules.terms import FRIENDS, ONCE
from rewards.settlement.milestones import STEP, reached
from rewards.settlement.shared_steps import thresholds


@dataclass(frozen=True)
class Earning:
    """One conversion's worth to its advocate.

    ``status``: pending, available, reversed, counted (towards a milestone),
    reached (it counted for a milestone's step that stands), none (decided: nothing) or undecided (also
    while an exchange rate is missing).
    ``amounts``: ``{unit: minor units}``. ``reasons`` are keys of ``advocacy.reasons`` for the advocate's text, with the
    rule's own numbers beside them in ``thresholds``.
    """

    status: str
    amounts: dict = field(default_factory=dict)
    due_at: datetime | None = None
    credited_at: datetime | None = None
    reasons: tuple = ()
    thresholds: dict | None = None
    # Due, and without a code while its pool is empty.
    waits_for_code: bool = False
    # Credited without a code: all of it pays off one that was used and whose reward was taken back.
    pays_off: bool = False
    # A part of what was spent or paid was let go by a correction.
    waived: bool = False


UNDECIDED, NONE, COUNTED, REACHED = "undecided", "none", "counted", "reached"


@dataclass(frozen=True)
class Progress:
    """How far an advocate is on the way to a milestone's next step, and what it gives: a Benefit."""

    friends: int
    threshold: int
    benefit: object


def milestones(*, advocate, at):
    """The Progress of each milestone in force that goes on; four queries."""
    in_force = map(book.terms_of, book.in_force_at(program=advocate.program, at=at).filter(milestone_every__gt=0))
    terms_of = {terms.rule: terms for terms in in_force if Side.ADVOCATE in terms.sides}
    names = [row.public_id for row in persons.records(advocate)] if terms_of else []
    counters = Counter.objects.filter(rule__in=terms_of, cap=FRIENDS, key__in=names)
    friends = dict(counters.order_by().values_list("rule").annotate(Sum("used")))
    steps = _steps(names, terms_of) if terms_of else {}
    found = []
    for rule, terms in terms_of.items():
        mine, known = friends.get(rule, 0), steps.get(rule, ())
        if threshold := _next_step(terms, mine, known):
            found.append(Progress(mine, threshold, terms.amounts.benefits[Side.ADVOCATE]))
    return found


def _steps(names, rules):
    """``{rule: thresholds}`` of the steps that were ever reached, by all names together."""
    if len(names) > 1:
        return thresholds(advocates=names, rules=rules)
    return {rule: known for (rule, _), known in reached(advocates=names, rules=rules).items()}


def _next_step(terms, friends, known):
    """At how many friends; None where it was once and does not come again. ``known``: the thresholds ever reached."""
    if lost := [threshold for threshold in known if threshold > friends]:
        return min(lost)
    if known and not terms.milestone_repeats:
        return None
    return max(max(known, default=0) + terms.milestone_every, friends + 1)


def by_conversion(*, advocate, conversions):
    """``{public id: Earning}`` for these conversions' public ids; two queries however many there are."""
    rewards = defaultdict(list)
    mine = Reward.objects.filter(
        advocate__in=persons.records(advocate).values("pk"),
        side=Side.ADVOCATE,
        subject__trigger=CONVERSION_TRIGGER,
        subject__public_id__in=conversions,
    ).select_related("subject", "advocate")
    for reward in mine:
        rewards[reward.subject.public_id].append(reward)
    decisions = _last_decisions(advocate, conversions)
    counted = any(map(_counted, decisions.values()))
    newest = _reached(advocate) if counted else {}
    return {each: _earning(rewards.get(each, []), decisions.get(each), newest) for each in conversions}


def _reached(advocate):
    """``{rule: when the order was placed that reached its newest step}``, of the steps that stand."""
    steps = Reward.objects.filter(
        advocate__in=persons.records(advocate).values("pk"), side=Side.ADVOCATE, subject__trigger=STEP
    )
    steps = steps.exclude(status=RewardStatus.REVERSED)
    moments = steps.values_list("rule").annotate(at=Max("subject__occurred_at"))
    return dict(moments.order_by())


def _last_decisions(advocate, conversions):
    rows = (
        Decision.objects.filter(
            subject__storefront=advocate.storefront_id,
            subject__trigger=CONVERSION_TRIGGER,
            subject__public_id__in=conversions,
        )
        .order_by("subject_id", "-number")
        .distinct("subject_id")
        .select_related("subject")
    )
    return {row.subject.public_id: row for row in rows}


def _earning(rewards, decision, newest):
    if decision is None:
        return Earning(UNDECIDED)
    if not rewards and any(said.get("waits") for said in decision.verdicts):
        return Earning(UNDECIDED)
    kept = [reward for reward in rewards if reward.status != RewardStatus.REVERSED]
    if not kept:
        status = RewardStatus.REVERSED.value if rewards else _towards(decision, newest) if _counted(decision) else NONE
        return Earning(status, reasons=_reasons(decision), thresholds=_thresholds(decision))
    waiting = [reward for reward in kept if reward.status == RewardStatus.PENDING]
    held = tuple(dict.fromkeys(reward.held_by for reward in waiting if reward.held_by))
    return Earning(
        status=(RewardStatus.PENDING if waiting else RewardStatus.AVAILABLE).value,
        amounts=_amounts(kept),
        due_at=None if held or not waiting else max(reward.due_at for reward in waiting),
        credited_at=max((reward.credited_at for reward in kept if reward.credited_at), default=None),
        reasons=tuple(dict.fromkeys(held + _reasons(decision))),
        thresholds=_thresholds(decision),
        waits_for_code=any(reward.waits_for_code for reward in waiting),
        pays_off=not waiting and all(reward.waits_for_code and reward.available_minor > 0 for reward in kept),
        waived=any(reward.waived_minor for reward in kept),
    )


def _amounts(rewards):
    amounts = defaultdict(int)
    for reward in rewards:
        amounts[reward.unit] += crediting.held(reward)
    return dict(amounts)


def _counted(decision):
    """Without a reward of its own, what counts an order of its friend is a milestone."""
    return any(cap == ONCE for said in decision.verdicts for cap, *_ in said.get("uses", ()))


def _towards(decision, newest):
    """Whether each step that it counts for was reached by it or after it."""
    rules = [said["rule"] for said in decision.verdicts for cap, *_ in said.get("uses", ()) if cap == ONCE]
    at = decision.subject.occurred_at
    return REACHED if all(rule in newest and at <= newest[rule] for rule in rules) else COUNTED


# What another order of the same friend can meet, and what comes back with the next day, month or year. Whatever else
# speaks against a rule stays.
_NEXT_ORDER = {
    *("below_minimum", "above_maximum", "wrong_currency", "product_excluded", "coupon_not_used", "country_excluded"),
    *("metadata_mismatch", "first_order_excluded", "too_few_orders", "too_soon_after_signup", "zero_amount"),
}
_NEXT_PERIOD = {"cap_reached", "budget_exhausted"}


def _reasons(decision):
    """Each key once. Of a rule what stays leads, for then a better order does not help; of several rules leads what was
    granted, then the one that is nearest to paying.
    """
    if not decision.verdicts:
        return ("rule_not_in_force",)
    told = [
        (not verdict["granted"].get(Side.ADVOCATE.value), _obstacle(keys[0]), keys)
        for verdict in verdicts.read(decision.verdicts)
        if (keys := sorted(verdict["reasons"].get(Side.ADVOCATE.value, ()), key=_obstacle, reverse=True))
    ]
    return tuple(dict.fromkeys(key for *_, keys in sorted(told, key=lambda one: one[:2]) for key in keys))


def _obstacle(key):
    return 0 if key in _NEXT_ORDER else 1 if key in _NEXT_PERIOD else 2


def _thresholds(decision):
    """``{reason key: (threshold, unit)}`` of the checks that failed: the program's numbers, none of the friend's.

    Of several rules the nearest to paying; of a rule the most, which an order must meet.
    """
    found = {}
    for verdict in verdicts.read(decision.verdicts):
        for key, numbers in _failed(verdict).items():
            nearest = max if key == "above_maximum" else min
            found[key] = nearest(found.get(key, numbers), numbers)
    return found


def _failed(verdict):
    unit = verdict["units"].get(Side.ADVOCATE.value, verdict["unit"])
    unit = verdict["unit"] if unit == money.POINTS else unit
    found = {}
    for check in _single(verdict["checks"]):
        if not check["passed"] and isinstance(check["threshold"], int | float):
            key = check["reason"]
            found[key] = max(found.get(key, (check["threshold"], unit)), (check["threshold"], unit))
    return found


def _single(checks):
    for check in checks:
        if check.get("parts"):
            yield from _single(check["parts"])
        else:
            yield check
