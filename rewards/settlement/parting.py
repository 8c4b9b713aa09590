"""Steps of milestones that several records of a person reached together, once these are parted."""

from advocacy import persons
from advocacy.models import Advocate, Merge
from rewards import book, locks
from rewards.models import Decision
from rewards.settlement import shared_steps, together
from rewards.settlement.derived import STEP
from rewards.settlement.settle import conclude


def part(*, events, at):
    """Handler of customer.unmerged: the steps of who is parted stand by the friends of each alone."""
    merges = Merge.objects.filter(public_id__in=[event.subject_id for event in events]).order_by("pk")
    for merge in merges.select_related("survivor", "merged"):
        locks.deciding(storefronts={merge.storefront_id})
        people = persons.customers({merge.survivor.person_id, merge.merged.person_id})
        mine = Decision.objects.filter(number=1, subject__trigger=STEP, subject__advocate__customer__in=people)
        said = set(mine.values_list("verdicts__0__rule", "subject__advocate"))
        advocates = Advocate.objects.filter(pk__in={pk for _, pk in said}).select_related("program", "customer")
        names = {row.pk: _names(row) for row in advocates}
        _settle({(rule, names[pk]) for rule, pk in said}, book.of_storefronts({merge.storefront_id}), at)


def again(*, cases, rule_book, at):
    """Settle the steps of these derived Cases by who was one person when they were decided next, as in a rebuild."""
    _settle({(next(iter(case.earlier)), shared_steps.names_of(case)) for case in cases}, rule_book, at)


def _names(advocate):
    return tuple(sorted(together.names(advocate.program, advocate=advocate)["advocate"]))


def _settle(keys, rule_book, at):
    groups = {key: shared_steps.Group(*key) for key in keys}
    counters = locks.counters(keys={key for group in groups.values() for key in group.counters()})
    shared_steps.read(groups, {key: number for key, (_, number) in counters.items()}, rule_book)
    turned = [case for group in groups.values() for case in shared_steps.turned(group, rule_book)]
    conclude(found=turned, rule_book=rule_book, at=at)
