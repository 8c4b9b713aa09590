"""Refunds as Shopify writes them: what its transactions gave back, in the shop's own currency. Pure."""

from dataclasses import dataclass
from fractions import Fraction

from advocacy import money
from referrals.inbound import calls
from referrals.inbound.payloads import inside, minor, minor_or_none, moment, objects, said, text, whole
from referrals.models import RefundKind


@dataclass(frozen=True)
class Rate:
    """The shop's currency, and what one unit of the customer's was worth in it, where the order tells."""

    currency: str = ""
    paid_in: str = ""
    worth: Fraction | None = None

    @classmethod
    def of(cls, order):
        theirs = inside(order, "total_price_set", "presentment_money")
        currency, paid_in = text(order.get("currency"), 3), text(inside(theirs, "currency_code"), 3)
        ours = minor(inside(order, "total_price_set", "shop_money", "amount"), currency)
        paid = minor(inside(theirs, "amount"), paid_in)
        return cls(currency, paid_in, Fraction(ours, paid) if ours > 0 and paid > 0 else None)


def calls_of(refund, names, rate):
    """Its call, or none where no money was given back: goods put back on the shelf are no refund."""
    given = given_back(refund, rate.currency or _shop_currency(refund), rate)
    if not given or given < 0 or not text(refund.get("id")):
        return []
    lines = [_returned(each) for each in objects(refund.get("refund_line_items"))[:1000]]
    fields = said(
        refund_id=text(refund.get("id")),
        kind=RefundKind.REFUND,
        products=[line for line in lines if line.get("line_id")],
        reason=text(refund.get("note")),
        refunded_at=moment(refund.get("processed_at")) or moment(refund.get("created_at")),
    )
    return [calls.TakeRefund(names, fields | {"amount_minor": given})]


def given_back(refund, currency, rate=None):
    """Σ of its transactions that succeeded, in minor units of ``currency``; None where that cannot be told."""
    amounts = [
        _amount(each, currency, rate or Rate())
        for each in objects(refund.get("transactions"))
        if each.get("kind") == "refund" and each.get("status") == "success"
    ]
    if amounts and None in amounts:
        return _by_lines(refund, currency)
    return sum(amounts)


def _amount(transaction, currency, rate):
    told = inside(transaction, "amount_set", "shop_money", "amount")
    paid_in = text(transaction.get("currency"), 3) or currency
    if told is not None or paid_in == currency:
        return minor_or_none(transaction.get("amount") if told is None else told, currency)
    amount = minor_or_none(transaction.get("amount"), paid_in)
    if amount is not None and rate.worth and rate.paid_in == paid_in:
        return money.round_half_up(amount * rate.worth)
    return None


def are_amounts(refund):
    """Whether its transactions say, in whatever currency, how much was moved."""
    moved = objects(refund.get("transactions"))
    return all(minor_or_none(each.get("amount"), text(each.get("currency"), 3)) is not None for each in moved)


def _by_lines(refund, currency):
    """What the lines and adjustments say in the shop's currency; an adjustment below 0 was given back."""
    parts = [
        inside(each, name, "shop_money", "amount")
        for each in objects(refund.get("refund_line_items"))
        for name in ("subtotal_set", "total_tax_set")
    ]
    parts += [
        f"-{value}".removeprefix("--") if (value := inside(each, name, "shop_money", "amount")) else None
        for each in objects(refund.get("order_adjustments"))
        for name in ("amount_set", "tax_amount_set")
    ]
    amounts = [minor_or_none(each, currency) for each in parts if each]
    return None if None in amounts else sum(amounts) or None


def _shop_currency(refund):
    """The shop's, where anything in the refund names it; else that of its transactions."""
    told = [
        inside(each, name, "shop_money", "currency_code")
        for kind in ("refund_line_items", "order_adjustments", "transactions")
        for each in objects(refund.get(kind))
        for name in ("subtotal_set", "amount_set")
    ]
    told += [inside(refund, "total_duties_set", "shop_money", "currency_code")]
    told += [each.get("currency") for each in objects(refund.get("transactions"))]
    return next((code for each in told if (code := text(each, 3))), "")


def _returned(each):
    return said(line_id=text(each.get("line_item_id")), quantity=whole(each.get("quantity")) or None)
