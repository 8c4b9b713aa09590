"""What somebody owes in codes: a code was used, then its reward was taken back.

The next rewards of the same form and unit pay it off: they are credited like any other, but get no code until what
the person has beyond the debt is worth it. Codes are whole: what is left over of such a reward is kept against a later
debt, or until it is worth a code.
"""

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from rewards.models import Reward

# Below nothing, or credited without a code.
_COUNT = Q(available_minor__lt=0) | Q(available_minor__gt=0, waits_for_code=True)
_WALLET = ("storefront", "recipient", "unit", "form")


def split(rewards):
    """``(entitled, paying)``: who gets a code, and whose reward only pays off; in their order."""
    left, entitled, paying = _left(rewards), [], []
    for reward in rewards:
        wallet = reward.storefront_id, reward.recipient_id, reward.unit, str(reward.form)
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


def _left(rewards):
    """``{wallet: minor units}`` that are beyond the debt, or, below 0, still owed."""
    wanted = {reward.recipient_id for reward in rewards}
    rows = Reward.objects.filter(_COUNT, recipient__in=wanted, form__in={reward.form for reward in rewards})
    sums = rows.order_by().values_list(*_WALLET).annotate(Sum("available_minor"))
    return {tuple(wallet): left for *wallet, left in sums} if wanted else {}


def _beyond(rewards):
    """The rewards (a queryset) with ``beyond``, what their wallets have beyond the debt."""
    same = {name: OuterRef(name) for name in _WALLET}
    one = Reward.objects.filter(_COUNT, **same).order_by().values("recipient").annotate(left=Sum("available_minor"))
    return rewards.annotate(beyond=Coalesce(Subquery(one.values("left")), 0))


def free_of(rewards):
    """Of rewards that wait for a code (a queryset) those that do not pay off a debt."""
    return _beyond(rewards).exclude(available_minor__gt=0, beyond__lt=F("available_minor"))


def paying(rewards):
    """The others."""
    return _beyond(rewards).filter(available_minor__gt=0, beyond__lt=F("available_minor"))
