"""Bring codes into a pool: checked as a whole, by line, before any is written.

Many codes are written by a job; until it is done they wait sealed, in a row of their own.
"""

import json
from dataclasses import dataclass

from django.db import connection, transaction

from advocacy import jobs, secrets, tables
from advocacy.models import Job, bulk
from advocacy.refusals import Refused
from rewards.coupons import codes, pools, serving
from rewards.models import Coupon, CouponUpload

AT_ONCE = 5000
JOB = "coupon_upload"
COLUMN = "code"
_MOST_TOLD = 20


@dataclass(frozen=True)
class Uploaded:
    """``read`` codes, of which ``added`` are in the pool now; ``left_out``: ``{line: why}``, the first of them, and
    ``left_out_count`` of all. ``job``: where the rest is written, or None; ``served``: rewards that had waited."""

    read: int
    added: int
    left_out: dict
    left_out_count: int
    job: Job | None = None
    served: int = 0


def table(*, pool, raw, at, only_new=False, by=None):
    """Upload a CSV file's bytes with the column ``code``; see ``numbered``."""
    rows, wrong = tables.parsed(raw, columns=[COLUMN])
    lines = [(number, row[COLUMN]) for number, row in rows]
    return numbered(pool=pool, lines=lines, at=at, only_new=only_new, by=by, wrong=wrong)


def numbered(*, pool, lines, at, only_new=False, by=None, wrong=None):
    """Upload ``[(line, code)]``. Then whoever waits for a code of the pool is served.

    ``wrong``: what is known to be wrong with other lines, ``{"line 3": why}``. Refuses with it and with all else by
    line: what is no code, and, unless ``only_new``, what stands there twice or was uploaded before. With ``only_new``
    these are left out.
    """
    if not pool.uploaded:
        raise Refused("pool_makes_its_codes", "The codes of this pool are not uploaded: they are made when needed.")
    if not lines and not wrong:
        raise Refused("no_codes", "There is no code in it; send at least one.")
    with transaction.atomic():
        _one_at_a_time(pool)
        marks, left_out = _sifted(pool, lines, only_new, wrong or {})
        job = _by_job(pool, marks, at, by) if len(marks) > AT_ONCE else None
        added = 0 if job else add(pool, list(marks.items()), at=at)
        pools.restocked(pool)
    first = dict(list(left_out.items())[:_MOST_TOLD])
    return Uploaded(len(lines), added, first, len(left_out), job, serving.serve_pool(pool=pool, at=at) if added else 0)


def _one_at_a_time(pool):
    """Two uploads with the same code at once would both find it new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"coupons {pool.storefront_id}"])


def _sifted(pool, lines, only_new, wrong):
    """``({fingerprint: code} of the new ones, {line: why} of the others)``."""
    wrong = wrong | {f"line {number}": codes.RULE for number, code in lines if not codes.is_code(code)}
    first, left_out, by_line = {}, {}, {}
    for number, code in lines:
        if f"line {number}" in wrong:
            continue
        mark = codes.fingerprint(code)
        if mark in first:
            left_out[f"line {number}"] = f"is the code of line {by_line[mark]} again"
        else:
            first[mark], by_line[mark] = code, number
    for mark in known(pool, list(first)):
        left_out[f"line {by_line[mark]}"] = "was uploaded before"
        del first[mark]
    told = wrong if only_new else wrong | left_out
    tables.refuse(dict(sorted(told.items(), key=lambda line: int(line[0].removeprefix("line ")))))
    return first, left_out


def known(pool, marks):
    """Those of the fingerprints that are a code of the storefront already."""
    found = Coupon.objects.filter(storefront=pool.storefront_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT fingerprint FROM {found.model._meta.db_table} WHERE storefront_id = %s "  # noqa: S608 - our own name
            "AND fingerprint = ANY(%s)",
            [pool.storefront_id, marks],
        )
        return [bytes(mark) for (mark,) in cursor.fetchall()]


def add(pool, marked, *, at):
    """Seal and insert ``[(fingerprint, code)]``, which are new; returns how many."""
    bulk.insert([codes.row(pool, code, at=at, mark=mark) for mark, code in marked])
    return len(marked)


def _by_job(pool, marks, at, by):
    waiting = CouponUpload.objects.create(
        pool=pool, codes=secrets.seal(json.dumps(list(marks.values()))), created_at=at
    )
    parameters = {"pool": pools.text_id(pool), "upload": str(waiting.public_id), "codes": len(marks)}
    return jobs.start(storefront=pool.storefront, kind=JOB, parameters=parameters, at=at, by=by)


def step(*, job, at):
    """A step of the job: the next codes. Those that another upload brought meanwhile are left out."""
    upload = CouponUpload.objects.select_related("pool").get(public_id=job.parameters["upload"])
    waiting = json.loads(secrets.open(upload.codes))
    start, added = job.cursor.get("at", 0), job.cursor.get("added", 0)
    _one_at_a_time(upload.pool)
    part = {codes.fingerprint(code): code for code in waiting[start : start + AT_ONCE]}
    for mark in known(upload.pool, list(part)):
        del part[mark]
    added += add(upload.pool, list(part.items()), at=at)
    done = min(start + AT_ONCE, len(waiting))
    result = None
    if done == len(waiting):
        upload.codes = None
        upload.save(update_fields=["codes"])
        result = {"added": added, "left_out": len(waiting) - added}
    pools.restocked(upload.pool)
    return jobs.Progress({"at": done, "added": added}, done=done, total=len(waiting), result=result)
