"""What somebody owes in codes: a code was used, then its reward was taken back.

The next rewards of the same form and unit pay it off: they are credited like any other, but get no code until what
the person has beyond the debt is worth it. Codes are whole: what is left over of such a reward is kept against a later
debt, or until it is worth a code. A person's are those of all records that were merged.
"""

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from advocacy import persons
from advocacy.models import Customer
from rewards.models import Reward

# Below nothing, or credited without a code.
_COUNT = Q(available_minor__lt=0) | Q(available_minor__gt=0, waits_for_code=True)
_PERSON = Coalesce("recipient__merged_into__public_id", "recipient__public_id")
_SAME = ("unit", "form")


def split(rewards):
    """``(entitled, paying)``: who gets a code, and whose reward only pays off; in their order.

    The caller has seen to it that nobody is merged meanwhile (``advocacy.persons.together``).
    """
    people = persons.people({reward.recipient_id for reward in rewards})
    left, entitled, paying = _left(rewards, people), [], []
    for reward in rewards:
        wallet = people[reward.recipient_id], reward.unit, str(reward.form)
        beyond, credited = left.get(wallet, 0), max(reward.available_minor, 0)
        # Its own debt ends as it is credited again.
        beyond -= min(reward.available_minor, 0)
        if beyond >= credited:
            left[wallet] = beyond - credited
            entitled.append(reward)
        else:
            # What is credited already counts in what is left.
            left[wallet] = beyond + (0 if credited else reward.pending_minor or reward.granted_minor)
            paying.append(reward)
    return entitled, paying


def _left(rewards, people):
    """``{wallet: minor units}`` that are beyond the debt, or, below 0, still owed; ``people`` as of ``persons``."""
    if not people:
        return {}
    theirs = persons.customers(set(people.values()))
    rows = Reward.objects.filter(_COUNT, recipient__in=theirs, form__in={reward.form for reward in rewards})
    sums = rows.order_by().values_list(_PERSON, *_SAME).annotate(Sum("available_minor"))
    return {tuple(wallet): left for *wallet, left in sums}


def _beyond(rewards):
    """The rewards (a queryset) with ``beyond``, what their wallets have beyond the debt."""
    person = OuterRef(OuterRef("person"))
    # By keys, because rewards are found by their recipient's.
    theirs = Customer.objects.filter(Q(public_id=person) | Q(merged_into=person)).values("pk")
    same = Reward.objects.filter(_COUNT, recipient__in=theirs, **{name: OuterRef(name) for name in _SAME})
    left = same.order_by().values("form").annotate(left=Sum("available_minor")).values("left")
    return rewards.annotate(person=_PERSON).annotate(beyond=Coalesce(Subquery(left), 0))


def free_of(rewards):
    """Of rewards that wait for a code (a queryset) those that do not pay off a debt."""
    return _beyond(rewards).exclude(available_minor__gt=0, beyond__lt=F("available_minor"))


def paying(rewards):
    """The others."""
    return _beyond(rewards).filter(available_minor__gt=0, beyond__lt=F("available_minor"))
