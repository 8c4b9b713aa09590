"""Who is told of which kind, and when: by their own choice, their groups', or the kind's for those whose work it is."""

from django.contrib.auth import get_user_model
from django.db import transaction

from advocacy.alerts import kinds
from advocacy.models import Alert, AlertChoice, AlertTiming
from advocacy.refusals import Refused

_SOONEST = list(AlertTiming.values)


def seen_by(user):
    """The Alerts whose pages this person may open."""
    return Alert.objects.filter(kind__in=kinds_of(user))


def kinds_of(user):
    """The names of the kinds that this person may see."""
    return [kind.name for kind in kinds.all().values() if user.has_perm(kind.sees)]


def checked(names):
    """The names of kinds; refuses what no check tells of."""
    unknown = sorted(set(names) - set(kinds.all()))
    if unknown:
        problem = f"{unknown[0][:60]!a} is no kind of alert; there are {', '.join(sorted(kinds.all()))}."
        raise Refused("unknown_alert_kind", problem, errors={"alert_kinds": problem})
    return list(names)


def readers():
    """``{user: {kind: AlertTiming}}`` of the staff who have an address; kinds they may not see are not in it."""
    people = get_user_model().objects.filter(is_staff=True, is_active=True).exclude(email="").order_by("pk")
    people = list(people.prefetch_related("groups"))
    own, of_groups = _chosen()
    return {user: _timings(user, own, of_groups) for user in people}


def timings(user):
    """``{kind: AlertTiming}`` of one person."""
    return _timings(user, *_chosen())


def usual(user):
    """The same without their own choices."""
    return _timings(user, {}, _chosen()[1])


def _timings(user, own, of_groups):
    groups = [group.pk for group in user.groups.all()]
    return {name: _timing(kinds.all()[name], user, own, groups, of_groups) for name in kinds_of(user)}


def _timing(kind, user, own, groups, of_groups):
    if (user.pk, kind.name) in own:
        return own[user.pk, kind.name]
    said = [of_groups[group, kind.name] for group in groups if (group, kind.name) in of_groups]
    if said:
        return AlertTiming(min(said, key=_SOONEST.index))
    return kind.timing if user.has_perm(kind.minds) else AlertTiming.OFF


def _chosen():
    own, of_groups = {}, {}
    for choice in AlertChoice.objects.all():
        chosen, whose = (own, choice.user_id) if choice.user_id else (of_groups, choice.group_id)
        chosen[whose, choice.kind] = AlertTiming(choice.timing)
    return own, of_groups


@transaction.atomic
def choose(*, chosen, user=None, group=None):
    """``{kind: timing, or "" for none of one's own}`` of a person or of all in a group."""
    whose = {"user": user} if user else {"group": group}
    for kind, timing in chosen.items():
        if kind not in kinds.all() or timing not in ("", *AlertTiming.values):
            raise Refused("unknown_choice", "Choose for each kind of alert when you want to be told.")
        if timing:
            AlertChoice.objects.update_or_create(kind=kind, **whose, defaults={"timing": timing})
        else:
            AlertChoice.objects.filter(kind=kind, **whose).delete()
