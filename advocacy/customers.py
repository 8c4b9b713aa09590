"""People as their storefront knows them: found, adopted, made.

A customer's row is the lock of everything decided about that person (bonds, orders): it is taken first.
"""

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from advocacy import consents, emails, events, given, ids, merging, persons
from advocacy.models import Advocate, Customer, bulk
from advocacy.outbox.record import Draft, record
from advocacy.refusals import NotFound

_TEXTS = {"phone": 40, "locale": 20, "country": 2, "time_zone": 60}
_DATA = ("source", "traits")
_KNOWN = {"external_id", "email", "email_verified", "name", "consent", "orders_before", "created_at", "updated_at"} | {
    *_TEXTS,
    *_DATA,
}
_MOST_ORDERS = 1_000_000
_IS_GUEST = ExpressionWrapper(Q(external_id__isnull=True), output_field=BooleanField())


lock = persons.lock


class SomebodyElse(Exception):
    """Whom we found was erased, or adopted under another id, before we had the lock."""


def find(*, storefront, external_id=None, email=None, public_id=None):
    """The customer of that public id, or of that external id, or known by that e-mail; else None.

    An e-mail beside an external id finds only a guest: an account with another id is another person. Whoever was
    merged is found by all names as the survivor.
    """
    return persons.survivor(_record(storefront, external_id, email, public_id))


def _record(storefront, external_id, email, public_id=None):
    people = Customer.objects.filter(storefront=storefront)
    if public_id is not None:
        return people.filter(public_id=public_id).first()
    if external_id:
        same = bulk.fetch(Customer, "WHERE storefront_id = %s AND external_id = %s", [storefront.pk, external_id])
        known = next(iter(same), None)
        if known or not email:
            return known
        people = people.filter(external_id__isnull=True, merged_into=None)
    if not email:
        return None
    # Somebody with an account before a guest; of several accounts the oldest.
    return people.filter(email_key=emails.normalise(email)).order_by(_IS_GUEST, "id").first()


def named(*, storefront, name):
    """The customer whom ``cus_…`` or ``ext_<external id>`` names; NotFound otherwise, also for another storefront's."""
    return persons.survivor(record_named(storefront=storefront, name=name))


def told(name):
    """The fields that ``ext_<external id>`` says of somebody who may be new; None for ``cus_…``, who must be known."""
    kind, _, rest = str(name).partition("_")
    return {"external_id": rest} if kind == "ext" and rest and "\0" not in rest else None


def named_or_made(*, storefront, name, at, guest=None):
    """``(customer, created)``: as ``named``, but an external id that is new makes its customer, as ``upsert`` does."""
    fields = told(name)
    if fields and known(storefront=storefront, fields=fields, at=at) is None:
        return upsert(storefront=storefront, fields=fields, at=at, guest=guest)
    return named(storefront=storefront, name=name), False


def record_named(*, storefront, name):
    """The same, but the very record of that name, also where it was merged into another."""
    kind, _, rest = str(name).partition("_")
    customer = None
    if kind == "ext" and rest and "\0" not in rest:
        customer = _record(storefront, rest, None)
    elif kind == "cus" and (public_id := ids.decode("cus", str(name))):
        customer = _record(storefront, None, None, public_id)
    if customer is None:
        raise NotFound("unknown_customer", "There is no such customer. Write cus_… or ext_ and your own id.")
    return customer


def find_all(*, storefront, people, lock=False):
    """Whom ``find`` would find, or None, for each of checked ``columns``: one question for all.

    ``lock``: with every row that may be meant locked, in the order of their ids.
    """
    names = [said["external_id"] for said in people if "external_id" in said]
    keys = [said["email_key"] for said in people if "email_key" in said]
    where = "WHERE storefront_id = %s AND (external_id = ANY(%s) OR email_key = ANY(%s)) ORDER BY id"
    where += " FOR NO KEY UPDATE" if lock else ""
    rows = bulk.fetch(Customer, where, [storefront.pk, bulk.array(names), bulk.array(keys)])
    accounts = {row.external_id: row for row in rows if row.external_id}
    guests = {row.email_key: row for row in rows if not row.external_id}
    # The oldest account, or else the guest.
    anybody = guests | {row.email_key: row for row in reversed(rows) if row.external_id}
    return [
        accounts.get(said["external_id"]) or guests.get(said.get("email_key", ""))
        if "external_id" in said
        else anybody.get(said.get("email_key", ""))
        for said in people
    ]


