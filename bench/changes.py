"""A day of a store that ``bench.store`` made: clicks, orders of old and new customers, refunds, and their events."""

from datetime import timedelta

from django.db import connection, transaction

from advocacy.models import Customer, Event
from bench import ground, store
from referrals.models import Click, Conversion, Order

CLICKS, ORDERS, REFUNDS = 50_000, 5_000, 500
DAY = timedelta(days=1)
# Two of five orders are of new customers, three of ten of whom a friend brings.
_NEW, _BROUGHT, _OLD = 2_000, 600, 3_000
_REFUNDED_WITHIN = timedelta(days=60)
_LAST = """
    SELECT (SELECT max(id) FROM advocacy_customer), (SELECT max(id) FROM advocacy_event),
        (SELECT max(id) FROM referrals_order), (SELECT max(id) FROM referrals_referral)
    """
_WITHIN = "%(since)s + (%(until)s - %(since)s)"
_BUYERS = f"""
    FROM (
        SELECT id AS customer, created_at AS placed FROM advocacy_customer WHERE id > %(customer)s
        UNION ALL
        SELECT id, {_WITHIN} * random() FROM (
            SELECT 1 + floor(random() * %(customer)s)::bigint AS id FROM generate_series(1, %(old)s)
        ) drawn
    ) own
    """
_CONVERTING = """
    FROM (
        SELECT placed.*, bond.id AS bond, bond.advocate_id AS by_advocate, bond.last_sequence
                + row_number() OVER (PARTITION BY bond.id ORDER BY placed.id) AS so_many
        FROM referrals_order placed JOIN referrals_referral bond ON bond.friend_id = placed.customer_id
        WHERE placed.id > %(order)s
    ) ordered
    """
# Every tenth wholly.
_REFUND = """
    UPDATE referrals_order SET version = version + 1, updated_at = %(until)s,
        refunded_minor = CASE WHEN id %% 10 = 0 THEN total_minor ELSE GREATEST(total_minor / 3, 1) END
    WHERE id IN (
        SELECT id FROM referrals_order
        WHERE storefront_id = %(storefront)s AND placed_at >= %(recent)s AND placed_at < %(since)s
            AND status = 'paid' AND refunded_minor = 0
        ORDER BY md5(id::text) LIMIT %(refunds)s
    )
    """
_FALL = """
    UPDATE referrals_conversion own SET version = own.version + 1, stands = placed.refunded_minor < placed.total_minor
    FROM referrals_order placed
    WHERE placed.id = own.order_id AND placed.version > 1 AND placed.updated_at = %(until)s
    """
_FELL = """
    SELECT referral_id FROM referrals_conversion own JOIN referrals_order placed ON placed.id = own.order_id
    WHERE placed.version > 1 AND placed.updated_at = %(until)s AND NOT own.stands
    """
_REFUNDED = "WHERE subject.version > 1 AND subject.updated_at = %(until)s"
_ADJUSTED = """
    JOIN referrals_order placed ON placed.id = subject.order_id
    WHERE placed.version > 1 AND placed.updated_at = %(until)s
    """


def write(*, program, since):
    """What happens in the day after ``since``; the ids of the events that tell of it, oldest first."""
    known = {"storefront": program.storefront_id, "program": program.pk, "begin": store.BEGIN, "now": ground.NOW}
    known |= {"since": since, "until": since + DAY, "recent": since - _REFUNDED_WITHIN}
    known |= {"visits": CLICKS, "new": _NEW, "brought": _BROUGHT, "old": _OLD, "refunds": REFUNDS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        cursor.execute(_LAST)
        known |= zip(("customer", "event", "order", "bond"), cursor.fetchone(), strict=True)
        known |= store.links(cursor)
        store.insert(cursor, Click, store.visits("%(since)s", "%(until)s"), known, **store.CLICK)
        _new_customers(cursor, known)
        _purchases(cursor, known)
        cursor.execute(_REFUND, known)
        cursor.execute(_FALL, known)
        cursor.execute(f"{store.STANDING_BONDS} AND bond.id IN ({_FELL})", known)
        _refunds(cursor, known)
    return list(Event.objects.filter(pk__gt=known["event"]).order_by("pk").values_list("pk", flat=True))


def _new_customers(cursor, known):
    drawn = f"SELECT number, {_WITHIN} * number / %(new)s AS at FROM generate_series(1, %(new)s) number"
    store.insert(
        cursor,
        Customer,
        f"FROM ({drawn}) one",
        known,
        external_id="%(until)s::date || 'c' || number",
        **dict.fromkeys(("created_at", "updated_at", "recorded_at"), "at"),
    )
    store.bind(cursor, known, "friend.id > %(customer)s ORDER BY friend.id LIMIT %(brought)s")
    store.insert(
        cursor, Event, "FROM referrals_referral subject WHERE id > %(bond)s ORDER BY id", known, **store.of_bonds()
    )


def _purchases(cursor, known):
    amounts = ("subtotal_minor", "revenue_minor", "total_minor")
    store.insert(
        cursor,
        Order,
        _BUYERS,
        known,
        customer_id="customer",
        external_id="%(until)s::date || '-' || row_number() OVER ()",
        status="'paid'",
        currency="'EUR'",
        **dict.fromkeys(amounts, "1000 + customer %% 7000"),
        **dict.fromkeys(("placed_at", "paid_at", "updated_at", "recorded_at", "at"), "placed"),
    )
    store.insert(cursor, Event, "FROM referrals_order subject WHERE id > %(order)s", known, **store.of_orders())
    store.insert(cursor, Conversion, _CONVERTING, known, **store.CONVERSION)
    cursor.execute(
        store.STANDING_BONDS + " AND bond.friend_id IN (SELECT customer_id FROM referrals_order WHERE id > %(order)s)",
        known,
    )
    source = f"{store.CONVERSIONS} WHERE subject.order_id > %(order)s"
    store.insert(cursor, Event, source, known, **store.of_conversions())


def _refunds(cursor, known):
    of_orders = store.of_orders("order.refunded", version=2, change=0, at="subject.updated_at")
    store.insert(cursor, Event, f"FROM referrals_order subject {_REFUNDED}", known, **of_orders)
    of_conversions = store.of_conversions("conversion.adjusted", version=2, at="%(until)s")
    store.insert(cursor, Event, f"{store.CONVERSIONS} {_ADJUSTED}", known, **of_conversions)
