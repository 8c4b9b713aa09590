"""Close periods that are over: pay the top-ups of tiers that are read as a whole. One transaction a batch."""

from datetime import timedelta

from django.db.models import Q, prefetch_related_objects
from django.db.models.functions import Length

from advocacy import reckonings
from advocacy.models import Advocate
from advocacy.periodic import alone
from rewards import book, locks, rules
from rewards.models import Counter, RuleVersion, Subject
from rewards.rules import periods
from rewards.rules.terms import ADVOCATE, TIER, WHOLE
from rewards.settlement import derived, tiers, together
from rewards.settlement.settle import conclude

_MOMENT = timedelta(microseconds=1)


def close(*, at, limit=100, storefront=None):
    """Pay the top-ups of periods that are over, one batch at a time; returns how many were closed.

    Call again while it returns any.
    """
    with alone("close periods") as mine:
        ended = _ended(at, limit, storefront) if mine else []
        locks.deciding(storefronts=_storefronts(ended))
        return _close(ended, at)


def settle_ended(*, at, limit, storefront=None):
    """One batch (None: all) in the caller's transaction, where nobody else decides, as in a rebuild."""
    return _close(_ended(at, limit, storefront), at)


def _storefronts(ended):
    return {counter.rule.program.storefront_id for counter in ended}


def _close(ended, at):
    if ended:
        _settle(ended, book.of_storefronts(_storefronts(ended)), at)
    return len(ended)


def _ended(at, limit, storefront):
    """Unclosed counters of periods that are over, not locked yet."""
    over = Q()
    versions = RuleVersion.objects.filter(benefits__advocate__tiers__reading=WHOLE).select_related("rule__program")
    if storefront:
        versions = versions.filter(rule__program__storefront=storefront)
    reckoned = reckonings.Reckonings({version.rule.program for version in versions})
    for version in versions:
        if whole := tiers.read_as_a_whole(book.terms_of(version)):
            now = periods.key(whole.period, at, reckoned.at(version.rule.program_id, at).zone)
            # Keys of one length are in order of time.
            over |= Q(rule=version.rule_id, cap=whole.meter, period__lt=now, length=len(now))
    if not over:
        return []
    rows = Counter.objects.annotate(length=Length("period")).filter(over, closed_at__isnull=True, cap__startswith=TIER)
    return list(rows.select_related("rule__program").order_by("pk")[:limit])


def _settle(ended, rule_book, at):
    advocates = _advocates(ended)
    wanted = {}
    for counter in ended:
        advocate = advocates[counter.key]
        wanted[derived.public_id(counter.rule.public_id, counter.key, counter.period)] = counter, advocate
    rows = [subject_of(key, *place, rule_book, at) for key, place in wanted.items()]
    locked = list(locks.subjects(rows=rows).values())
    prefetch_related_objects(locked, "program", "advocate")
    found = derived.read(locked)
    used = locks.counters(
        keys={key for case in found for key in counters(case, wanted[case.subject.public_id][0], rule_book)}
    )
    cases = [
        asked
        for case in found
        if (asked := _asked(case, wanted[case.subject.public_id][0], used, rule_book)) is not None
    ]
    conclude(found=cases, rule_book=rule_book, at=at)
    Counter.objects.filter(pk__in=[counter.pk for counter in ended]).update(closed_at=at)


def counters(case, counter, rule_book):
    """The period's own, and those of the caps that any version of the rule may ask of the top-up."""
    yield from places(case, counter)
    question = rules.Question({}, {}, case.subject.occurred_at, case.who, (), others=case.others)
    for terms in rule_book.terms_of_rule(counter.rule_id):
        if tiers.read_as_a_whole(terms):
            yield from ((terms.rule, *key) for key in rules.keys(question, terms.topping_up(ADVOCATE, 0)))


def places(case, counter):
    """The period's counters, by all names of the advocate."""
    for key in (counter.key, *case.others.get("advocate", ())):
        yield counter.rule_id, counter.cap, key, counter.period


def _advocates(ended):
    keys = [counter.key for counter in ended]
    return {row.public_id: row for row in Advocate.objects.filter(public_id__in=keys).select_related("customer")}


def subject_of(key, counter, advocate, rule_book, at):
    program = counter.rule.program
    _, end = periods.of_key(counter.period, rule_book.reckoned.at(program.pk, at).zone)
    # Where the zone was changed meanwhile the period ended in the one before.
    _, end = periods.of_key(counter.period, rule_book.reckoned.at(program.pk, end).zone)
    return Subject(
        storefront_id=program.storefront_id,
        program=program,
        trigger=tiers.TOP_UP,
        kind=tiers.TOP_UP,
        public_id=key,
        advocate=advocate,
        customer_id=advocate.customer_id,
        # The caps' periods are those that the conversions ended in.
        occurred_at=end - _MOMENT,
    )


def _asked(case, counter, used, rule_book):
    """``used``: the counters, locked."""
    position = sum(used[place][1] for place in places(case, counter))
    short = tiers.missing(case.subject, counter, position, rule_book)
    return asked(case, counter, position, short, lambda version: rule_book.terms(version, case.subject.occurred_at))


def asked(case, counter, position, short, terms_at):
    """Its question, or None where there is nothing to raise and never was. ``short``: what ``tiers.missing`` said."""
    missing, terms, review = short
    if case.first and missing <= 0:
        return None
    subject = case.subject
    # Where nothing of the period counts any more, all of it is taken back.
    terms = terms_at(terms.version if terms else case.earlier[counter.rule_id]["version"])
    facts = {
        "period": counter.period,
        "position": position,
        "missing_minor": missing,
        "stands": True,
        "advocate_review": review,
        "program_status": str(subject.program.status_at(subject.occurred_at)),
        "advocate_status": str(subject.advocate.status),
    }
    if case.others:
        # Also where its verdict is a plain no, which keeps nothing.
        facts["with"] = together.written(case.others)
    return derived.ask(case, terms.topping_up(ADVOCATE, max(missing, 0)), facts, again=True)
