"""Bonds of the time before, as a file tells them: nobody judges them, and nothing of that time is paid."""

from django.db import transaction

from advocacy import customers, persons
from advocacy.models import bulk
from advocacy.refusals import Refused
from referrals import events
from referrals.attribution import binding, candidates
from referrals.models import Method, Referral


def bring(*, advocate, friend, bound_at, at):
    """``(referral, created)``: this advocate brought this friend then. What the friend bought by now earns nothing.

    Refuses ``self_referral``, and ``attributed_to_other`` where another brought them.
    """
    with transaction.atomic():
        friend = customers.lock(friend)
        if candidates.same_person(advocate.customer, friend):
            raise Refused("self_referral", "Advocate and friend are the same person.")
        mine = Referral.objects.filter(friend__in=persons.ids_of(friend), program=advocate.program, ended_at=None)
        known = mine.select_related("advocate").first()
        if known and known.advocate.person_id != advocate.person_id:
            raise Refused("attributed_to_other", "Another advocate brought this friend already.")
        if known:
            return known, False
        return _made(advocate, friend, min(bound_at, at), at), True


def _made(advocate, friend, since, at):
    link = advocate.links.order_by("id").first()
    told = {"method": str(Method.IMPORT), "advocate": str(advocate.public_id), "at": since.isoformat(), "won": True}
    told |= {"link": str(link.public_id), "code": link.code} if link else {"link": None, "code": ""}
    referral = bulk.made(
        Referral,
        storefront_id=advocate.storefront_id,
        program=advocate.program,
        advocate=advocate,
        friend=friend,
        link=link,
        method=Method.IMPORT,
        bound_at=since,
        candidates=[told | {"reason": ""}],
        recorded_at=at,
        version=1,
    )
    bulk.insert([referral])
    earlier = candidates.earlier_orders(customer=friend, occurred_at=since)
    facts = binding.facts_of(referral, new_customer=earlier == 0)
    binding.tell(referral, events.REFERRAL_IMPORTED, facts, occurred_at=since, at=at)
    return referral
