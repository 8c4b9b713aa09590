"""What each rule version said when it was saved: told to the event log as digests, which the audit compares.

The log is append-only. So who changes a version behind the database's triggers, or puts one in that nobody saved, is
found. Digests, because conditions may hold codes and words that no event may tell.
"""

from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from advocacy.outbox.record import Draft, record
from rewards import events
from rewards.models import RuleVersion

# Names, times and what it belongs to are told as they are.
_TOLD = {"id", "public_id", "rule", "number", "corrects", "starts_at", "ends_at", "own_ends_at", "created_at"}
COLUMNS = sorted(column.name for column in RuleVersion._meta.concrete_fields if column.name not in _TOLD)


def columns(alias):
    """SQL: ``{column: SHA-256 of its canonical JSON}`` as jsonb, of a row of ``rewards_ruleversion``.

    Each by itself, so that a column which comes later leaves what was told of the others true.
    """
    pairs = (f"'{name}', encode(sha256(convert_to({_json(alias, name)}, 'UTF8')), 'hex')" for name in COLUMNS)
    return f"jsonb_build_object({', '.join(pairs)})"


def tell(version, *, at):
    """Record ``rule_version.saved``, in the transaction that saved it."""
    program = version.rule.program
    # The end moves when another version takes over; a correction's never does.
    ends_at = version.ends_at if version.corrects_id else version.own_ends_at
    draft = Draft(
        type=events.RULE_VERSION_SAVED,
        subject=_Saved(version.public_id),
        storefront=program.storefront_id,
        program=program,
        facts={
            "rule": str(version.rule.public_id),
            "rule_version": str(version.public_id),
            "number": version.number,
            "corrects": version.corrects and str(version.corrects.public_id),
            "starts_at": version.starts_at.isoformat(),
            "ends_at": ends_at and ends_at.isoformat(),
            "digests": _digests(version),
        },
        occurred_at=at,
    )
    record([draft], at=at)


class _Saved(NamedTuple):
    """A version is told of once."""

    public_id: UUID
    version: int = 1


def _json(alias, name):
    return f"COALESCE(to_jsonb({alias}.{name})::text, 'null')"


def _digests(version):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({columns('version')})::text FROM rewards_ruleversion version WHERE id = %s",  # noqa: S608
            [version.pk],
        )
        return orjson.loads(cursor.fetchone()[0])
