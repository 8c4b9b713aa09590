"""Customers and advocates as the page names them: to who may not see customers by their ids."""

from django.urls import reverse

from advocacy import ids
from advocacy.models import Advocate
from config.measured.cards import word

_RIGHTS = "advocacy.view_customer", "advocacy.view_advocate"


def naming(user):
    """``named(row)``: the cell of a customer or advocate, with a link to their page where ``user`` may open it."""
    customers, advocates = (user.has_perm(right) for right in _RIGHTS)

    def named(row):
        is_advocate = isinstance(row, Advocate)
        kind = "advocate" if is_advocate else "customer"
        link = reverse(f"admin:advocacy_{kind}_change", args=[row.pk]) if (customers, advocates)[is_advocate] else ""
        return word(row if customers else ids.encode(ids.PREFIXES[kind], row.public_id), link=link)

    return named


def of_groups(groups, named):
    """``{key: cell}`` of groups by advocate; without those that have none."""
    keys = {each["group"]["key"]: ids.decode("adv", each["group"]["key"]) for each in groups if each["group"]["key"]}
    rows = Advocate.objects.filter(public_id__in=keys.values()).select_related("customer")
    found = {row.public_id: named(row) for row in rows}
    return {key: found[public_id] for key, public_id in keys.items() if public_id in found}
