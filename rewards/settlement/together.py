"""Whose counters are counted together, because merges made one person of several records.

Each keeps its own counters, so that what was counted stays told as it was, and undoing a merge gives the old counts
back by itself. Only who is asked for room, or for a position of tiers, is asked with all names. Decisions keep with
whom (``with``), because who is one changes and nobody else wrote down what a decision saw.
"""

from collections import defaultdict
from uuid import UUID

from django.db.models import Q

from advocacy.models import Advocate, Customer

# In a rebuild: (program, trigger, public id, number of the decision) → what it kept.
RECORDED = None


def of(subjects, who, *, known=None):
    """``{subject's id: {scope: (UUID, …)}}``: the other names of those it is about; nothing for most.

    ``who(subject)``: the names that it has itself. ``known``: ``{customer's key: the person's public id}`` of those of
    ``people`` that were merged, where the caller has read them.
    """
    if RECORDED is not None:
        return {row.pk: read(said) for row in subjects if (said := RECORDED.get(_key(row)))}
    merged = _merged(subjects) if known is None else known
    if not merged:
        return {}
    found = _Names({row.program_id for row in subjects}, merged)
    return {row.pk: found.others(row, who(row)) for row in subjects}


def people(subjects):
    """The keys of the customers whose merges count for these, advocates' own included."""
    own = {row.advocate.customer_id for row in subjects if row.advocate_id}
    return (own | {row.friend_id or row.customer_id for row in subjects}) - {None}


def pair(advocate, friend):
    """One key for both; where nobody advocates both are one."""
    if advocate == friend:
        return friend
    return UUID(int=advocate.int ^ friend.int)


def names(program, *, advocate=None, friend=None):
    """``{scope: {UUID, …}}``: all names of this Advocate and this Customer, as far as they are given."""
    rows = [row for row in (advocate and advocate.customer, friend) if row]
    merged = {row.pk: row.person_id for row in rows if row.absorbed or row.merged_into_id}
    found = _Names({program.pk}, merged) if merged else None
    advocates = {advocate.public_id} if advocate else set()
    friends = {friend.public_id} if friend else set()
    if found:
        advocates |= found.of_advocate(advocate) if advocate else set()
        friends |= found.of_customer(friend.pk) if friend else set()
    said = {"program": {program.public_id}, "advocate": advocates, "friend": friends}
    return {scope: keys for scope, keys in (said | {"pair": _pairs(advocates, friends)}).items() if keys}


def _pairs(advocates, friends):
    return {pair(advocate, friend) for advocate in advocates for friend in friends}


def written(others):
    return {scope: [str(key) for key in keys] for scope, keys in others.items()}


def read(said):
    """What ``written`` wrote."""
    return {scope: tuple(map(UUID, keys)) for scope, keys in (said or {}).items()}


def _key(row):
    return row.program_id, row.trigger, row.public_id, row.decisions_made + 1


def _merged(subjects):
    """``{customer's key: the person's public id}`` of those who have several records."""
    rows = Customer.objects.filter(Q(absorbed=True) | Q(merged_into__isnull=False), pk__in=people(subjects))
    return {row.pk: row.person_id for row in rows.only("public_id", "merged_into")}


class _Names:
    """All names of these persons in these programs; ``merged``: ``{customer's key: the person's public id}``."""

    def __init__(self, programs, merged):
        self.person, roots = merged, set(merged.values())
        self.customers, self.advocates = defaultdict(set), defaultdict(set)
        rows = Customer.objects.filter(Q(public_id__in=roots) | Q(merged_into__in=roots))
        persons = {}
        for row in rows.only("public_id", "merged_into"):
            persons[row.pk] = row.person_id
            self.customers[row.person_id].add(row.public_id)
        for row in Advocate.objects.filter(customer__in=persons, program__in=programs):
            self.advocates[row.program_id, persons[row.customer_id]].add(row.public_id)

    def of_customer(self, pk):
        return self.customers.get(self.person.get(pk), set())

    def of_advocate(self, advocate):
        return self.advocates.get((advocate.program_id, self.person.get(advocate.customer_id)), set())

    def others(self, subject, who):
        mine, own = who["advocate"], who["friend"]
        friends = self.of_customer(subject.friend_id or subject.customer_id) or {own}
        advocates = (self.of_advocate(subject.advocate) or {mine}) if subject.advocate_id else friends
        if mine == own:
            friends = pairs = advocates
        else:
            pairs = _pairs(advocates, friends)
        found = {"advocate": advocates, "friend": friends, "pair": pairs}
        further = {scope: tuple(sorted(keys - {who[scope]})) for scope, keys in found.items()}
        return {scope: keys for scope, keys in further.items() if keys}
