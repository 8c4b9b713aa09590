"""Empty the messages of platforms that name a person. They are sealed, so each one is opened and read."""

import json

from django.db import transaction

from advocacy import emails, secrets
from referrals.inbound import working
from referrals.models import InboundMessage, InboundState, Order

AT_ONCE = 300
# Shopify's two of ``customers/merge``, as gid://shopify/Customer/<number>.
MERGED = ("admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id")
_OF_ORDERS = ("order", "refund", "fulfillment")


def search(*, customer, cursor, at):
    """Look through the next messages of the customer's shop; where to go on, None at the end."""
    last = cursor.get("after", 0)
    messages = InboundMessage.objects.filter(connection__storefront=_live(customer.storefront), pk__gt=last)
    chunk = list(messages.order_by("pk")[:AT_ONCE])
    if not chunk:
        return None
    marks = _Marks(customer)
    for message in chunk:
        if marks.are_in(message):
            empty(message, at)
    return {"after": chunk[-1].pk}


def _live(storefront):
    """Messages of test mode come by the live connection."""
    return storefront.test_twin_of_id or storefront.pk


class _Marks:
    """By what a message is known to be of this person: their address, or the platform's number of them or an order."""

    def __init__(self, customer):
        self._key, self._address = customer.email_key, emails.standing_alone([customer.email])
        self._person = customer.external_id
        self._orders = set(Order.objects.filter(customer=customer).values_list("external_id", flat=True))

    def are_in(self, message):
        said = body(message)
        try:
            document = json.loads(said)
        except (ValueError, RecursionError):
            return self._is_named(said)
        if any(self._is_named(text) for text in emails.texts_of(document)):
            return True
        return isinstance(document, dict) and self._names(document, message.topic)

    def _is_named(self, text):
        return emails.is_named(text, key=self._key, alone=self._address)

    def _names(self, document, topic):
        """Shopify and WooCommerce have what it is about at the top, Stripe in ``data.object``."""
        data = document.get("data")
        about = data.get("object") if isinstance(data, dict) and isinstance(data.get("object"), dict) else document
        customer = about.get("customer", about.get("customer_id"))
        customer = customer.get("id") if isinstance(customer, dict) else customer
        people = {_text(customer), *(_text(about.get(name)).rpartition("/")[2] for name in MERGED)}
        if self._person and (self._person in people or self._is_person(about, topic)):
            return True
        names = {_text(about.get("order_id"))} | ({_text(about.get("id"))} if topic.startswith(_OF_ORDERS) else set())
        return bool(names & self._orders)

    def _is_person(self, about, topic):
        return topic.startswith("customer") and _text(about.get("id")) == self._person


def body(message):
    """What came, as text; it is kept byte by byte."""
    return secrets.open(message.raw).encode("latin-1").decode("utf-8", "replace")


def _text(value):
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def empty(message, at):
    """Nothing of it can be read any more; that it came stays. What was not taken yet is worked on first, once more."""
    with transaction.atomic():
        message = InboundMessage.objects.select_for_update().get(pk=message.pk)
        if message.state in (InboundState.RECEIVED, InboundState.FAILED):
            working.replay(messages=InboundMessage.objects.filter(pk=message.pk), at=at)
            working.try_one(message.pk, at=at)
            message.refresh_from_db()
        message.raw, message.note = secrets.seal("{}"), "Erased: it named a person who asked for that."
        if message.state in (InboundState.RECEIVED, InboundState.FAILED):
            message.state, message.done_at = InboundState.IGNORED, at
        message.save(update_fields=["raw", "note", "state", "done_at"])