def known(*, storefront, fields, at):
    """Whom ``upsert`` would find by these fields, or None where it would make somebody."""
    return _found(storefront, columns(fields, at))


def upsert(*, storefront, fields, at, guest=None, once=False):
    """Take what a storefront says of a person: ``(customer, created)``, the row locked until the transaction ends.

    ``fields``: external_id, email, email_verified, name, phone, locale, country, time_zone, created_at, orders_before,
    source, traits, updated_at, each optional. The newest ``updated_at`` (default: ``at``) wins; an older one changes
    nothing. A guest with the same e-mail, or else ``guest``, is adopted when an external id arrives; but one who
    advocates or has a wallet only where ``email_verified`` says that the address is theirs: then such a guest also
    becomes one with an account that was there before (``merging.same_mailbox``). With neither id nor e-mail a new
    guest is made. ``consent``: the fields of ``consents.note``, whose own moment counts; ``once`` as there.
    """
    agreed = fields.get("consent")
    if not agreed:
        return _upsert(storefront=storefront, fields=fields, at=at, guest=guest)
    with transaction.atomic():
        customer, created = _upsert(storefront=storefront, fields=fields, at=at, guest=guest)
        if not customer.erased_at:
            # An order of long ago says what was agreed to then.
            consents.note(customer=customer, said=agreed, otherwise=fields.get("updated_at"), once=once, at=at)
    return customer, created


def outdated(*, customer, fields, at):
    """Whether of ``customer``, whom ``upsert`` answered to these fields, newer news is known than they are."""
    return columns(fields, at)["updated_at"] < customer.updated_at


def _upsert(*, storefront, fields, at, guest):
    said, vouched = columns(fields, at), bool(fields.get("email_verified"))
    with transaction.atomic(savepoint=False):
        if vouched and _beside(storefront, said):
            persons.alone(storefront.pk)
        for _ in range(3):
            customer = _found(storefront, said)
            if customer and not vouched and said.get("external_id") and is_worth_something(customer):
                customer = None
            customer = customer or guest
            if customer is None:
                if made := _create(storefront, said, at):
                    return made, True
                continue
            try:
                with transaction.atomic():
                    customer = change(_still(customer), said, at)
                    if vouched and _beside(storefront, said):
                        merging.same_mailbox(customer=customer, at=at)
                        customer = lock(customer)
                    return customer, False
            except (IntegrityError, SomebodyElse):
                guest = None  # another call made or adopted this very person meanwhile: look again
        raise RuntimeError("A customer kept being made by others and never found.")


def _still(customer):
    """The row, locked. Raises ``SomebodyElse`` where an erasure was waited for: the name is of nobody now."""
    row = lock(customer)
    if row.erased_at and not customer.erased_at:
        raise SomebodyElse
    return row


def forget(*, customer, at):
    """Nothing says any more who this is. Segments, tier and country stay: what is open is decided by them; and of the
    source the channel, by which totals are counted, where it is all that is left of it.

    Whoever comes back later under the same id or address is somebody else.
    """
    traits = {name: customer.traits[name] for name in ("segments", "tier") if name in customer.traits}
    texts = dict.fromkeys(("name", "phone", "locale", "time_zone"), "")
    source = customer.source if customer.source.keys() == {"channel"} else {}
    nobody = dict.fromkeys(("external_id", "email", "email_key")) | texts | {"source": source, "traits": traits}
    for column, value in (nobody | {"erased_at": at, "version": customer.version + 1}).items():
        setattr(customer, column, value)
    customer.save(update_fields=[*nobody, "erased_at", "version"])
    record([draft(customer, events.CUSTOMER_ERASED, occurred_at=at)], at=at)


def is_worth_something(guest):
    """Whether taking this guest over would take a wallet or an advocate's links over: no mere address does that."""
    if guest.external_id:
        return False
    mine = persons.ids_of(guest)
    return Advocate.objects.filter(customer__in=mine).exists() or merging.has_wallet(customers=mine)


def _beside(storefront, said):
    """Whether a guest of the same address stands beside an account."""
    if not (said.get("external_id") and said.get("email_key")):
        return False
    guests = Customer.objects.filter(storefront=storefront, email_key=said["email_key"], external_id=None)
    return guests.filter(merged_into=None).exists()


