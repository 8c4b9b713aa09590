"""What each program checks, with the defaults where it says nothing."""

from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from referrals.models import FraudPolicy


@cache
def checks():
    """``{key: check}``; see ``referrals.fraud``."""
    return import_string(settings.FRAUD_CHECKS)


@dataclass(frozen=True)
class Policy:
    """``points`` and ``limits`` by check, of those that are on."""

    hold_at: int = 50
    active: bool = True
    points: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)


def of_programs(programs):
    """``{program: Policy}``, by their keys; one query."""
    rows = {row.pk: row for row in FraudPolicy.objects.filter(pk__in=programs)}
    return {program: of_row(rows.get(program) or FraudPolicy()) for program in programs}


def of_row(row):
    limits = {
        key: {name: row.limits.get(key, {}).get(name, usual) for name, (usual, _) in check.LIMITS.items()}
        for key, check in checks().items()
    }
    limits["banned_site"]["sites"] = sites(row.banned_sites)
    points = {key: row.points.get(key, check.POINTS) for key, check in checks().items()}
    return Policy(row.hold_at, row.active, {key: each for key, each in points.items() if each}, limits)


def sites(text):
    return tuple(dict.fromkeys(line.strip().lower().strip(".") for line in text.splitlines() if line.strip(" .")))
