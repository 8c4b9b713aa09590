"""Subjects that follow from others' decisions: a milestone's step, the top-up of an advocate's period.

Whoever makes or changes one holds the counter that it follows from. A row that somebody else works on just now is not
waited for, because the counters are locked already: the settling is interrupted and repeated (see ``locks``).
"""

import uuid

from advocacy.models import bulk
from rewards import locks, rules, verdicts
from rewards.models import Decision, Reward, Subject
from rewards.settlement import together
from rewards.settlement.cases import Case

# The trigger of a milestone's steps.
STEP = "milestone"
_SPACE = uuid.UUID("0190f5fe-7c00-7a00-8000-000000000001")


def public_id(*parts):
    """The same for the same parts, for ever: a rule's, an advocate's, and which step or period."""
    return uuid.uuid5(_SPACE, "/".join(map(str, parts)))


def known(public_ids):
    """``{public id: Case}`` of those that exist, locked; facts are what their last decision kept."""
    return {case.subject.public_id: case for case in read(locks.derived(public_ids=public_ids))}


def read(rows):
    """Cases of these locked Subjects, with what was decided and granted before."""
    others = together.of(rows, who)
    cases = {row.pk: Case(row, None, row.settled_version + 1, {}, {}, who(row), others.get(row.pk, {})) for row in rows}
    rewards = Reward.objects.filter(subject__in=list(cases)).select_related("rule", "rule_version", "advocate")
    for reward in rewards:
        case = cases[reward.subject_id]
        reward.subject = case.subject
        case.rewards[reward.rule_id, reward.side] = reward
    decisions = Decision.objects.filter(subject__in=list(cases)).order_by("subject_id", "number")
    for decision in decisions:
        case = cases[decision.subject_id]
        case.first_facts = case.first_facts or decision.facts
        case.facts, case.earlier = decision.facts, {said["rule"]: said for said in decision.verdicts}
    return list(cases.values())


def who(subject):
    """``{scope: UUID}``: whose counters it fills; no friend has part in it."""
    mine = subject.advocate.public_id
    return {"advocate": mine, "friend": mine, "pair": mine, "program": subject.program.public_id}


def made(rows):
    """New Cases of these Subjects, whose facts are still to be given."""
    rows = list(bulk.insert(rows))
    others = together.of(rows, who)
    return [Case(row, None, 1, {}, {}, who(row), others.get(row.pk, {})) for row in rows]


def row(*, trigger, key, like):
    """An unsaved Subject of an advocate; ``like``: the Case that it follows from, by whose time it is judged."""
    subject = like.subject
    return Subject(
        storefront_id=subject.storefront_id,
        program=subject.program,
        trigger=trigger,
        kind=trigger,
        public_id=key,
        advocate=subject.advocate,
        customer_id=subject.advocate.customer_id,
        occurred_at=subject.occurred_at,
    )


def ask(case, terms, facts, *, again=False):
    """Give the Case its question: these Terms on these facts, for the advocate. ``again`` makes its grant anew."""
    before = None if case.first else {rule: verdicts.earlier(said) for rule, said in case.earlier.items()}
    for earlier in (before or {}).values():
        earlier.again = again
    case.terms, case.facts, case.kept_facts = [terms], facts, facts
    case.first_facts = case.first_facts or facts
    case.question = rules.Question(
        facts=facts,
        first=case.first_facts,
        moment=case.subject.occurred_at,
        who=case.who,
        sides=("advocate",),
        before=before,
        others=case.others,
    )
    return case
