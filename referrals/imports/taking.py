"""Take some rows of a file: through the verbs that the API uses, so that a row counts once, whoever tells it."""

import logging
from dataclasses import dataclass, field

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction

from advocacy import consents, customers, customers_at_once, failures, given, history, ids
from advocacy.models import Program
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.outbox.record import record
from advocacy.refusals import Refused
from referrals import attribution, links, orders
from referrals.imports import layouts, own
from referrals.imports.keeping import how_of
from referrals.models import ImportKind, Order, OrderStatus, Source

log = logging.getLogger(__name__)
NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"
_LONGEST_SENTENCE = 300


@dataclass
class Outcome:
    """``counts``: how many were new, changed, same, refused; ``refused``: ``[(line, why)]``."""

    counts: dict = field(default_factory=lambda: dict.fromkeys((NEW, CHANGED, SAME, REFUSED), 0))
    refused: list = field(default_factory=list)

    def add(self, line, what, why=""):
        self.counts[what] += 1
        if what == REFUSED:
            self.refused.append((line, why[:_LONGEST_SENTENCE]))


def take(*, row, records, at):
    """The Outcome of these records of an Import, ``[(line, record, why it cannot be read)]``."""
    outcome, read = Outcome(), []
    layout, how = layouts.of(row.layout, row.kind), how_of(row)
    for line, said, why in records:
        if why:
            outcome.add(line, REFUSED, f"It {why}.")
            continue
        try:
            read.append((line, layouts.fields(layout, said, how, row.columns)))
        except Exception as error:
            outcome.add(line, REFUSED, _sentence(error))
    _TAKE[row.kind](row, read, outcome, at)
    return outcome


def _sentence(error):
    pass_on(error)
    if isinstance(error, SoftTimeLimitExceeded):
        # It is no fault of the row at which the worker's time was over: the part is taken again.
        raise Interrupted from error
    return failures.told(error, "It") if not isinstance(error, Refused) else error.message


# --- orders ----------------------------------------------------------------------------------------------------------


def _orders(row, read, outcome, at):
    back = {line: fields.pop("refunded_minor", 0) for line, fields in read}
    if row.past_until and row.storefront.history_imported_at is None:
        history.imported(storefront=row.storefront, at=at)
    past = [_is_past(row, fields, at) for _, fields in read]
    told = orders.bring_all(
        storefront=row.storefront, orders=[fields for _, fields in read], source=Source.IMPORT, at=at, past=past
    )
    refunded = _refund_new(read, told, back, at)
    known = _known(row, [fields for line, fields in read if back[line] and line not in refunded])
    for (line, fields), answer in zip(read, told, strict=True):
        if answer.refusal:
            outcome.add(line, REFUSED, answer.refusal.message)
            continue
        try:
            more = back[line] and line not in refunded and _refund(known, back[line], fields, at)
        except Refused as refused:
            outcome.add(line, REFUSED, f"The order is kept; what was given back is not: {refused.message}")
            continue
        outcome.add(line, NEW if answer.created else SAME if answer.replayed and not more else CHANGED)


def _is_past(row, fields, at):
    if row.past_until is None:
        return False
    placed = fields.get("placed_at")
    try:
        return given.moment("placed_at", placed, at=at) < row.past_until if placed else True
    except Refused:
        return True


def _refund_new(read, told, back, at):
    """The lines of new orders whose refunds could be taken together."""
    new = [
        (line, answer.order, _refund_of(answer.order, back[line], fields))
        for (line, fields), answer in zip(read, told, strict=True)
        if back[line] and answer.created and answer.order.status != OrderStatus.CANCELLED
    ]
    new = [(line, order, refund) for line, order, refund in new if refund["amount_minor"] > 0]
    shared = orders.refund_new(told=[each[1:] for each in new], source=Source.IMPORT, at=at)
    return {line for (line, *_), is_shared in zip(new, shared, strict=True) if is_shared}


def _known(row, told):
    """``{external id: order}`` of those of which something was given back."""
    names = [fields["external_id"] for fields in told if fields.get("external_id")]
    if not names:
        return {}
    found = Order.objects.filter(storefront=row.storefront, external_id__in=names).select_related("customer")
    return {order.external_id: order for order in found}


def _refund(known, back, fields, at):
    """A file tells the sum: what others told of it already is no further refund."""
    order = known.get(fields["external_id"])
    if order is None or order.status == OrderStatus.CANCELLED:
        return False
    refund = _refund_of(order, back, fields)
    if refund["amount_minor"] <= 0:
        return False
    orders.refund(order=order, refund=refund, at=at, lenient=True, source=Source.IMPORT)
    # The same order may stand in a later line, with a greater sum.
    order.refunded_minor += refund["amount_minor"]
    return True


def _refund_of(order, back, fields):
    missing = min(back, order.total_minor) - order.refunded_minor
    when = fields.get("updated_at") or fields.get("paid_at") or fields.get("placed_at")
    return {"refund_id": f"import-{back}", "amount_minor": missing, "refunded_at": when}


# --- customers -------------------------------------------------------------------------------------------------------


def _customers(row, read, outcome, at):
    ready = []
    for line, fields in read:
        try:
            said = own.known_customer({"updated_at": row.created_at} | fields)
            columns = customers.columns(said, at)
            if said.get("consent"):
                _consent_of(said, at)
            ready.append((line, said, columns))
        except Exception as error:
            outcome.add(line, REFUSED, _sentence(error))
    for batch in _apart(ready):
        for line, what, why in _people(row.storefront, batch, at):
            outcome.add(line, what, why)


