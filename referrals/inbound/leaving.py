"""A shop that left asks that what its customers left is forgotten (Shopify's ``shop/redact``): a job, page by page.

Who was this shop's customer alone is erased like anybody who asks: whom it made known, or who bought there, or whom its
messages name. What the storefront's other connections sent of them is emptied first, all messages of the shop itself
at the end. Who also bought in another way stays a customer, and only what their orders there say of them goes. Amounts
and the ledger stay.
"""

import json
from uuid import UUID

from django.db.models import Q

from advocacy import emails, jobs, persons, privacy
from advocacy.models import Connection, Customer, Storefront
from advocacy.models.job import ACTIVE
from referrals.inbound.erasing import MERGED, body, empty
from referrals.models import (
    ImportPart,
    ImportRefusals,
    InboundMessage,
    Order,
    PrivacyRequest,
    PrivacyState,
    Source,
)
from referrals.privacy import erase_order, says_something

JOB = "shop_erasure"
# What a step does in about a second.
_PEOPLE, _MESSAGES = 20, 50


def start(*, request, at):
    return jobs.start(storefront=request.storefront, kind=JOB, parameters={"request": str(request.public_id)}, at=at)


def step(*, job, at):
    """Of the job: the next messages of other connections, then the next customers, then the next messages of the shop
    and whom else they name.
    """
    rows = PrivacyRequest.objects.select_related("connection__storefront")
    request = rows.get(public_id=UUID(job.parameters["request"]))
    shop = _Shop(request.connection, at)
    cursor = {"elsewhere": 0, "people": 0, "messages": 0, "erased": 0, "kept": 0} | job.cursor
    if cursor["elsewhere"] is not None:
        cursor["elsewhere"] = shop.elsewhere_after(cursor["elsewhere"]) if shop.is_the_only_one else None
    elif cursor["people"] is not None:
        cursor["people"] = shop.people_after(cursor["people"]) if shop.is_the_only_one else None
    else:
        cursor["messages"] = shop.messages_after(cursor["messages"])
    cursor["erased"] += shop.erased
    cursor["kept"] += shop.kept
    if any(cursor[phase] is not None for phase in ("elsewhere", "people", "messages")):
        return jobs.Progress(cursor=cursor, done=cursor["erased"] + cursor["kept"])
    found = {"erased": cursor["erased"], "others": cursor["kept"]}
    _answer(request, shop, found, at)
    return jobs.Progress(cursor=cursor, done=sum(found.values()), total=sum(found.values()), result=found)


def _answer(request, shop, found, at):
    """Done, unless somebody must look: orders of several shops are told apart by their messages alone."""
    note = f"Customers erased: {found['erased']}. What orders said of others: {found['others']}."
    if not shop.is_the_only_one:
        note += " There is another Shopify shop: erase by hand whom no message named."
    rows = PrivacyRequest.objects.filter(pk=request.pk, state=PrivacyState.OPEN)
    if shop.is_the_only_one:
        rows.update(state=PrivacyState.DONE, done_at=at, note=note)
    else:
        rows.update(note=note)


