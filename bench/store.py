"""A store of two years, by plain SQL: customers, advocates, links, clicks, referrals, orders, conversions, rewards.

Everything follows from the size and a seed. For a million customers: 50,000 advocates with 100,000 links, 300,000
friends, 3 million orders, 900,000 conversions, 10 million clicks, 1.5 million shares and views. What roll-ups and the
marks of changes read is as the product writes it; facts of orders that nobody reads here are left out of their events.
"""

import time
from datetime import timedelta

from django.db import connection, transaction

from advocacy.models import Advocate, Customer, Event, Program, Standing, Storefront
from bench import ground, rewarded
from referrals.clicks import storage
from referrals.models import Click, Conversion, FraudPolicy, Link, Order, Referral, Share

DAYS = 730
SEED = 0.5
BEGIN = ground.NOW - timedelta(days=DAYS)
# In a program's first years every twentieth customer advocates, and the first ones bring the most.
_ADVOCATES_EVERY, _LINKS, _CLICKS, _SHARES = 20, 2, 10, 1.5
_SEGMENTS = "(ARRAY['', 'press', 'vip'])[1 + {number} % 3]"
# Random, but with the time in front as the product's own are, so that indexes grow at their end.
_ID = "(lpad(to_hex((1000 * extract(epoch FROM {at}))::bigint), 12, '0') || substr(md5(random()::text), 1, 20))::uuid"
# A link that was there by then, rather an old one; their ids are in the order of time.
_LINK = """%(first_link)s + floor(0.999 * random() * random() * %(links)s * least(1,
    extract(epoch FROM {at} - %(begin)s) / extract(epoch FROM %(now)s - %(begin)s)))::bigint"""
_CODES = "(ARRAY['', 'whatsapp', 'email', 'instagram'])[1 + {number} % 4]"
# Everybody buys, the first time within two days, and comes back as BG/NBD says (r = 1, a = 0.5, b = 1): at a pace of
# their own, and each time leaves for good by a chance of their own; spent is what Gamma-Gamma says (p = 2, q = 2).
_A_PACE = "-ln(1 - random()) / 95"  # a day, in the mean
_A_CHANCE = "power(random(), 2)"
_PERSONS = f"""
    SELECT customer, first, pace, spends,
        2 + LEAST(60, floor(ln(1 - random()) / ln(1 - LEAST(leaves, 0.999))))::int AS times
    FROM (
        SELECT id AS customer, created_at + random() * LEAST(interval '2 days', %(now)s - created_at) AS first,
            {_A_PACE} AS pace, GREATEST({_A_CHANCE}, 0.0001) AS leaves,
            2500 / -ln((1 - random()) * (1 - random())) AS spends
        FROM advocacy_customer WHERE storefront_id = %(storefront)s ORDER BY id
    ) drawn
    """
_ORDERS = f"""
    FROM (
        SELECT customer, time, random() AS luck,
            first + interval '1 day' * LEAST(3650, sum(waited) OVER (PARTITION BY customer ORDER BY time)) AS placed,
            LEAST(100000, 100 - spends * ln((1 - random()) * (1 - random())))::bigint AS revenue
        FROM (
            SELECT customer, first, spends, time, CASE time WHEN 1 THEN 0 ELSE -ln(1 - random()) / pace END AS waited
            FROM ({_PERSONS}) person CROSS JOIN LATERAL generate_series(1, times) AS time
        ) came
    ) bought
    WHERE placed < %(now)s ORDER BY placed
    """
_PRODUCTS = """jsonb_build_array(jsonb_build_object('name', 'Product ' || (revenue % 40)::text, 'quantity', 1))"""
_CONVERTING = """
    FROM (
        SELECT placed.*, bond.id AS bond, bond.channel AS of_channel, bond.advocate_id AS by_advocate,
            row_number() OVER (PARTITION BY bond.id ORDER BY placed.paid_at, placed.id) AS so_many
        FROM referrals_order placed JOIN referrals_referral bond ON bond.friend_id = placed.customer_id
        WHERE placed.storefront_id = %(storefront)s
    ) ordered ORDER BY paid_at, id
    """


