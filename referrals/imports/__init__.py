"""Customers, orders and referrals from files: recognised, checked, taken part by part, reported line by line.

    row = imports.keep(storefront=acme, kind="orders", stream=file, name="orders.csv", at=now)
    imports.begin(row=row, at=now)

A file is read once and kept in parts; two jobs go through them. The check takes each part and undoes it, so that what
it counts is what the import does.
"""

from referrals.imports.keeping import CHECK, TAKE, begin, discard, keep, text_id
from referrals.imports.reporting import first_rows, forget, refused, refused_count, table, title
from referrals.imports.working import check, step

__all__ = [
    "CHECK",
    "TAKE",
    "begin",
    "check",
    "discard",
    "first_rows",
    "forget",
    "keep",
    "refused",
    "refused_count",
    "step",
    "table",
    "text_id",
    "title",
]
