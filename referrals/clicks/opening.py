"""A visit through a link: found and stored by one statement."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from advocacy import ids
from advocacy.models import prepared
from advocacy.refusals import NotFound, Refused
from referrals import links
from referrals.models import Click, Link
from referrals.together import Together

_MOST_VALUES = 20
_LONGEST_VALUE = 200
_LONGEST_REFERRER = 500

# One statement for all that are opened at the same moment: the links that lead somewhere, and their clicks. A code
# is looked up on the host it was opened on, and, unless that is a storefront's own, among those of the shared host. A
# test twin's clock may be ahead: what is done there is of its own time, as are the orders that follow.
_OPEN = """
    WITH asked AS (
        SELECT * FROM json_to_recordset(%s) AS asked (
            place int, code text, host text, at timestamptz, click uuid, visitor text, counted bool, referrer text,
            query jsonb
        )
    ), found AS (
        SELECT asked.place, asked.click, asked.visitor, asked.counted, asked.referrer, asked.query, link.*
        FROM asked CROSS JOIN LATERAL (
            SELECT moment.at, link.id, link.public_id, link.code, link.destination, link.storefront_id,
                program.id AS program_id, program.link_target, program.destination AS program_destination,
                program.allowed_hosts, program.friends_pool IS NOT NULL AS own_coupons
            FROM referrals_link link
            JOIN advocacy_program program ON program.id = link.program_id
            JOIN advocacy_advocate advocate ON advocate.id = link.advocate_id
            JOIN advocacy_storefront storefront ON storefront.id = link.storefront_id
            CROSS JOIN LATERAL (SELECT asked.at + storefront.clock_ahead * interval '1 second' AS at) moment
            WHERE link.code = asked.code AND link.domain IN ('', asked.host)
                AND (
                    link.domain <> '' OR lower(storefront.link_domain) = asked.host
                    OR NOT EXISTS (SELECT FROM advocacy_storefront WHERE lower(link_domain) = asked.host)
                )
                AND link.status = 'active' AND (link.expires_at IS NULL OR link.expires_at > moment.at)
                AND advocate.status <> 'banned' AND program.status = 'active'
                AND (program.starts_at IS NULL OR program.starts_at <= moment.at)
                AND (program.ends_at IS NULL OR program.ends_at > moment.at)
            ORDER BY link.domain DESC LIMIT 1
        ) link
    ), stored AS (
        INSERT INTO referrals_click (id, storefront_id, program_id, link_id, at, visitor, counted, referrer, query)
        SELECT click, storefront_id, program_id, id, at, decode(visitor, 'hex'), counted, referrer, query
        FROM found WHERE click IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    SELECT place, public_id, code, destination, link_target, program_destination, allowed_hosts, own_coupons FROM found
    """


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An opened link, with what its redirect needs. ``click_id`` is None where nothing was stored."""

    click_id: UUID | None
    link: UUID
    code: str
    destination: str
    target: str
    program_destination: str
    allowed_hosts: str
    # Whether each friend gets a code of their own, on the landing page.
    own_coupons: bool


def open_link(*, host, code, counted, visitor, referrer, query, at, stored=True):
    """Find the link that ``code`` names on ``host`` and store the visit; None where no link leads anywhere now.

    ``counted``: False for robots. ``query``: the parameters to be kept. Without ``stored`` it is only looked up.
    """
    click = ids.uuid7() if stored else None
    values = {
        "code": _clean(code).upper(),
        "host": host.lower(),
        "at": at,
        "click": click,
        "visitor": visitor.hex(),
        "counted": counted,
        "referrer": _clean(referrer)[:_LONGEST_REFERRER],
        "query": kept(query),
    }
    # Inside somebody's transaction a click is theirs alone: it is stored when they commit.
    row = _found([values])[0] if connection.in_atomic_block else _TOGETHER.ask(values)
    if row is None:
        return None
    names = ("link", "code", "destination", "target", "program_destination", "allowed_hosts", "own_coupons")
    return Opened(click_id=click, **dict(zip(names, row, strict=True)))


def _found(asked):
    """A row or None for each, by one round trip; a click that was stored before the connection died stays one."""
    numbered = [values | {"place": place} for place, values in enumerate(asked)]
    rows = {place: row for place, *row in prepared.rows(_OPEN, [json.dumps(numbered, default=str)])}
    return [rows.get(place) for place in range(len(asked))]


# A round trip with its commit costs more than the visits that it carries.
_TOGETHER = Together(_found, pause=0.002)


def record(*, storefront, code, url="", referrer="", utm=None, visitor=b"", at):
    """``(click, link)`` of a visit that a storefront or its page tells us of.

    NotFound ``unknown_code``; Refused with a reason key where the link, its advocate or its program is not open.
    """
    named = Link.objects.filter(storefront=storefront, code=_clean(code).strip().upper())
    link = named.select_related("program", "advocate__customer").first()
    if link is None:
        raise NotFound("unknown_code", "There is no link with this code.", errors={"code": "It is not known."})
    if closed := links.closed_because(link, at=at):
        raise Refused(closed, "This link leads nowhere at the moment.", errors={"code": "It is not open."})
    query = {f"utm_{name.removeprefix('utm_')}": value for name, value in (utm or {}).items()}
    click = Click.objects.create(
        id=ids.uuid7(),
        storefront_id=link.storefront_id,
        program_id=link.program_id,
        link_id=link.pk,
        at=at,
        visitor=visitor,
        referrer=_clean(referrer or "")[:_LONGEST_REFERRER],
        query=kept(query | ({"url": url} if url else {})),
    )
    return click, link


def kept(query):
    """A query's parameters as far as they are stored: a few, short, of characters that can be."""
    texts = {_clean(name)[:_LONGEST_VALUE]: _clean(value)[:_LONGEST_VALUE] for name, value in query.items()}
    return dict(list(texts.items())[:_MOST_VALUES])


def _clean(text):
    return str(text).replace("\0", "").encode(errors="ignore").decode()