def make(*, customers):
    """The storefront's program; says how long each part took."""
    storefront = Storefront.objects.create(name="Acme", slug="acme", currency="EUR", time_zone="Europe/Berlin")
    program = Program.objects.create(
        storefront=storefront, name="Friends", slug="friends", currency="EUR", destination="https://acme.example/"
    )
    FraudPolicy.objects.create(program=program, active=False)
    for month in range(DAYS // 28 + 1, 0, -4):
        storage.keep_partitions(at=ground.NOW - timedelta(days=28 * month))
    storage.keep_partitions(at=ground.NOW)
    known = {"storefront": storefront.pk, "program": program.pk, "now": ground.NOW, "begin": BEGIN}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '128MB'; SELECT setseed(%s)", [SEED])
        _people(cursor, known | {"customers": customers})
        known |= links(cursor)
        bind(cursor, known, "friend.id %% 10 < 3")
        cursor.execute("ANALYZE referrals_referral")
        _purchases(cursor, known)
        _visits(cursor, known | {"clicks": _CLICKS * customers, "shares": int(_SHARES * customers)})
        _events(cursor, known)
        rewarded.give(cursor, known, storefront=storefront)
    with connection.cursor() as cursor:
        for statement in ("SET statement_timeout = 0", "VACUUM ANALYZE", "RESET statement_timeout"):
            cursor.execute(statement)
    return program


def _people(cursor, known):
    moment = "%(begin)s + (%(now)s - %(begin)s) * ((number - random()) / %(customers)s)"
    insert(
        cursor,
        Customer,
        f"FROM (SELECT number, {moment} AS at FROM generate_series(1, %(customers)s) number) one",
        known,
        external_id="'c' || number",
        email="'c' || number || '@example.com'",
        email_key="'c' || number || '@example.com'",
        **dict.fromkeys(("created_at", "updated_at", "recorded_at"), "at"),
    )
    insert(
        cursor,
        Advocate,
        f"FROM advocacy_customer one WHERE storefront_id = %(storefront)s AND id %% {_ADVOCATES_EVERY} = 0 ORDER BY id",
        known,
        customer_id="id",
        code="'A' || id",
        enrolled_at="created_at",
        at="created_at",
    )
    insert(
        cursor,
        Link,
        f"FROM advocacy_advocate one CROSS JOIN generate_series(1, {_LINKS}) AS number "
        "WHERE program_id = %(program)s ORDER BY enrolled_at, number",
        known,
        advocate_id="one.id",
        code="'L' || one.id || '-' || number",
        channel=_CODES.format(number="(one.id + number)").replace("%", "%%"),
        created_at="enrolled_at",
        at="enrolled_at",
    )
    cursor.execute("ANALYZE advocacy_customer, advocacy_advocate, referrals_link")


def links(cursor):
    cursor.execute("SELECT min(id), count(*) FROM referrals_link")
    return dict(zip(("first_link", "links"), cursor.fetchone(), strict=True))


def bind(cursor, known, friends):
    """Referrals of these ``friends``, each by a link that was there before."""
    source = f"""
        FROM (
            SELECT friend.id AS friend, friend.created_at AS bound, random() AS luck,
                {_LINK.format(at="friend.created_at")} AS drawn
            FROM advocacy_customer friend
            WHERE friend.storefront_id = %(storefront)s AND {friends}
        ) one JOIN referrals_link link ON link.id = drawn
        ORDER BY friend
        """
    insert(
        cursor,
        Referral,
        source,
        known,
        friend_id="friend",
        advocate_id="link.advocate_id",
        link_id="link.id",
        channel="link.channel",
        method="CASE WHEN luck < 0.8 THEN 'cookie' ELSE 'code' END",
        clicked_at="CASE WHEN luck < 0.8 THEN bound - 20 * luck * luck * interval '1 day' END",
        bound_at="bound",
        recorded_at="bound",
        at="bound",
    )


def _purchases(cursor, known):
    insert(
        cursor,
        Order,
        _ORDERS,
        known,
        customer_id="customer",
        external_id="'o' || customer || '-' || time",
        status="CASE WHEN luck < 0.02 THEN 'cancelled' ELSE 'paid' END",
        currency="'EUR'",
        **dict.fromkeys(("subtotal_minor", "revenue_minor", "total_minor"), "revenue"),
        refunded_minor="CASE WHEN luck > 0.97 THEN revenue WHEN luck > 0.9 THEN revenue / 2 ELSE 0 END",
        segment=_SEGMENTS.format(number="customer").replace("%", "%%"),
        products=_PRODUCTS.replace("%", "%%"),
        **dict.fromkeys(("placed_at", "paid_at", "updated_at", "recorded_at", "at"), "placed"),
    )
    cursor.execute("ANALYZE referrals_order")
    insert(cursor, Conversion, _CONVERTING, known, **CONVERSION)
    _told("referrals_referral brought up to date", cursor, STANDING_BONDS, known)
    insert(
        cursor,
        Standing,
        "FROM referrals_order WHERE storefront_id = %(storefront)s GROUP BY customer_id",
        known,
        customer_id="customer_id",
        orders="count(*)",
        revenue_minor="sum(revenue_minor)",
        refunded_minor="sum(refunded_minor)",
        first_order_at="min(placed_at)",
        last_order_at="max(placed_at)",
    )


_SEGMENTS_OF = (
    "CASE WHEN {advocate} % 3 = 0 THEN '[]'::jsonb ELSE jsonb_build_array("
    + _SEGMENTS.format(number="{advocate}")
    + ") END"
)
_FROZEN = "jsonb_build_object('new_customer', so_many = 1, 'advocate_segments', " + (
    _SEGMENTS_OF.format(advocate="by_advocate").replace("%", "%%") + ")"
)
CONVERSION = {
    "referral_id": "bond",
    "order_id": "id",
    "sequence": "so_many",
    "frozen": _FROZEN,
    "stands": "status = 'paid' AND refunded_minor < total_minor",
    **dict.fromkeys(("converted_at", "recorded_at", "at"), "paid_at"),
}
STANDING_BONDS = """
    UPDATE referrals_referral bond
    SET standing_conversions = own.standing, converted_at = own.first, last_sequence = own.last
    FROM (
        SELECT referral_id, count(*) FILTER (WHERE stands) AS standing, max(sequence) AS last,
            min(converted_at) FILTER (WHERE stands) AS first
        FROM referrals_conversion GROUP BY referral_id
    ) own WHERE own.referral_id = bond.id
    """


def _visits(cursor, known):
    """A visit is of a link that was there, rather of an old one; a visitor comes more than once a day."""
    source = visits("%(begin)s", "%(now)s")
    insert(cursor, Click, source, known | {"visits": known["clicks"]}, **CLICK)
    insert(cursor, Share, source, known | {"visits": known["shares"]}, **_SHARE)


CLICK = {
    "id": _ID.format(at="at"),
    "link_id": "link",
    "at": "at",
    "visitor": "substr(decode(md5(at::date || ' ' || visitor), 'hex'), 1, 16)",
    "counted": "number %% 20 > 0",
}
_SHARE = {
    "link_id": "link",
    "kind": "CASE WHEN number %% 3 = 0 THEN 'share' ELSE 'view' END",
    "channel": _CODES.format(number="number").replace("%", "%%"),
    "at": "at",
}


def visits(since, until):
    """So many rows of ``number, at, link, visitor`` between two moments, in the order of time."""
    return f"""
        FROM (
            SELECT number, at, {_LINK.format(at="at")} AS link,
                floor(random() * 0.8 * %(visits)s
                    / greatest(1, extract(epoch FROM {until} - {since}) / 86400)) AS visitor
            FROM (
                SELECT number, {since} + ({until} - {since}) * ((number - random()) / %(visits)s) AS at
                FROM generate_series(1, %(visits)s) number
            ) moment
        ) one
        """


def _events(cursor, known):
    """The first version of each referral, order and conversion, which counts and marks of later changes look up."""
    referrals = "FROM referrals_referral subject WHERE storefront_id = %(storefront)s ORDER BY bound_at"
    insert(cursor, Event, referrals, known, **of_bonds())
    insert(cursor, Event, f"FROM referrals_order subject {_OF_STORE} ORDER BY placed_at", known, **of_orders())
    insert(cursor, Event, f"{CONVERSIONS} {_OF_STORE} ORDER BY converted_at", known, **of_conversions())


_OF_STORE = "WHERE subject.storefront_id = %(storefront)s"
CONVERSIONS = """
    FROM referrals_conversion subject JOIN referrals_referral bond ON bond.id = subject.referral_id
    """


def told(kind, name, at, version=1):
    """Columns of an event about ``subject``."""
    return {
        "type": f"'{name}'",
        "subject_kind": f"'{kind}'",
        "subject_id": "subject.public_id",
        "version": str(version),
        "occurred_at": at,
        "recorded_at": at,
        "at": at,
    }


def of_bonds():
    people = {"advocate_id": "advocate_id", "friend_id": "friend_id", "customer_id": "friend_id"}
    segments = _SEGMENTS_OF.format(advocate="advocate_id").replace("%", "%%")
    facts = f"jsonb_build_object('advocate_segments', {segments})"
    return told("referral", "referral.created", "bound_at") | people | {"facts": facts}


def of_orders(name="order.recorded", *, version=1, change=1, at="placed_at"):
    facts = f"""jsonb_build_object('placed_at', placed_at, 'status', status, 'currency', currency,
        'total_minor', total_minor, 'orders_change', {change})"""
    return told("order", name, at, version) | {"facts": facts, "customer_id": "subject.customer_id"}


def of_conversions(name="conversion.recorded", *, version=1, at="subject.converted_at"):
    facts = "subject.frozen || jsonb_build_object('stands', stands, 'advocate_review', advocate_review)"
    people = {"advocate_id": "bond.advocate_id", "friend_id": "bond.friend_id", "customer_id": "bond.friend_id"}
    return told("conversion", name, at, version) | people | {"facts": facts}


def insert(cursor, model, source, known, *, at="now()", **given):
    """Rows of a model, whose other columns have the model's own defaults; ``at``: whose time the public id carries."""
    columns = {field.column: field for field in model._meta.concrete_fields}
    values = {"public_id": _ID.format(at=at), "storefront_id": "%(storefront)s", "program_id": "%(program)s"}
    if "at" in columns:
        given |= {"at": at}
    if model is Event or "version" not in columns:
        values |= {}
    else:
        values |= {"version": "1"}
    values = {name: said for name, said in values.items() if name in columns} | given
    for name, field in columns.items():
        if name not in values and not field.primary_key and not field.null:
            values[name] = f"%({name}_default)s"
            known = known | {f"{name}_default": field.get_db_prep_save(field.get_default(), connection)}
    names = ", ".join(values)
    _told(
        model._meta.db_table,
        cursor,
        f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values.values())} {source}",
        known,
    )


def _told(what, cursor, statement, known):
    began = time.perf_counter()
    cursor.execute(statement, known)
    print(f"  {what}: {cursor.rowcount:,} rows in {time.perf_counter() - began:.0f} s", flush=True)
