"""Counts that go through all rows of a program, made by night and kept: trees, hours, products."""

# ruff: noqa: S608 - statements are made of the constants here

from datetime import timedelta

from django.db import connection
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL

from advocacy import ids
from advocacy.models import Customer, Program
from referrals.buyers.elsewhere import count_elsewhere
from referrals.growth import kin
from referrals.measures import trees
from referrals.models import Conversion, Order, OrderStatus, Tally, TallyOf

RECENT = timedelta(days=90)
_OFTEN = timedelta(hours=20)
_MOST_PRODUCTS = 20

# A click is one of a link, a visitor and an hour, as everywhere.
_HOURS = """
    SELECT extract(isodow FROM local)::int, extract(hour FROM local)::int,
        count(*) FILTER (WHERE what = 'click'), count(*) FILTER (WHERE what = 'order')
    FROM (
        SELECT 'click' AS what, min(at) AT TIME ZONE %(zone)s AS local FROM referrals_click
        WHERE program_id = %(program)s AND counted AND id >= %(lowest)s AND at >= %(since)s
        GROUP BY link_id, visitor, date_trunc('hour', at)
        UNION ALL
        SELECT 'order', converted_at AT TIME ZONE %(zone)s FROM referrals_conversion
        WHERE program_id = %(program)s AND stands AND NOT ended AND converted_at >= %(since)s
    ) happened GROUP BY 1, 2 ORDER BY 1, 2
    """
# A line without a quantity is one piece. What was wholly given back counts for nobody; a friend's order that does not
# stand is no other's.
_NAME = "coalesce(nullif(said ->> 'name', ''), nullif(said ->> 'sku', ''), said ->> 'product_id')"
_PIECES = "coalesce((said ->> 'quantity')::bigint, 1)"
_PIECES_OF = f"""
    (SELECT coalesce(sum({_PIECES}), 0)::bigint FROM jsonb_array_elements(referrals_order.products) said
    WHERE {_NAME} = %s)
    """
_PRODUCTS = f"""
    WITH line AS (
        SELECT {_NAME} AS product, {_PIECES} AS pieces,
            (
                SELECT bool_or(conversion.stands) FROM referrals_conversion conversion
                WHERE conversion.order_id = placed.id AND conversion.program_id = %(program)s AND NOT conversion.ended
            ) AS stands
        FROM referrals_order placed CROSS JOIN LATERAL jsonb_array_elements(placed.products) said
        WHERE placed.storefront_id = %(storefront)s AND placed.status = 'paid' AND placed.placed_at >= %(since)s
            AND (placed.refunded_minor < placed.total_minor OR placed.total_minor = 0)
    ), named AS (
        SELECT product, sum(pieces) FILTER (WHERE stands) AS friends,
            sum(pieces) FILTER (WHERE stands IS NULL) AS others
        FROM line WHERE product IS NOT NULL GROUP BY product
    )
    SELECT product, coalesce(friends, 0), coalesce(others, 0), sum(friends) OVER (), sum(others) OVER ()
    FROM named ORDER BY 2 DESC, 3 DESC, 1 LIMIT %(most)s
    """


def due(*, at):
    """Programs that have friends and were not counted for most of a day."""
    fresh = Tally.objects.filter(program=OuterRef("pk"), counted_at__gt=at - _OFTEN)
    return Program.objects.filter(~Exists(fresh), referrals__isnull=False).distinct().select_related("storefront")


def count(*, program, at):
    """Make all tallies of a program anew."""
    made = {
        TallyOf.TREES: _trees(program, at),
        TallyOf.HOURS: _hours(program, at),
        TallyOf.PRODUCTS: _products(program, at),
        TallyOf.ELSEWHERE: count_elsewhere(storefront=program.storefront),
    }
    rows = [Tally(program=program, of=of, answer=answer, counted_at=at) for of, answer in made.items()]
    Tally.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["program", "of"], update_fields=["answer", "counted_at"]
    )


def read(*, program):
    """``{of: (answer, counted at)}`` of what was counted; nothing before the first night."""
    return {row.of: (row.answer, row.counted_at) for row in Tally.objects.filter(program=program)}


def behind_product(*, program, product, friends, counted_at):
    """The paid orders whose pieces of a product were counted then, with them as ``row_pieces``: a queryset."""
    since = counted_at - RECENT
    rows = Order.objects.filter(storefront=program.storefront_id, status=OrderStatus.PAID, placed_at__gte=since)
    rows = rows.filter(Q(refunded_minor__lt=F("total_minor")) | Q(total_minor=0), placed_at__lte=counted_at)
    mine = Conversion.objects.filter(order=OuterRef("pk"), program=program, ended=False)
    rows = rows.filter(Exists(mine.filter(stands=True)) if friends else ~Exists(mine))
    pieces = RawSQL(_PIECES_OF, [product], output_field=BigIntegerField())  # noqa: S611 - made of constants
    return rows.annotate(row_pieces=pieces).exclude(row_pieces=0)


def _asked(question, program, **more):
    with connection.cursor() as cursor:
        cursor.execute(question, {"program": program.pk, "storefront": program.storefront_id} | more)
        return cursor.fetchall()


def _trees(program, at):
    told = trees.trees(*kin.pairs(program=program, at=at))
    root = Customer.objects.filter(pk=told.largest_root).first()
    return {
        "trees": told.trees,
        "people": told.people,
        "sizes": told.sizes,
        "deepest": told.deepest,
        "depths": told.depths,
        "loops": told.loops,
        "looping": told.looping,
        "largest_root": ids.encode("cus", root.public_id) if root else None,
    }


def _hours(program, at):
    since = at - RECENT
    zone = program.storefront.time_zone
    found = _asked(_HOURS, program, zone=zone, since=since, lowest=ids.floor_of(since))
    return {
        "time_zone": zone,
        "cells": [
            {"weekday": weekday, "hour": hour, "clicks": clicks, "orders": orders}
            for weekday, hour, clicks, orders in found
        ],
    }


def _products(program, at):
    found = _asked(_PRODUCTS, program, since=at - RECENT, most=_MOST_PRODUCTS)
    return {
        "friends": int(found[0][3] or 0) if found else 0,
        "others": int(found[0][4] or 0) if found else 0,
        "products": [
            {"product": product, "friends": int(friends), "others": int(others)}
            for product, friends, others, *_ in found
        ],
    }
