"""What a check and a kind of alert are; the list of all is ``settings.ALERT_CHECKS``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from advocacy.models import AlertTiming


@dataclass(frozen=True, kw_only=True)
class Kind:
    """``todo``: what to do, in a sentence. ``sees``: the right to open the page it leads to; nobody without it is told.
    ``minds``: the right of those whose work it is: they are told by ``timing`` unless they choose otherwise.
    """

    name: str
    label: str
    todo: str
    sees: str
    minds: str
    timing: AlertTiming = AlertTiming.DAILY


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something that is the matter now. ``storefront``: a key, or None where it is the whole server's."""

    kind: str
    subject: str
    text: str
    place: str
    storefront: int | None = None
    count: int = 1
    facts: dict = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Check:
    """``find(*, at, limits)`` yields the Founds of its kinds, by one query or two. None: others say what they found."""

    name: str
    kinds: tuple
    find: Callable | None = None
    limits: dict = field(default_factory=dict)


FAILED = Kind(
    name="check_failed",
    label="A check failed",
    todo="What this check looks for is not seen until it works again: look for the error in the worker’s log.",
    sees="advocacy.view_pending",
    minds="advocacy.change_pending",
    timing=AlertTiming.AT_ONCE,
)


@cache
def checks():
    return import_string(settings.ALERT_CHECKS)


@cache
def all():
    """``{name: Kind}``, in the order of the list."""
    return {kind.name: kind for check in checks() for kind in check.kinds} | {FAILED.name: FAILED}


def limits_of(check):
    """Its numbers, with those of ALERT_LIMITS in their place."""
    return check.limits | {
        name: number for name, number in settings.ALERT_LIMITS.get(check.name, {}).items() if name in check.limits
    }


def check_limits():
    """Raise ImproperlyConfigured where ALERT_LIMITS names what is no limit of any check."""
    known = {check.name: check.limits for check in checks()}
    for check, numbers in settings.ALERT_LIMITS.items():
        for name in numbers:
            if name not in known.get(check, {}):
                there = ", ".join(f"{each}.{limit}" for each in sorted(known) for limit in known[each])
                raise ImproperlyConfigured(
                    f"ALERT_LIMITS names {check}.{name}, which does not exist; there are {there}."
                )
