"""The one order of locks: subjects, then counters, then accounts, each by id.

What is derived (a milestone's step, a period's top-up) is known only when the counters are: its subjects are taken
after them and not waited for, then the counters of its own caps, which nothing else uses.

Two settlements that share rows meet at the first they share, so none waits for a row while holding one that the other
needs: no deadlock. Whoever needs another row locked adds its place here.
"""

from rewards.models import Account, Counter, Subject


def subjects(*, rows):
    """Make the subjects that are missing, lock them all; ``{(program, trigger, public id): Subject}``."""
    # Inserting locks too: two that insert the same rows must do it in the same order.
    rows = sorted(rows, key=lambda row: (row.program_id, row.trigger, row.public_id))
    Subject.objects.bulk_create(rows, ignore_conflicts=True)
    wanted = {(row.program_id, row.trigger, row.public_id) for row in rows}
    locked = Subject.objects.filter(public_id__in=[row.public_id for row in rows]).order_by("pk").select_for_update()
    found = {(row.program_id, row.trigger, row.public_id): row for row in locked}
    return {key: row for key, row in found.items() if key in wanted}


def derived(*, public_ids):
    """Lock those of these subjects that exist, by public id. Waits for nobody: an OperationalError where one is busy,
    which the outbox takes as an interruption and repeats.
    """
    rows = Subject.objects.filter(public_id__in=public_ids).order_by("pk")
    return list(rows.select_related("program", "advocate__customer").select_for_update(nowait=True, of=("self",)))


def subjects_by_id(*, ids):
    """Lock those of these subjects that nobody else works on just now, in order."""
    return list(Subject.objects.filter(pk__in=ids).order_by("pk").select_for_update(skip_locked=True))


def counters(*, rows):
    """Make the counters that are missing, lock them all; ``{(rule, cap, key, period): Counter}``."""
    if not rows:
        return {}
    rows = sorted(rows, key=lambda row: (row.rule_id, row.cap, row.key, row.period))
    Counter.objects.bulk_create(rows, ignore_conflicts=True)
    locked = (
        Counter.objects.filter(rule__in={row.rule_id for row in rows}, key__in={row.key for row in rows})
        .order_by("pk")
        .select_for_update()
    )
    return {(row.rule_id, row.cap, row.key, row.period): row for row in locked}


def accounts(*, rows):
    """Make the accounts that are missing, lock those of customers.

    ``{(storefront, kind, customer, unit, form): Account}``.
    The house's are not locked: they keep no balance, and every settlement would wait for them.
    """
    Account.objects.bulk_create(rows, ignore_conflicts=True)
    storefronts = {row.storefront_id for row in rows}
    customers = {row.customer_id for row in rows} - {None}
    house = Account.objects.filter(storefront__in=storefronts, customer__isnull=True)
    theirs = Account.objects.filter(storefront__in=storefronts, customer__in=customers)
    locked = [*house, *theirs.order_by("pk").select_for_update()]
    return {(row.storefront_id, row.kind, row.customer_id, row.unit, row.form): row for row in locked}
