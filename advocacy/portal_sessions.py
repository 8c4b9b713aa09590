"""A storefront lets one of its customers into the portal: by an address that is signed, short-lived and opens once."""

import re
from datetime import timedelta
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction

from advocacy import ids
from advocacy.models import PortalSession

LASTS = timedelta(minutes=10)
# How long who came in stays.
STAYS = timedelta(hours=2)
_SALT = "a way into the portal"
_VISITOR = re.compile("portal-([0-9a-f]{32})").fullmatch


def make(*, customer, at):
    """``(PortalSession, token)``; the token stands in the address and is not stored."""
    row = PortalSession.objects.create(
        storefront_id=customer.storefront_id, customer=customer, made_at=at, expires_at=at + LASTS
    )
    return row, signing.Signer(salt=_SALT).sign(ids.encode("pts", row.public_id))


def forget(*, before, at):
    """Those that were over before then."""
    PortalSession.objects.filter(expires_at__lt=before).delete()


def open_once(*, token, at):
    """The user who may now see the portal as this customer, or None where it was opened, is over or is not ours.

    The user exists for this one customer: without password, address or right, whoever else has the same mailbox.
    """
    try:
        public_id = ids.decode("pts", signing.Signer(salt=_SALT).unsign(token))
    except signing.BadSignature:
        return None
    with transaction.atomic():
        mine = PortalSession.objects.filter(public_id=public_id, opened_at=None, expires_at__gt=at)
        if not mine.update(opened_at=at):
            return None
        row = PortalSession.objects.select_related("customer").get(public_id=public_id)
        user, new = get_user_model().objects.get_or_create(username=username_of(row.customer))
        if new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
    return user if user.is_active else None


def username_of(customer):
    """Of the user who is let in as this customer."""
    return f"portal-{customer.public_id.hex}"


def customer_id(user):
    """The public id of the customer whom this user was let in as, or None for everybody else."""
    found = _VISITOR(user.get_username())
    return UUID(found[1]) if found else None
