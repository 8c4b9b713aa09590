"""What is to be decided: from events to subjects, locked, with their first facts and what earlier settlings left."""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from advocacy.models import Advocate, Event, Program, bulk
from rewards import locks, rates, rules, verdicts
from rewards.models import CONVERSION_TRIGGER, Decision, Reward, Subject
from rewards.settlement import together

CONVERSION = "conversion"


@dataclass(slots=True)
class Case:
    """One subject in a settling. ``event``: its newest here, None for a derived subject; ``version``: its facts'."""

    subject: Subject
    event: Event | None
    version: int
    facts: dict
    first_facts: dict
    who: dict = field(default_factory=dict)  # scope → UUID
    others: dict = field(default_factory=dict)  # scope → further UUIDs of the same person
    kept_facts: dict | None = None  # what its decision must keep, because no event holds it
    terms: list = field(default_factory=list)
    rewards: dict = field(default_factory=dict)  # (rule, side) → Reward
    earlier: dict = field(default_factory=dict)  # rule → what its last decision said
    question: rules.Question | None = None
    verdicts: list = field(default_factory=list)
    # Of a correction: its public id, the Terms that decide it instead of their rule's, what becomes of what was spent.
    correction: UUID | None = None
    instead: rules.Terms | None = None
    waives: bool = False

    @property
    def first(self):
        return self.subject.decisions_made == 0

    @property
    def anew(self):
        """The rules that a correction decides anew: its own, and its rivals, as another of them may win now."""
        mine = self.instead
        group = mine.exclusive_group
        return {mine.rule} | {terms.rule for terms in self.terms if group and terms.exclusive_group == group}


def of_events(events, rule_book):
    """The Cases of these events, locked, in event order; none for what nobody has a rule for."""
    newest, began = _newest(events)
    rows, origins = _subjects(newest, began, rule_book)
    if not rows:
        return []
    locked = locks.subjects(rows=rows)
    people = _People(locked.values())
    cases = []
    for (program, trigger, fact), subject in locked.items():
        event = newest[fact]
        # Somebody settled a newer state of it meanwhile: nothing to do for an older one.
        if event.version > subject.settled_version:
            first = origins[program, trigger, fact]
            cases.append(_case(subject, event, first, people))
    cases.sort(key=lambda case: case.event.pk)
    return cases


def _newest(events):
    """``({fact: its newest event}, {fact: {types}})``."""
    newest, began = {}, {}
    for event in events:
        began.setdefault(event.subject_id, set()).add(event.type)
        known = newest.get(event.subject_id)
        if known is None or event.version > known.version:
            newest[event.subject_id] = event
    return newest, began


def _subjects(newest, began, rule_book):
    """The rows of the subjects to settle, and each one's first event by (program, trigger, fact)."""
    wanted = {}
    others = []
    for fact, event in newest.items():
        if event.subject_kind == CONVERSION:
            wanted[event.program_id, CONVERSION_TRIGGER, fact] = event
            continue
        if event.version > 1:
            others.append(fact)
        # A storefront's event without a program is asked of each of its programs.
        for program, trigger in rule_book.triggers(event.storefront_id):
            if trigger in began[fact] and event.program_id in (None, program):
                wanted[program, trigger, fact] = event
    # Of what has just begun, nothing is known by another trigger.
    for subject in Subject.objects.filter(public_id__in=others) if others else ():
        event = newest[subject.public_id]
        if event.storefront_id == subject.storefront_id:
            wanted.setdefault((subject.program_id, subject.trigger, subject.public_id), event)
    firsts = _firsts(wanted)
    rows = [
        bulk.made(
            Subject,
            storefront_id=event.storefront_id,
            program_id=program,
            trigger=trigger,
            kind=event.subject_kind,
            public_id=fact,
            advocate_id=event.advocate_id,
            friend_id=event.friend_id,
            customer_id=event.customer_id,
            occurred_at=firsts[program, trigger, fact].occurred_at,
        )
        for (program, trigger, fact), event in wanted.items()
    ]
    return rows, firsts


def _firsts(wanted):
    """The event that each subject began with; whatever came since, it is judged by that."""
    firsts, later = {}, {}
    for key, event in wanted.items():
        if event.type == key[1] and event.version == 1:
            firsts[key] = event
        else:
            later.setdefault(key[2], []).append(key)
    if later:
        began = Event.objects.filter(subject_id__in=list(later), type__in={key[1] for key in wanted})
        for event in began.order_by("version"):
            for key in later[event.subject_id]:
                if key[1] == event.type:
                    firsts.setdefault(key, event)
    return firsts


# Plain statements: settling a few orders took a quarter of its time for the compiler of these querysets.
_CUSTOMERS = "SELECT id, public_id, merged_into_id, absorbed FROM advocacy_customer WHERE id = ANY(%s)"


def _by_id(model, ids):
    return {row.pk: row for row in bulk.fetch(model, "WHERE id = ANY(%s)", [list(ids)])} if ids else {}


