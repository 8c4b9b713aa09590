"""Take what is said of orders, by the storefront's server, a platform or an import: each order once, whoever tells it.

The storefront's own calls are refused where they contradict themselves. What a platform or an import says is taken as
it is, with warnings.
"""

from django.db import connection, transaction

from advocacy import given
from advocacy.refusals import Conflict, Refused
from referrals.models import Source
from referrals.orders import adding, changing, recording, together
from referrals.orders.said import Said
from referrals.together import Together


def record(*, storefront, orders, at, lenient=False):
    """Take a list of orders, each whole or not at all; answers a ``Recorded`` for each, in order.

    An order alone raises its refusal; one of several carries it, and the others are taken. The same order again is
    replayed; another one under the same external id is a Conflict ``idempotency_conflict``. To an order that another
    source told of first, it adds what was missing. New orders share a transaction where they can: those of one list,
    and those of calls at the same moment.
    """
    if len(orders) == 1:
        return [_record(Said(storefront, orders[0], Source.API, at, lenient=lenient))]
    answers, said = [None] * len(orders), []
    for place, fields in enumerate(orders):
        try:
            said.append((place, Said(storefront, fields, Source.API, at, lenient=lenient)))
        except Refused as refusal:
            answers[place] = recording.Recorded(refusal=refusal)
    for (place, _), answer in zip(said, _record_many([each for _, each in said], alone=_carried), strict=True):
        answers[place] = answer
    return answers


def _record(said):
    """One order; where the caller has no transaction of its own, with those that other calls bring meanwhile."""
    taken = None if connection.in_atomic_block else _meanwhile.ask(said)
    return taken or _record_alone(said)


def said(*, storefront, fields, at, lenient=False):
    """One order of a call, checked, for ``record_said``; raises what is refused of its fields."""
    return Said(storefront, fields, Source.API, at, lenient=lenient)


def record_said(said):
    """What became of each of these, as of calls at the same moment: a ``Recorded``, or the error to be told of it."""
    return _record_many(said, alone=_told)


def _told(said):
    try:
        return _record_alone(said)
    except Exception as error:
        return error


def _record_many(said, *, alone):
    answers = [None] * len(said)
    for places in together.rounds(said):
        taken = together.take([said[place] for place in places])
        for place, answer in zip(places, taken, strict=True):
            answers[place] = answer or alone(said[place])
    return answers


def _carried(said):
    try:
        return _record_alone(said)
    except Refused as refusal:
        return recording.Recorded(refusal=refusal)


# What a transaction costs besides its orders is as much as ten of them.
_PAUSE = 0.01
_meanwhile = Together(together.take_first, most=together.MOST, pause=_PAUSE)


def change(*, storefront, external_id, fields, at, lenient=False):
    """Take what is new of an order, or the order if it is new. What is not said stays.

    The newest ``updated_at`` (default: ``at``) wins; an older one changes nothing and is answered as outdated.
    Refuses another ``currency`` (``currency_changed``), and what ``record`` refuses.
    """
    if fields.get("external_id", external_id) != external_id:
        given.refuse("external_id", f"external_id differs from the order's own, {external_id}.")
    said = Said(storefront, fields | {"external_id": external_id}, Source.API, at, lenient=lenient)
    with transaction.atomic():
        known = said.known()
        if known is None:
            return said.create()
        if said.is_of_another_source(known):
            return said.add(known)
        order = said.locked(known)
        return changing.apply(order, said.values, at=at, lenient=lenient)


def bring(*, storefront, fields, source, at, unread=()):
    """One order as a platform or an import tells it: new, changed, or known from elsewhere. Answers a ``Recorded``.

    Refuses only what cannot be read (``invalid_field``, ``missing_field``): its arithmetic is stored with warnings,
    as is which of its amounts were ``unread``, by the source's names.
    """
    return _bring(Said(storefront, fields, source, at, lenient=True, unread=unread))


def bring_all(*, storefront, orders, source, at, past):
    """The same for the orders of a file: a ``Recorded`` for each, with its refusal where it was refused.

    Of what is new, ``past`` (one for each) says whether it is of the past: nobody is brought by it, and it earns
    nothing. What the source told before in the very same words is replayed without another look.
    """
    answers, said = [None] * len(orders), []
    for place, (fields, is_past) in enumerate(zip(orders, past, strict=True)):
        try:
            said.append((place, Said(storefront, fields, source, at, lenient=True, past=is_past)))
        except Refused as refusal:
            answers[place] = recording.Recorded(refusal=refusal)
    told = [each for _, each in said]
    for places in together.rounds(told, most=together.MOST_OF_A_FILE):
        for place, answer in zip(places, _bring_round([told[place] for place in places]), strict=True):
            answers[said[place][0]] = answer
    return answers


def _bring_round(said):
    taken = together.take(said, replay=True)
    return [answer or _brought_alone(each) for each, answer in zip(said, taken, strict=True)]


def _brought_alone(said):
    try:
        return _bring(said)
    except Refused as refusal:
        return recording.Recorded(refusal=refusal)


def _bring(said):
    at = said.at
    with transaction.atomic():
        known = said.known()
        if known is None:
            return said.create()
        if said.is_of_another_source(known):
            return said.add(known)
        order = said.locked(known)
        values, warnings = adding.in_its_currency(order, said.values | adding.kept_groups(order, said.values))
        return changing.apply(order, values, at=at, lenient=True, warnings=[*warnings, *said.warnings])


def _record_alone(said):
    with transaction.atomic():
        known = said.known()
        if known is None:
            return said.create()
        if said.is_of_another_source(known):
            return said.add(known)
        return _replay(known, given.digest(said.values))


def _replay(order, digest):
    if bytes(order.digest) != digest:
        said = f"Another order was recorded as {order.external_id}. Send changes of an order with PUT."
        raise Conflict("idempotency_conflict", said, errors={"external_id": said})
    return recording.answer(order, replayed=True)