def _apart(ready):
    """Lists in which nobody is told twice, in their order."""
    batch, names = [], set()
    for each in ready:
        mine = {("id", each[2].get("external_id")), ("box", each[2].get("email_key"))} - {("id", None), ("box", None)}
        if mine & names:
            yield batch
            batch, names = [], set()
        batch.append(each)
        names |= mine
    if batch:
        yield batch


def _people(storefront, batch, at):
    try:
        with transaction.atomic():
            return _told(storefront, batch, at)
    except (customers_at_once.OneByOne, IntegrityError):
        return [_person(storefront, each, at) for each in batch]


def _told(storefront, batch, at):
    people, tell = [columns for *_, columns in batch], []
    before = {each.pk: each.version for each in customers.find_all(storefront=storefront, people=people) if each}
    found = customers_at_once.upsert(storefront=storefront, people=people, at=at, tell=tell, past=True)
    record(tell, at=at)
    told = list(zip(batch, found, strict=True))
    first = [(who, _consent_of(said, at)) for (_, said, _), (who, created) in told if created and said.get("consent")]
    consents.note_first(told=first, at=at)
    return [
        (line, NEW if created else _same_unless(_agreed(who, said, at) or before.get(who.pk) != who.version), "")
        for (line, said, _), (who, created) in told
    ]


def _same_unless(changed):
    return CHANGED if changed else SAME


def _consent_of(said, at):
    """Checked, as it is stored."""
    return consents.checked(said["consent"], otherwise=said["updated_at"], at=at)


def _agreed(customer, said, at):
    """Whether it is news that they agreed, or did not.

    Without a moment of its own a file says it only of whom nothing is known: a list of last year subscribes nobody
    again.
    """
    agreed = said.get("consent")
    if not agreed or customer.erased_at:
        return False
    if "at" not in agreed and _consent_of(said, at)["channel"] in consents.newest(customer):
        return False
    return consents.note(customer=customer, said=agreed, otherwise=said["updated_at"], at=at)[1]


def _person(storefront, each, at):
    """Somebody who is two of our records, or may become one of them: looked at alone."""
    line, fields, columns = each
    try:
        with transaction.atomic():
            before = customers.find(
                storefront=storefront, external_id=columns.get("external_id"), email=columns.get("email")
            )
            told = {name: value for name, value in fields.items() if name != "consent"}
            customer, created = customers.upsert(storefront=storefront, fields=told, at=at)
            changed = _agreed(customer, fields, at) or before is None or before.version != customer.version
    except Exception as error:
        return line, REFUSED, _sentence(error)
    return line, NEW if created else _same_unless(changed), ""


# --- referrals -------------------------------------------------------------------------------------------------------


def _referrals(row, read, outcome, at):
    programs = {}
    for line, fields in read:
        try:
            with transaction.atomic():
                what = _referral(row, fields, programs, at)
        except Exception as error:
            outcome.add(line, REFUSED, _sentence(error))
        else:
            outcome.add(line, what)


def _referral(row, fields, programs, at):
    given.known(fields, own.REFERRALS)
    since = given.moment("bound_at", fields.get("bound_at") or row.created_at, at=at)
    program = _program(row, fields.get("program", ""), programs)
    person = _who(row, "advocate", fields, since, at)
    if person is None:
        raise Refused("missing_field", "It names no advocate: advocate_id or advocate_email.")
    name = str(fields.get("advocate_name") or "")[:80]
    code = fields.get("code")
    advocate, _, enrolled = links.enrol(
        program=program, customer=person, display_name=name, code=code, by_shop=True, at=at
    )
    friend = _who(row, "friend", fields, since, at)
    if friend is None:
        return NEW if enrolled else SAME
    _, created = attribution.bring(advocate=advocate, friend=friend, bound_at=since, at=at)
    return NEW if created else CHANGED if enrolled else SAME


def _who(row, side, fields, since, at):
    """The customer who is told, as of then; None where nobody is."""
    said = {"external_id": fields.get(f"{side}_id"), "email": fields.get(f"{side}_email")}
    said = {name: str(value) for name, value in said.items() if value}
    if not said:
        return None
    name = {"name": str(fields[f"{side}_name"])} if fields.get(f"{side}_name") else {}
    said = own.known_customer(said | name | {"updated_at": since})
    ((_, what, why),) = _people(row.storefront, [(0, said, customers.columns(said, at))], at)
    if what == REFUSED:
        raise Refused("invalid_customer", why)
    return customers.find(storefront=row.storefront, external_id=said.get("external_id"), email=said.get("email"))


def _program(row, name, known):
    name = str(name)
    if name not in known:
        mine = Program.objects.filter(storefront=row.storefront)
        public = ids.decode("prg", name)
        chosen = mine.filter(public_id=public) if public else mine.filter(slug=name) if name else mine.none()
        known[name] = chosen.first() or (None if name else row.program)
        if known[name] is None and not name and mine.count() == 1:
            known[name] = mine.get()
    if known[name] is None:
        raise Refused("unknown_program", f"There is no program “{name}”." if name else "It names no program.")
    return known[name]


_TAKE = {ImportKind.CUSTOMERS: _customers, ImportKind.ORDERS: _orders, ImportKind.REFERRALS: _referrals}
