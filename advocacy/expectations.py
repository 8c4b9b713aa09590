"""What a model expects of customers, written down to their standings, and who of them is at risk.

Whoever has a model calls this, page by page. Everybody is a day older each night, so nearly all expectations move by a
little: what stands is written anew only of whom something else is expected, see ``_NEARLY``.
"""

from dataclasses import dataclass

from django.db import connection

from advocacy import events, persons
from advocacy.models import Customer, Standing, Storefront, bulk
from advocacy.outbox.record import Draft, record


@dataclass(frozen=True)
class Expected:
    """Of customers (keys, ascending), by place: lists of whole numbers. A value that is not known is None.

    ``alive``: in percent, how likely they will buy again at all; ``orders_e2``: in the next 12 months, in hundredths.
    """

    customers: list
    alive: list
    orders_e2: list
    value_minor: list


@dataclass(frozen=True)
class Written:
    """How many standings changed, and of how many customers ``customer.at_risk`` was told.

    ``orders_e2`` and ``value_minor``: what stands at these customers now, in sum; None where no value does.
    """

    changed: int
    told: int
    orders_e2: int
    value_minor: int | None


_EXPECTED = """
    WITH expected AS MATERIALIZED (
        SELECT * FROM unnest(%(customers)s::bigint[], %(alive)s::smallint[], %(orders)s::integer[], %(value)s::bigint[])
            AS expected (customer_id, alive, orders, value)
    )
    """
# Joined before it is filtered: of a column that is new or was all empty the planner believes that it finds nothing, and
# would look through all of the page for each row. Between the page's ends, or it would read all standings each time.
_FALLING = f"""
    {_EXPECTED}
    SELECT customer_id FROM (
        SELECT expected.customer_id, standing.alive_percent AS before, expected.alive AS now
        FROM expected JOIN advocacy_standing standing ON standing.customer_id = expected.customer_id
            AND standing.customer_id BETWEEN %(first)s AND %(last)s
        OFFSET 0
    ) AS both_nights
    WHERE before >= %(limit)s AND now < %(limit)s
    """  # noqa: S608 - made of the constant above
# Orders and values may be off by this part of what stands: of that, not of the night before, or small steps would add
# up unseen. The chance may not: one that is off would tell of a customer on the wrong night, or when the limit is
# raised.
_PART = 20
_NEARLY = f"""
    known.alive_percent = expected.alive
    AND (known.at_risk_since IS NOT NULL) = (expected.alive < %(limit)s)
    AND abs(known.expected_orders_e2 - expected.orders) <= known.expected_orders_e2 / {_PART}
    AND (known.expected_value_minor IS NULL AND expected.value IS NULL
        OR abs(known.expected_value_minor - expected.value) <= known.expected_value_minor / {_PART})
    """
# Rows in the order of their keys, as whoever else keeps standings writes them.
_WRITE = f"""
    {_EXPECTED}
    INSERT INTO advocacy_standing AS standing (customer_id, orders, revenue_minor, refunded_minor, friends_joined,
        friends_converted, alive_percent, expected_orders_e2, expected_value_minor, at_risk_since)
    SELECT expected.customer_id, 0, 0, 0, 0, 0, expected.alive, expected.orders, expected.value,
        CASE WHEN expected.alive < %(limit)s THEN COALESCE(known.at_risk_since, %(at)s) END
    FROM expected LEFT JOIN advocacy_standing known ON known.customer_id = expected.customer_id
        AND known.customer_id BETWEEN %(first)s AND %(last)s
    WHERE ({_NEARLY}) IS NOT TRUE
    ORDER BY expected.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET
        alive_percent = EXCLUDED.alive_percent,
        expected_orders_e2 = EXCLUDED.expected_orders_e2,
        expected_value_minor = EXCLUDED.expected_value_minor,
        at_risk_since = EXCLUDED.at_risk_since
    """  # noqa: S608 - made of the constants above
_STANDS = f"""
    {_EXPECTED}
    SELECT COALESCE(sum(standing.expected_orders_e2), 0)::bigint, sum(standing.expected_value_minor)::bigint
    FROM expected JOIN advocacy_standing standing ON standing.customer_id = expected.customer_id
        AND standing.customer_id BETWEEN %(first)s AND %(last)s
    """  # noqa: S608 - made of the constant above
_CLEAR = """
    WITH gone AS MATERIALIZED (
        SELECT standing.customer_id FROM advocacy_standing standing
        JOIN advocacy_customer customer ON customer.id = standing.customer_id
        WHERE standing.customer_id > %(above)s AND standing.customer_id <= %(up_to)s
            AND customer.id > %(above)s AND customer.id <= %(up_to)s
            AND standing.alive_percent IS NOT NULL AND customer.storefront_id = %(storefront)s
            AND standing.customer_id <> ALL (%(customers)s::bigint[])
        ORDER BY standing.customer_id FOR NO KEY UPDATE OF standing
    )
    UPDATE advocacy_standing standing
    SET alive_percent = NULL, expected_orders_e2 = NULL, expected_value_minor = NULL, at_risk_since = NULL
    FROM gone WHERE standing.customer_id = gone.customer_id
        AND standing.customer_id > %(above)s AND standing.customer_id <= %(up_to)s
    """
_LAST = 2**63 - 1
COLUMNS = ("alive_percent", "expected_orders_e2", "expected_value_minor", "at_risk_since", "advocate_left_at")


