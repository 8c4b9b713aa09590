"""What each program checks, with the defaults where it says nothing."""

import re
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import idna
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
    """The hosts of a list, one a line, of whatever is one."""
    return tuple(dict.fromkeys(host for line in text.splitlines() if (host := host_of(line))))


def host_of(line):
    """``https://*.Coupons.example:8443/page`` as coupons.example, in the letters of addresses; "" for what is none."""
    text = line.strip().lower()
    try:
        host = (urlsplit(text if "//" in text else f"//{text}").hostname or "").removeprefix("*.").strip(".")
        host = idna.encode(host, uts46=True).decode("ascii") if not host.isascii() else host
    except ValueError:  # idna's errors are such, too
        return ""
    return host if _HOST(host) else ""


_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+").fullmatch