def lock_all(people):
    """``{id: row}`` of these, as they are now, locked in the order of their ids; of who was merged, the survivor."""
    if not people:
        return {}
    where = "WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
    rows = bulk.fetch(Customer, where, [[person.pk for person in people]])
    return {row.pk: lock(row) if row.merged_into_id else row for row in rows}


def columns(fields, at):
    """What is said of a person, checked, as it is stored. Pure."""
    given.known(fields, _KNOWN)
    if fields.get("email_verified") is not None:
        given.flag("email_verified", fields["email_verified"])
    said = {"updated_at": at}
    for name, most in _TEXTS.items():
        if name in fields:
            said[name] = given.text(name, fields[name], longest=most)
    if "name" in fields:
        said["name"] = given.line("name", fields["name"], longest=200)
    for name in _DATA:
        if name in fields:
            said[name] = given.data(name, fields[name] or {})
    if fields.get("external_id") is not None:
        said["external_id"] = given.text("external_id", fields["external_id"], longest=200, required=True)
    if fields.get("email"):
        said["email"] = given.email("email", fields["email"])
        said["email_key"] = emails.normalise(said["email"])
    if fields.get("orders_before") is not None:
        said["orders_before"] = given.whole("orders_before", fields["orders_before"], most=_MOST_ORDERS)
    for name in ("created_at", "updated_at"):
        if fields.get(name) is not None:
            said[name] = min(given.moment(name, fields[name], at=at), at)
    return said


def _found(storefront, columns):
    return find(storefront=storefront, external_id=columns.get("external_id"), email=columns.get("email"))


def _create(storefront, said, at):
    """The new customer, or None where another call has made this very person meanwhile."""
    customer = bulk.insert_new(made(storefront, said, at))
    if customer is None:
        return None
    record([draft(customer, events.CUSTOMER_CREATED, occurred_at=customer.created_at)], at=at)
    return customer


def made(storefront, said, at):
    """The unsaved row of somebody new."""
    said = {"created_at": said["updated_at"]} | said
    return bulk.made(Customer, storefront=storefront, recorded_at=at, version=1, **said)


def news(customer, said):
    """The columns that are other than before. Raises ``SomebodyElse`` where the row is another account's by now."""
    if customer.erased_at:
        # News of an old order must not say again who it was.
        return {}
    said = _without_aliases(customer, said)
    if customer.external_id and said.get("external_id", customer.external_id) != customer.external_id:
        raise SomebodyElse
    if said["updated_at"] < customer.updated_at:
        # Older news changes nothing, but who somebody is stays true whenever it is said.
        said = {name: said[name] for name in ("external_id", "email", "email_key") if name in said}
        said = {name: value for name, value in said.items() if getattr(customer, name) is None}
    return {name: value for name, value in said.items() if getattr(customer, name) != value}


def change(customer, said, at):
    """Take what is said of somebody whose row is locked. Answers the customer."""
    changed, mailbox = news(customer, said), customer.email_key
    for name, value in changed.items():
        setattr(customer, name, value)
    if changed:
        # That the storefront said the same again is no news.
        is_news = [*changed] != ["updated_at"]
        customer.version += is_news
        customer.save(update_fields=[*changed, "version"])
        if is_news:
            told = draft(customer, events.CUSTOMER_CHANGED, occurred_at=said.get("updated_at", at))
            record([told], at=at)
    if mailbox and "email_key" in changed:
        from advocacy.mails import stopping  # noqa: PLC0415 (mails know customers)

        stopping.moved(customer=customer, before=mailbox, at=at)
    return customer


def _without_aliases(customer, said):
    """A name of another of the person's records finds them, but is not their own."""
    if not customer.absorbed:
        return said
    others = persons.records(customer).exclude(pk=customer.pk).values_list("external_id", "email_key")
    ids_there, boxes = ({each[place] for each in others} - {None} for place in (0, 1))
    if said.get("external_id") in ids_there:
        said = {name: value for name, value in said.items() if name != "external_id"}
    if said.get("email_key") in boxes - {customer.email_key}:
        said = {name: value for name, value in said.items() if name not in ("email", "email_key")}
    return said


def draft(customer, event_type, *, occurred_at):
    facts = {
        "identified": bool(customer.external_id or customer.email),
        "orders_before": customer.orders_before,
    }
    return Draft(
        type=event_type,
        subject=customer,
        storefront=customer.storefront_id,
        customer=customer,
        facts=facts,
        occurred_at=occurred_at,
    )