class _People:
    """Who the subjects are about, by their ids: advocates and programs as rows, customers as their public ids."""

    def __init__(self, subjects):
        subjects = list(subjects)
        self.programs = _by_id(Program, {subject.program_id for subject in subjects})
        self.advocates = _by_id(Advocate, {subject.advocate_id for subject in subjects} - {None})
        customers = {subject.friend_id for subject in subjects} | {subject.customer_id for subject in subjects}
        customers |= {advocate.customer_id for advocate in self.advocates.values()}
        self.customers, merged = {}, {}
        with connection.cursor() as cursor:
            cursor.execute(_CUSTOMERS, [list(customers - {None})])
            known = cursor.fetchall()
        for pk, public_id, into, absorbed in known:
            self.customers[pk] = public_id
            if into or absorbed:
                merged[pk] = into or public_id
        for subject in subjects:
            self.introduce(subject)
        self.others = together.of(subjects, self.who, known=merged)

    def introduce(self, subject):
        """Give the subject its program and advocate without a query each."""
        subject.program = self.programs[subject.program_id]
        subject.advocate = self.advocates.get(subject.advocate_id)

    def who(self, subject):
        """``{scope: UUID}``: whose counters it fills. Where nobody advocates, the customer stands for both."""
        own = self.customers.get(subject.friend_id or subject.customer_id)
        mine = subject.advocate.public_id if subject.advocate else own
        own = own or mine
        return {"advocate": mine, "friend": own, "pair": together.pair(mine, own), "program": subject.program.public_id}


def _case(subject, event, first, people):
    facts, first_facts, kept = event.facts, first.facts, None
    if subject.kind != CONVERSION:
        standing = _standing(event, subject)
        facts, first_facts = standing | facts, standing | first_facts
        kept = facts
    others = people.others.get(subject.pk, {})
    return Case(subject, event, event.version, facts, first_facts, people.who(subject), others, kept)


def of_subjects(subjects):
    """The Cases of these subjects, which the caller has locked, as they were last settled, in their order.

    Not for what is derived.
    """
    people, cases = _People(subjects), []
    events = {}
    for event in Event.objects.filter(subject_id__in=[row.public_id for row in subjects]).order_by("version"):
        events.setdefault((event.storefront_id, event.subject_id), []).append(event)
    standing = _first_standing(subjects)
    for subject in subjects:
        mine = events[subject.storefront_id, subject.public_id]
        event = next(event for event in mine if event.version == subject.settled_version)
        case = _case(subject, event, next(one for one in mine if one.type == subject.trigger), people)
        if kept := standing.get(subject.pk):
            case.facts, case.first_facts = case.facts | kept, case.first_facts | kept
            case.kept_facts = case.facts
        cases.append(case)
    return cases


def _first_standing(subjects):
    """How program and advocate stood when it was first decided, where no event says so, by subject."""
    first = Decision.objects.filter(subject__in=[row.pk for row in subjects], number=1, facts__isnull=False)
    names = ("program_status", "advocate_status")
    return {one.subject_id: {name: one.facts[name] for name in names} for one in first}


def _standing(event, subject):
    """A conversion's facts carry how program and advocate stood; of other facts it is asked when they are settled."""
    return {
        "program_status": str(subject.program.status_at(event.occurred_at)),
        "advocate_status": str(subject.advocate.status) if subject.advocate else "active",
    }


def read(cases, rule_book, *, for_good=True):
    """Give each case its terms, its question, and what earlier settlings left.

    Not ``for_good``: nothing is decided by it, so it writes nothing.
    """
    _read_what_was(cases)
    for case in cases:
        case.terms = _terms(case, rule_book)
    found = rates.Rates(wanted={wish for case in cases for wish in _rates_wanted(case)})
    for case in cases:
        case.question = _question(case, found)
    if for_good:
        found.note_use()


def _terms(case, rule_book):
    """Those in force when it first occurred; a version that decided before goes on, whatever became of its dates."""
    subject = case.subject
    in_force = rule_book.in_force(subject.program_id, subject.trigger, subject.occurred_at)
    if case.first:
        return in_force
    before = [rule_book.terms(said["version"], subject.occurred_at) for said in case.earlier.values()]
    if case.instead:
        before = [case.instead if terms.rule == case.instead.rule else terms for terms in before]
    return sorted(
        [*before, *(terms for terms in in_force if terms.rule not in case.earlier)], key=lambda terms: terms.rule
    )


def _read_what_was(cases):
    again = {case.subject.pk: case for case in cases if not case.first}
    if not again:
        return
    for reward in Reward.objects.filter(subject__in=list(again)).select_related("rule", "rule_version", "advocate"):
        case = again[reward.subject_id]
        reward.subject = case.subject
        case.rewards[reward.rule_id, reward.side] = reward
    last = Decision.objects.filter(subject__in=list(again)).order_by("subject_id", "-number").distinct("subject_id")
    for decision in last:
        again[decision.subject_id].earlier = {said["rule"]: said for said in decision.verdicts}


def _rates_wanted(case):
    currency = case.first_facts.get("currency")
    for terms in case.terms:
        if currency and currency != terms.unit and currency not in terms.per_currency:
            yield case.subject.storefront_id, currency, terms.unit, rates.day_of(case.subject.occurred_at, terms.zone)


def _question(case, found):
    subject = case.subject
    recipients = {"advocate": subject.advocate_id, "friend": subject.friend_id, "customer": subject.customer_id}
    return rules.Question(
        facts=case.facts,
        first=case.first_facts,
        moment=subject.occurred_at,
        who=case.who,
        sides=tuple([side for side, row in recipients.items() if row]),
        before=None if case.first else _before(case),
        rates=_rates(case, found),
        others=case.others,
    )


def _before(case):
    before = {rule: verdicts.earlier(said) for rule, said in case.earlier.items()}
    for rule in case.anew & before.keys() if case.instead else ():
        before[rule].again = True
    return before


def _rates(case, found):
    known = {
        currency: found.on(storefront=storefront, currency=currency, target=target, day=day)
        for storefront, currency, target, day in _rates_wanted(case)
    }
    return {currency: rate for currency, rate in known.items() if rate}
