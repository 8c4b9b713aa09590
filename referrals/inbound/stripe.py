"""Stripe's webhooks: https://docs.stripe.com/webhooks. Pure.

Events come unordered and repeated, and several tell of one payment. Each kind of object is an order under an id of its
own, and the names that they share (session, payment intent, invoice, charge) make them one: so what a later message
knows is added, whichever comes first.
"""

import hashlib
import hmac
from datetime import timedelta

from advocacy.refusals import Refused
from referrals.inbound import calls, payloads, stripe_orders
from referrals.inbound.payloads import inside, object_of, objects, said, since_epoch, text
from referrals.inbound.stripe_orders import amount
from referrals.models import OrderStatus, RefundKind, Source

SOURCE = Source.STRIPE
TOPICS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "invoice.paid",
    "invoice_payment.paid",
    "payment_intent.succeeded",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "customer.subscription.deleted",
)
TOLERANCE = timedelta(seconds=300)
_NOT_GIVEN_BACK = {"failed", "canceled"}


def is_ping(raw, headers):
    return False


def is_signed(raw, headers, *, secret):
    """Hex of HMAC-SHA256 over ``t.body``; the secret is used as it is written, ``whsec_`` and all."""
    moment, signatures = _signature(headers)
    wanted = hmac.new(secret.encode(), moment.encode(errors="replace") + b"." + raw, hashlib.sha256).hexdigest()
    fitting = [hmac.compare_digest(wanted.encode(), each.encode(errors="replace")) for each in signatures]
    return any(fitting)


def check_age(headers, *, at):
    """Refuses ``too_old`` what was signed more than five minutes before or after now: it may be a replay."""
    moment, _ = _signature(headers)
    signed = since_epoch(int(moment)) if moment.isascii() and moment.isdecimal() and len(moment) < 15 else None  # noqa: PLR2004
    if signed is None or abs(at - signed) > TOLERANCE:
        raise Refused("too_old", "The signature is not of the last five minutes, by the clock of this server.")


def _signature(headers):
    pairs = [pair.strip().partition("=") for pair in headers.get("stripe-signature", "").split(",")]
    moment = next((value for name, _, value in pairs if name == "t"), "")
    return moment, [value for name, _, value in pairs if name == "v1"]


def named(raw, headers):
    """The topic is in the body; of one that cannot be read the worker says so."""
    try:
        event = payloads.loaded(raw)
    except Refused:
        event = {}
    return text(event.get("type"), 100) or "unreadable", text(event.get("id")) or hashlib.sha256(raw).hexdigest()


def read(topic, raw):
    event = payloads.loaded(raw)
    told = inside(event, "data", "object")
    if not isinstance(told, dict):
        raise Refused("unreadable", "The event holds no object.")
    found = read_object(topic, told, told_at=since_epoch(event.get("created")))
    return calls.Reading(calls=found.calls, ignored=found.ignored, test=event.get("livemode") is False)


def listed(topic, document, *, told_at):
    """What an entry of the API's lists comes to: it is as it is at ``told_at``."""
    return read_object(topic, document, told_at=told_at)


def read_object(topic, told, *, told_at):
    if topic in _READERS:
        return _READERS[topic](told, told_at)
    return calls.Reading(ignored="This topic is not needed.")


def _read_session(status):
    def read_it(told, told_at):
        return _order(told, stripe_orders.of_session(told, status, told_at), "Nothing was to be paid, or nothing yet.")

    return read_it


def _read_invoice(told, told_at):
    return _order(told, stripe_orders.of_invoice(told, told_at), "Nothing was paid: a trial, or covered by credit.")


def _read_intent(told, told_at):
    ours = any(name.startswith("advocacy_") for name in object_of(told.get("metadata")))
    if not ours:
        why = "A payment without checkout session or invoice counts where its metadata has advocacy_order."
        return calls.Reading(ignored=why)
    return _order(told, stripe_orders.of_intent(told), "Nothing was paid.")


def _order(told, fields, otherwise):
    if fields is None:
        return calls.Reading(ignored=otherwise)
    return calls.Reading(calls=(calls.TakeOrder(fields, stripe_orders.unread(told)),))


