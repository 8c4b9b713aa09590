"""The rules of programs, compiled for deciding, and which of them are in force."""

from collections import OrderedDict, defaultdict

from django.db import connection
from django.db.models import Q

from advocacy import reckonings
from rewards import rules
from rewards.models import RuleVersion


class Book:
    """The rule versions of some programs: ``in_force`` by moment, ``by_version`` by id.

    A version's Terms count by what its program counted by when the subject occurred.
    """

    def __init__(self, versions):
        self.by_version = {version.pk: version for version in versions}
        self.reckoned = reckonings.Reckonings({version.rule.program for version in versions})
        self._terms = {version.pk: self._compiled(version) for version in versions}
        self._by_trigger, self._triggers, self._corrected = defaultdict(list), defaultdict(set), defaultdict(list)
        for version in versions:
            self._enter(version)

    def _enter(self, version):
        program, end = version.rule.program, version.ends_at or reckonings.ALWAYS[1]
        if version.corrects_id:
            self._corrected[version.corrects_id].append((version.starts_at, end, version.pk))
            return
        self._by_trigger[program.pk, version.trigger] += [
            (max(version.starts_at, each.since), min(end, each.until), terms) for each, terms in self._terms[version.pk]
        ]
        self._triggers[program.storefront_id].add((program.pk, version.trigger))

    def _compiled(self, version):
        return [(each, terms_of(version, each)) for each in self.reckoned.of(version.rule.program_id)]

    def terms(self, version, moment):
        """The Terms of a version, by its id, for what occurred at the moment."""
        return next(terms for each, terms in self._terms[version] if moment < each.until)

    def terms_of_rule(self, rule):
        """All Terms of all versions of a rule, by its id."""
        for version, row in self.by_version.items():
            if row.rule_id == rule:
                yield from (terms for _, terms in self._terms[version])

    def triggers(self, storefront):
        """``{(program id, trigger)}`` that a storefront has rules on."""
        return self._triggers[storefront]

    def in_force(self, program, trigger, moment):
        """The Terms of the versions in force at the moment, the oldest rule first.

        Of a period that was corrected it is the corrected version: also what is told of it only later is decided so.
        """
        found = [terms for start, end, terms in self._by_trigger[program, trigger] if start <= moment < end]
        return [self._as_corrected(terms, moment) for terms in found] if self._corrected else found

    def _as_corrected(self, mistaken, moment):
        """By the first correction of that period: a later one finds nothing left that the mistaken version decided."""
        known = self._corrected.get(mistaken.version, ())
        corrected = min((version for start, end, version in known if start <= moment < end), default=None)
        return self.terms(corrected, moment) if corrected else mistaken


# Versions never change but for their end; what else a Terms takes is in here too. Whoever changes what a program counts
# by leaves a row of how it did before.
_SIGNATURE = """
    SELECT md5(string_agg(
        format('%%s %%s %%s %%s %%s %%s %%s %%s', version.id, version.created_at, version.ends_at, rule.name,
            program.currency, program.time_zone, program.points_per_unit,
            (SELECT MAX(reckoning.until) FROM advocacy_reckoning reckoning WHERE reckoning.program_id = program.id)),
        ',' ORDER BY version.id))
    FROM rewards_ruleversion version
    JOIN rewards_rule rule ON rule.id = version.rule_id
    JOIN advocacy_program program ON program.id = rule.program_id
    WHERE program.storefront_id = ANY(%s)
"""
_MOST_KEPT = 64
# storefronts → (signature, Book), of this process.
_kept = OrderedDict()


def of_storefronts(storefronts):
    """The Book of every program of these storefronts.

    Reading and compiling grows with every edit that was ever made, so a process keeps a Book until one of its rules, or
    what a program says of them, has changed. Nobody may change what a Book holds.
    """
    key = frozenset(storefronts)
    with connection.cursor() as cursor:
        cursor.execute(_SIGNATURE, [sorted(key)])
        (signature,) = cursor.fetchone()
    known, found = _kept.get(key, (None, None))
    if found is None or known != signature:
        versions = RuleVersion.everything.filter(rule__program__storefront__in=key)
        found = Book(list(versions.select_related("rule__program").order_by("rule", "number")))
    _kept[key] = signature, found
    _kept.move_to_end(key)
    if len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return found


def in_force_at(*, program, at):
    """The RuleVersions of a program that are in force at a moment, the oldest rule first."""
    started = RuleVersion.objects.filter(rule__program=program, corrects=None, starts_at__lte=at)
    return started.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)).select_related("rule__program").order_by("rule")


def terms_of(version, reckoned=None):
    """A RuleVersion, also an unsaved one, as Terms; reads ``version.rule.program``.

    ``reckoned``: what its program counts by, as it says now unless given.
    """
    reckoned = reckoned or reckonings.now(version.rule.program)
    amounts, per_currency = rules.compiled(
        benefits=version.benefits,
        minimum_order_minor=version.minimum_order_minor,
        per_currency=version.per_currency,
        unit=reckoned.currency,
    )
    return rules.Terms(
        rule=version.rule_id,
        version=version.pk,
        number=version.number,
        name=version.rule.name,
        unit=reckoned.currency,
        zone=reckoned.zone,
        points_per_unit=reckoned.points_per_unit,
        frequency=str(version.frequency),
        order_limit=version.order_limit,
        months_limit=version.months_limit,
        months_from=str(version.months_from),
        milestone_every=version.milestone_every,
        milestone_repeats=version.milestone_repeats,
        conditions=version.conditions,
        amounts=amounts,
        per_currency=per_currency,
        caps=tuple(version.caps),
        hold_days=version.hold_days,
        hold_from=str(version.hold_from),
        delivery_allowance_days=version.delivery_allowance_days,
        digital_at_once=version.digital_at_once,
        expires_days=version.expires_days,
        priority=version.priority,
        exclusive_group=version.exclusive_group,
    )
