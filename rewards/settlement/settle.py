"""Settle subjects: read, decide under the locks, write the decision, post the difference.

A first conversion, a refund, a rejection, its reversal and a replay are the same call. A settling that finds nothing
new posts nothing.
"""

from advocacy.models import bulk
from rewards import book, crediting, locks, rules, verdicts
from rewards.models import Counter, Decision
from rewards.settlement import budgets, cases, grants, milestones, tiers


def settle(*, events, at):
    """Settle the subjects of these events. The handler of lane ``money``; runs in the caller's transaction."""
    locks.deciding(storefronts={event.storefront_id for event in events})
    settle_events(events=events, at=at)


def settle_events(*, events, at):
    """The same where nobody else decides, as in a rebuild, which is long and whose rows nobody else sees."""
    rule_book = book.of_storefronts({event.storefront_id for event in events})
    decide(cases.of_events(events, rule_book), rule_book, at=at)


def again(*, found, rule_book, at):
    """Settle these Cases, which the caller has locked, as they are: corrections and what waited for something."""
    decide(found, rule_book, at=at)


def decide(found, rule_book, *, at):
    """Decide these locked Cases in their order, and what is derived from them."""
    if not found:
        return
    cases.read(found, rule_book)
    used = _ask(found)
    tiers.reopen(found)
    steps = milestones.steps(found, rule_book, used)
    _ask(steps)
    _conclude([*found, *steps], rule_book, at)


def conclude(*, found, rule_book, at):
    """Decide and settle what is derived and has its question, on subjects and counters that the caller has locked."""
    if found:
        _ask(found)
        _conclude(found, rule_book, at)


def _conclude(found, rule_book, at):
    _write_decisions(found, at)
    crediting.bring(grants.targets(found, rule_book, at), at=at)
    budgets.warn(found, at=at)


def _ask(found):
    """Ask the rules, each subject with the counters as the ones before it left them."""
    counters = locks.counters(keys=counters_of(found))
    used = {key: number for key, (_, number) in counters.items()}
    answer(found, used)
    _store(counters, used)
    return used


def answer(found, used):
    """Give the Cases their verdicts, one after the other; ``used`` goes on with them. Changes nothing else."""
    start = dict(used)
    for case in found:
        case.verdicts = rules.decide(case.question, case.terms, used=used, start=start)
        for verdict in case.verdicts:
            if verdict.uses or case.question.before:
                _count(case, verdict, used)


def counters_of(found):
    """The keys of the counters that these Cases read, and of those that what is made anew had used before."""
    keys = {(terms.rule, *key) for case in found for terms in case.terms for key in rules.keys(case.question, terms)}
    for case in found:
        for rule, earlier in (case.question.before or {}).items():
            if earlier.again:
                keys |= {(rule, *key) for key in earlier.uses}
    return keys


def _count(case, verdict, used):
    rule = verdict.terms.rule
    before = (case.question.before or {}).get(rule)
    old = before.uses if before else {}
    for key in {*old, *verdict.uses}:
        place = (rule, *key)
        used[place] = used.get(place, 0) + verdict.uses.get(key, 0) - old.get(key, 0)


def _store(counters, used):
    changed = [(counters[key][0], number) for key, number in used.items() if counters[key][1] != number]
    bulk.update([bulk.made(Counter, id=pk, used=number) for pk, number in changed], ("used",))


def _waits_for(case):
    """Such as “rate_missing USD”: all rules of a program wait for the same rate."""
    waits = any(verdict.waits for verdict in case.verdicts)
    return f"{rules.RATE_MISSING} {case.first_facts['currency']}" if waits else ""


def _write_decisions(found, at):
    for case in found:
        case.subject.decisions_made += 1
        case.subject.settled_version = case.version
        case.subject.waits_for = _waits_for(case)
    bulk.insert(
        bulk.made(
            Decision,
            subject=case.subject,
            number=case.subject.decisions_made,
            version=case.version,
            verdicts=[verdicts.written(verdict) for verdict in case.verdicts],
            facts=case.kept_facts,
            correction=case.correction,
            decided_at=at,
        )
        for case in found
    )
    bulk.update([case.subject for case in found], ("settled_version", "decisions_made", "waits_for"))
