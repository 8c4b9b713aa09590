"""Everything that is kept of one person, as JSON."""

from datetime import date, datetime
from uuid import UUID

from advocacy import ids, persons
from advocacy.models import Customer
from advocacy.privacy import parts


def export(*, customer, at):
    """``{section: rows}`` of all that is kept of this customer now; JSON, with ids as the API writes them."""
    told = {
        "customer": ids.encode("cus", customer.public_id),
        "storefront": customer.storefront.name,
        "made_at": at.isoformat(),
    }
    if others := same_mailbox(customer):
        told["same_mailbox"] = [ids.encode("cus", other.public_id) for other in others]
    for part in parts.all():
        for record in persons.records(customer).select_related("storefront").order_by("pk"):
            for section, found in part.told(record).items():
                told[section] = told.get(section, []) + found
    return told


def same_mailbox(customer):
    """Other customers of the storefront with this mailbox, who are not known to be the same person."""
    if not customer.email_key:
        return []
    here = Customer.objects.filter(storefront=customer.storefront_id, email_key=customer.email_key)
    return list(here.exclude(pk__in=persons.ids_of(customer)).order_by("pk"))


def rows(found, *columns, **named):
    """Rows as dictionaries of these columns, and of ``named`` = the path of a column; nothing that says nothing."""
    asked = {name: name for name in columns} | named
    listed = found.order_by("pk").values_list(*asked.values())
    return [_said(zip(asked, values, strict=True)) for values in listed]


def _said(pairs):
    return {name: _plain(value) for name, value in pairs if value not in (None, "", [], {})}


def _plain(value):
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
