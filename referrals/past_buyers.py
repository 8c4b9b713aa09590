"""Who bought before becomes an advocate with a link: a portion a day, those who bought last first.

Nobody is told by this; ``advocate.added`` of each is what a mail follows.
"""

import logging
import time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from advocacy.models import Advocate, Customer, ProgramStatus
from advocacy.refusals import Refused
from referrals import links
from referrals.models import PastBuyers

log = logging.getLogger(__name__)
_AT_ONCE = 100


def enrol_daily(*, at, seconds):
    """Enrol what is left of today's portions, for at most so many seconds; how many became advocates."""
    until, number = time.monotonic() + seconds, 0
    for pk in PastBuyers.objects.filter(active=True).order_by("pk").values_list("pk", flat=True):
        while time.monotonic() < until and (some := _some(pk, at)):
            number += some
    return number


def waiting(row):
    """The customers who would be enrolled, those who bought last first."""
    mine = Customer.objects.filter(storefront=row.program.storefront_id, merged_into=None, erased_at=None)
    known = mine.filter(Q(external_id__isnull=False) | Q(email_key__isnull=False))
    enough = Q(standing__orders__gte=row.least_orders) | Q(orders_before__gte=row.least_orders)
    both = Q(standing__orders__gte=row.least_orders - F("orders_before"))
    advocates = Advocate.objects.filter(program=row.program_id, customer=OuterRef("pk"))
    last = F("standing__last_order_at").desc(nulls_last=True)
    return known.filter(enough | both).exclude(Exists(advocates)).order_by(last, "pk")


@transaction.atomic
def _some(pk, at):
    """A part of the portion with the row locked, so that no two workers enrol more than it; how many."""
    rows = PastBuyers.objects.select_for_update(no_key=True, of=["self"]).select_related("program__storefront")
    row = rows.get(pk=pk)
    program, storefront = row.program, row.program.storefront
    today = at.astimezone(ZoneInfo(storefront.time_zone)).date()
    if row.day != today:
        row.day, row.enrolled_today = today, 0
    room = min(row.per_day - row.enrolled_today, _AT_ONCE)
    if room <= 0 or not row.active or program.status_at(at) != ProgramStatus.ACTIVE:
        return 0
    found = list(waiting(row)[:room])
    done = sum(_enrol(program, customer, at) for customer in found)
    row.enrolled_today += len(found)
    row.enrolled += done
    row.all_since = None if found else row.all_since or at
    row.save(update_fields=["day", "enrolled_today", "enrolled", "all_since"])
    return len(found)


def _enrol(program, customer, at):
    try:
        with transaction.atomic():
            return links.enrol(program=program, customer=customer, by_shop=True, at=at)[2]
    except Refused as refused:
        log.warning("Customer %s cannot be enrolled as a past buyer: %s", customer.pk, refused.message)
        return False