def write_down(*, storefront, expected, at, above=0, up_to=None):
    """Write what is expected of these customers, and nothing of the storefront's others whose keys are between
    ``above`` and ``up_to`` (included; None: all further ones). Of whom nearly the same stands, it stays. Returns what
    was ``Written``.

    ``customer.at_risk`` is told of who was at or above the storefront's limit when last looked at, and is below it
    now. Who is below when first looked at, or because the limit was raised, is at risk from now on without an event:
    a first night of an old shop would tell of thousands at once, who did nothing that day. Runs in the caller's
    transaction, at most one at a time for a storefront.
    """
    asked = {
        "customers": _array(expected.customers),
        "first": min(expected.customers, default=0),
        "last": max(expected.customers, default=0),
        "alive": _array(expected.alive),
        "orders": _array(expected.orders_e2),
        "value": _array(expected.value_minor),
        "limit": storefront.at_risk_below,
        "storefront": storefront.pk,
        "at": at,
        "above": above,
        "up_to": _LAST if up_to is None else up_to,
    }
    persons.together([storefront.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('expectations ' || %s, 0))", [storefront.pk])
        cursor.execute(_FALLING, asked)
        falling = _locked([pk for (pk,) in cursor.fetchall()])
        cursor.execute(_WRITE, asked)
        changed = cursor.rowcount
        cursor.execute(_CLEAR, asked)
        changed += cursor.rowcount
        cursor.execute(_STANDS, asked)
        orders, value = cursor.fetchone()
    _tell(storefront, falling, expected, at)
    return Written(changed=changed, told=len(falling), orders_e2=orders, value_minor=value)


def note_day(*, storefront, day):
    """What stands in its customers' standings was expected on this day, all of it."""
    Storefront.objects.filter(pk=storefront.pk).update(expected_on=day)


def forget(*, customers):
    """Nothing is expected of these records (keys) any more."""
    Standing.objects.filter(customer__in=customers).update(**dict.fromkeys(COLUMNS))


_FLAG = """
    INSERT INTO advocacy_standing AS standing (customer_id, orders, revenue_minor, refunded_minor, friends_joined,
        friends_converted, advocate_left_at)
    SELECT friend.id, 0, 0, 0, 0, 0, %(at)s
    FROM unnest(%(friends)s::bigint[]) AS friend (id) LEFT JOIN advocacy_standing known ON known.customer_id = friend.id
    WHERE known.advocate_left_at IS NULL
    ORDER BY friend.id
    ON CONFLICT (customer_id) DO UPDATE SET advocate_left_at = EXCLUDED.advocate_left_at
    """
_UNFLAG = """
    WITH back AS MATERIALIZED (
        SELECT standing.customer_id FROM advocacy_standing standing
        JOIN advocacy_customer customer ON customer.id = standing.customer_id
        WHERE standing.advocate_left_at IS NOT NULL AND customer.storefront_id = %(storefront)s
            AND standing.customer_id <> ALL (%(friends)s::bigint[])
        ORDER BY standing.customer_id FOR NO KEY UPDATE OF standing
    )
    UPDATE advocacy_standing standing SET advocate_left_at = NULL
    FROM back WHERE standing.customer_id = back.customer_id
    """


def flag_left_behind(*, storefront, friends, at):
    """The advocates of these customers (keys, each once) left, and of no others here; how many standings changed."""
    asked = {"friends": _array(friends), "storefront": storefront.pk, "at": at}
    persons.together([storefront.pk])
    with connection.cursor() as cursor:
        cursor.execute(_FLAG, asked)
        changed = cursor.rowcount
        cursor.execute(_UNFLAG, asked)
        return changed + cursor.rowcount


def _array(numbers):
    """As text the driver need not look at each."""
    return f"{{{','.join(['NULL' if number is None else str(number) for number in numbers])}}}"


def _locked(customers):
    """Those that are still known, with their rows locked; customers before standings, as an erasure takes them."""
    if not customers:
        return []
    where = "WHERE id = ANY(%s) AND erased_at IS NULL AND merged_into_id IS NULL ORDER BY id FOR NO KEY UPDATE"
    return bulk.fetch(Customer, where, [customers])


_BROUGHT = """
    SELECT customer.id, standing.friends_converted, EXISTS (
        SELECT FROM advocacy_advocate advocate WHERE advocate.customer_id = customer.id AND advocate.status <> 'banned'
    ) OR (customer.absorbed AND EXISTS (
        SELECT FROM advocacy_customer record JOIN advocacy_advocate advocate ON advocate.customer_id = record.id
        WHERE record.merged_into_id = customer.public_id AND advocate.status <> 'banned'
    ))
    FROM advocacy_customer customer JOIN advocacy_standing standing ON standing.customer_id = customer.id
    WHERE customer.id = ANY(%s)
    """


def _tell(storefront, customers, expected, at):
    """``customers``: locked rows; each gets its next version."""
    if not customers:
        return
    for customer in customers:
        customer.version += 1
    bulk.update(customers, ("version",))
    with connection.cursor() as cursor:
        cursor.execute(_BROUGHT, [[customer.pk for customer in customers]])
        brought = {pk: (friends, advocates) for pk, friends, advocates in cursor.fetchall()}
    numbers = zip(expected.customers, expected.alive, expected.orders_e2, expected.value_minor, strict=True)
    said = {pk: each for pk, *each in numbers if pk in brought}
    record([_draft(storefront, row, (*said[row.pk], *brought[row.pk]), at) for row in customers], at=at)


def _draft(storefront, customer, numbers, at):
    alive, orders_e2, value_minor, friends, advocates = numbers
    facts = {
        "alive_percent": alive,
        "expected_orders_e2": orders_e2,
        "expected_value_minor": value_minor,
        "currency": storefront.currency,
        "advocate": advocates,
        "friends": friends,
    }
    return Draft(
        type=events.CUSTOMER_AT_RISK,
        subject=customer,
        storefront=storefront.pk,
        customer=customer.pk,
        facts=facts,
        occurred_at=at,
    )