def _read_invoice_payment(told, told_at):
    paid_by = object_of(told.get("payment"))
    names = calls.names(
        invoice=_id(told.get("invoice")),
        payment_intent=_id(paid_by.get("payment_intent")),
        charge=_id(paid_by.get("charge")),
    )
    if len(names) < 2:  # noqa: PLR2004
        return calls.Reading(ignored="It does not say which payment paid the invoice.")
    return calls.Reading(calls=(calls.NameOrder(names),))


def _read_charge(told, told_at):
    """``amount_refunded`` is what was given back so far; refunds told by their ids are a part of it."""
    stripe_orders.check(told, "amount_refunded")
    names = calls.names(
        charge=text(told.get("id")),
        payment_intent=_id(told.get("payment_intent")),
        invoice=_id(told.get("invoice")),
    )
    each = [call for refund in objects(inside(told, "refunds", "data")) for call in _refund(refund, names)]
    given = amount(told.get("amount_refunded"), told.get("currency"))
    if not given or not text(told.get("id")):
        return calls.Reading(calls=tuple(each), ignored="" if each else "No money was given back.")
    whole = calls.TakeRefundedSum(names, text(told.get("id")), given, told_at)
    return calls.Reading(calls=(*each, whole))


def _read_refund(told, told_at):
    names = calls.names(charge=_id(told.get("charge")), payment_intent=_id(told.get("payment_intent")))
    found = _refund(told, names)
    return calls.Reading(calls=tuple(found), ignored="" if found else "No money was given back.")


def _refund(told, names):
    """One that failed was told of, and then did not happen: it is kept as undone, whichever is heard first."""
    stripe_orders.check(told, "amount")
    given = amount(told.get("amount"), told.get("currency"))
    refund_id = text(told.get("id"))
    if not given or not refund_id:
        return []
    fields = said(
        refund_id=refund_id,
        kind=RefundKind.REFUND,
        amount_minor=given,
        reason=text(told.get("reason")),
        refunded_at=since_epoch(told.get("created")),
    )
    taken = [calls.TakeRefund(names, fields)]
    return [*taken, calls.UndoRefund(names, refund_id)] if text(told.get("status")) in _NOT_GIVEN_BACK else taken


def _read_dispute(told, told_at):
    """The bank takes the money at once and gives it back where the shop wins; an inquiry takes none."""
    status = text(told.get("status"))
    if not status.startswith("warning_"):
        stripe_orders.check(told, "amount")
    names = calls.names(charge=_id(told.get("charge")), payment_intent=_id(told.get("payment_intent")))
    taken, dispute_id = amount(told.get("amount"), told.get("currency")), text(told.get("id"))
    if status.startswith("warning_") or not taken or not dispute_id:
        return calls.Reading(ignored="The bank asks; it took no money.")
    fields = said(
        refund_id=dispute_id,
        kind=RefundKind.CHARGEBACK,
        amount_minor=taken,
        reason=text(told.get("reason")),
        refunded_at=since_epoch(told.get("created")),
    )
    back = (calls.UndoRefund(names, dispute_id),) if status == "won" else ()
    return calls.Reading(calls=(calls.TakeRefund(names, fields), *back))


def _read_end_of_subscription(told, told_at):
    return calls.Reading(ignored="What was paid stays paid; a subscription that ended brings no further orders.")


def _id(value):
    """An id, or that of an object that was written out in its place."""
    return text(value.get("id") if isinstance(value, dict) else value)


_READERS = {
    "checkout.session.completed": _read_session(None),
    "checkout.session.async_payment_succeeded": _read_session(OrderStatus.PAID),
    "checkout.session.async_payment_failed": _read_session(OrderStatus.CANCELLED),
    "invoice.paid": _read_invoice,
    "invoice_payment.paid": _read_invoice_payment,
    "payment_intent.succeeded": _read_intent,
    "charge.refunded": _read_charge,
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"), _read_refund),
    **{
        f"charge.dispute.{what}": _read_dispute
        for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
    },
    "customer.subscription.deleted": _read_end_of_subscription,
}