class _Shop:
    """What is forgotten in this step is counted in ``erased`` and ``kept``."""

    def __init__(self, connection, at):
        self.connection, self.at, self.erased, self.kept = connection, at, 0, 0
        live = connection.storefront
        # Test orders come by the live connection.
        twins = Storefront.objects.filter(test_twin_of=live).values_list("pk", flat=True)
        self.storefronts = [live.pk, *twins]
        others = Connection.objects.filter(storefront=live, platform=connection.platform)
        self.is_the_only_one = not others.exclude(pk=connection.pk).exists()
        files = {"of__storefront__in": self.storefronts}
        self.has_files = any(rows.objects.filter(**files).exists() for rows in (ImportPart, ImportRefusals))
        self.elsewhere = InboundMessage.objects.filter(connection__storefront=live).exclude(connection=connection)

    def elsewhere_after(self, last):
        """The key of the last message whose turn it was, None after all of them."""
        chunk = list(self.elsewhere.filter(pk__gt=last).order_by("pk")[:_MESSAGES])
        for message in chunk:
            document, addresses = _read(message)
            people, _ = _named(document, message.topic)
            rows = Customer.objects.filter(storefront__in=self.storefronts, erased_at=None)
            named = [*rows.filter(email_key__in=addresses), *rows.filter(external_id__in=people)]
            if any(self._had(customer) and not self._bought_elsewhere(customer) for customer in named):
                empty(message, self.at)
        return chunk[-1].pk if chunk else None

    def people_after(self, last):
        """The key of the last whose turn it was, None after all of them."""
        found = list(self._customers().filter(pk__gt=last).order_by("pk")[:_PEOPLE])
        for customer in found:
            self._forget(customer)
        return found[-1].pk if found else None

    def _customers(self):
        """Whom it made known, and who bought there."""
        ordered = Order.objects.filter(brought_by=Source.SHOPIFY, storefront__in=self.storefronts)
        rows = Customer.objects.filter(storefront__in=self.storefronts, erased_at=None)
        return rows.filter(Q(brought_by=Source.SHOPIFY) | Q(pk__in=ordered.values("customer")))

    def _had(self, customer):
        return self._customers().filter(pk__in=persons.ids_of(customer)).exists()

    def _bought_elsewhere(self, customer):
        return Order.objects.filter(customer__in=persons.ids_of(customer)).exclude(brought_by=Source.SHOPIFY).exists()

    def messages_after(self, last):
        chunk = list(InboundMessage.objects.filter(connection=self.connection, pk__gt=last).order_by("pk")[:_MESSAGES])
        for message in chunk:
            people, orders = _named(_read(message)[0], message.topic)
            empty(message, self.at)
            for customer in self._of(people, orders):
                self._forget(customer, searched=False)
        return chunk[-1].pk if chunk else None

    def _of(self, people, orders):
        rows = Customer.objects.filter(storefront__in=self.storefronts, erased_at=None)
        placed = Order.objects.filter(
            storefront__in=self.storefronts, brought_by=Source.SHOPIFY, external_id__in=orders
        )
        named, bought = rows.filter(external_id__in=people), rows.filter(pk__in=placed.values("customer"))
        return {customer.pk: customer for each in (named, bought) for customer in each}.values()

    def _forget(self, customer, *, searched=True):
        """``searched``: what other connections sent of them is emptied; else, where there is any, a job does that.

        Whom a file may name that waits to be imported is searched for by a job in any case.
        """
        theirs = Order.objects.filter(customer__in=persons.ids_of(customer))
        if self._bought_elsewhere(customer):
            orders = list(theirs.filter(brought_by=Source.SHOPIFY).order_by("pk"))
            self.kept += any(says_something(order) for order in orders)
            for order in orders:
                erase_order(order)
            return
        records = list(persons.records(customer).filter(erased_at=None).order_by("pk"))
        if not self.has_files and (searched or not self.elsewhere.exists()):
            for record in records:
                privacy.erase_rows(customer=record, at=self.at)
        elif privacy.jobs_of(customer).filter(state__in=ACTIVE).exists():
            return
        else:
            privacy.erase(customer=customer, at=self.at)
        self.erased += len(records)


def _read(message):
    """``(the document, {} if it is none; the keys of all mailboxes it names)``."""
    said = body(message)
    try:
        document = json.loads(said)
    except (ValueError, RecursionError):
        return {}, emails.keys_in(said)
    keys = {key for text in emails.texts_of(document) if "@" in text or "%40" in text for key in emails.keys_in(text)}
    return document if isinstance(document, dict) else {}, keys


def _named(document, topic):
    """``(customers' ids, orders' ids)`` as the platform names them."""
    data = document.get("data")
    if isinstance(data, dict) and isinstance(data.get("object"), dict):
        document = data["object"]  # Stripe's
    customer = document.get("customer")
    people = [customer.get("id") if isinstance(customer, dict) else customer, document.get("customer_id")]
    people += [str(document.get(name) or "").rpartition("/")[2] for name in MERGED]
    if topic.startswith("customer"):
        people.append(document.get("id"))
    orders = [document.get("order_id"), document.get("id") if topic.startswith("orders/") else None]
    return [str(each) for each in people if isinstance(each, (str, int)) and each], [
        str(each) for each in orders if each
    ]
