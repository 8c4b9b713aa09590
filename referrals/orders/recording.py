"""What new and changed orders have in common: whose they are, what they say, what they convert.

Locks, in this order: the customers' rows by id, the order, the referral, the conversion.
"""

from dataclasses import dataclass
from datetime import timedelta

from advocacy import customers, secret_codes
from advocacy.models import Customer, Program
from advocacy.refusals import Refused
from referrals import acquisition, attribution, conversions
from referrals.attribution.candidates import click_uuid
from referrals.models import Conversion, Order, OrderStatus

_LONGEST_CODE = 40
# The shop's clock is not ours, and a checkout may make the account a while after the order that it belongs to.
BOUND_SHORTLY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of one order.

    ``conversion``: the first of its conversions. ``replayed``: it was known, and nothing changed.
    ``outdated``: because newer news of it is known.
    ``reasons``: why it brought no conversion, or why its hints bound nobody. ``refusal``: set, and the rest empty,
    for an order of a list that was refused.
    """

    order: Order | None = None
    conversion: Conversion | None = None
    created: bool = False
    replayed: bool = False
    outdated: bool = False
    reasons: tuple = ()
    warnings: tuple = ()
    refusal: Refused | None = None


def lock(order, *, beside=None):
    """The order as it is now, with its customer's row, and that of whom else one speaks, locked before its own."""
    people = {person.pk: person for person in (order.customer, beside) if person}
    locked = {pk: customers.lock(people[pk]) for pk in sorted(people)}
    customer = locked[order.customer_id]
    if customer.pk != order.customer_id:
        # An order stays with the record that made it, also where that leads to another now.
        customer = Customer.objects.get(pk=order.customer_id)
    order = Order.objects.select_for_update(no_key=True, of=["self"]).select_related("storefront").get(pk=order.pk)
    order.customer = customer
    return order


def answer(order, **said):
    conversion = order.conversions.filter(ended=False).select_related("referral", "program").order_by("id").first()
    said = {"reasons": tuple(order.unattributed), "warnings": tuple(order.warnings)} | said
    return Recorded(order=order, conversion=conversion, **said)


def customer_said(storefront, said, *, at):
    """Who is named or told, as far as they are known yet; not locked."""
    if isinstance(said, str) and (said := customers.told(name := said)) is None:
        return customers.named(storefront=storefront, name=name)
    return customers.known(storefront=storefront, fields=said, at=at)


def customer_of(storefront, columns, *, at, guest=None):
    """``(who bought, whether they were made now)``: named by id, or told in the order; a guest where nobody is told.

    They are locked.
    """
    said = columns.get("customer", {})
    if isinstance(said, str):
        named, created = customers.named_or_made(storefront=storefront, name=said, at=at, guest=guest)
        return customers.lock(named), created
    return customers.upsert(storefront=storefront, fields=_then(said, columns), at=at, guest=guest)


def person_told(columns, *, at):
    """What an order's columns say of its customer, checked: ``customers.columns``; None where they are only named."""
    said = columns.get("customer", {})
    return None if isinstance(said, str) else customers.columns(_then(said, columns), at)


def _then(said, columns):
    """An order says how its customer was then: newer news of the customer stay."""
    return {"updated_at": columns["updated_at"]} | said


def hints(columns):
    return attribution.Hints(
        code=columns.get("referral_code"),
        coupon_codes=tuple(columns.get("coupon_codes", ())),
        click_id=columns.get("click_id"),
    )


def kept(columns, hidden):
    """The columns as they are stored; ``hidden``: the codes of ``hidden_codes``."""
    columns = {name: value for name, value in columns.items() if name != "customer"} | _codes(columns, hidden)
    if "click_id" in columns:
        columns["click_id"] = click_uuid(columns["click_id"])
    return columns


def of_nobody(storefront, columns):
    """What is kept of these columns where the person was erased: of metadata the keys that rules may still ask for."""
    programs = Program.objects.filter(storefront=storefront)
    asked = {key for keys in programs.values_list("metadata_keys", flat=True) for key in keys}
    notes = {key: value for key, value in columns.get("metadata", {}).items() if key in asked}
    # By which channel somebody came is no more than one of nine words, and totals are counted by it.
    source = {"channel": str(acquisition.channel_of(said, referred=False))} if (said := columns.get("source")) else {}
    nothing = {"metadata": notes, "source": source, "payment_fingerprint": "", "shipping_hash": ""}
    return columns | {name: value for name, value in nothing.items() if name in columns}


def take(order, columns):
    """Write the columns into the row; answers whether anything but the time of the news changed."""
    columns = kept(columns, hidden_codes(order.storefront_id, [columns]))
    changed = {name for name, value in columns.items() if getattr(order, name) != value}
    for name in changed:
        setattr(order, name, columns[name])
    return bool(changed - {"updated_at"})


def hidden_codes(storefront, each):
    """Of each of the orders' columns, ``{code: as it is kept}``: one that is worth money by its coupon's id."""
    codes = [code for columns in each for code in _codes_said(columns)]
    return dict(zip(codes, secret_codes.hidden(storefront=storefront, codes=codes), strict=True))


def _codes_said(columns):
    return [*columns.get("coupon_codes", ()), columns.get("referral_code", "")]


def _codes(columns, hidden):
    if not ("coupon_codes" in columns or "referral_code" in columns):
        return {}
    *coupons, typed = [hidden[code] for code in _codes_said(columns)]
    kept = {"coupon_codes": coupons, "referral_code": typed[:_LONGEST_CODE]}
    return {name: value for name, value in kept.items() if name in columns}


def bonds_then(order, binding):
    """The bonds that held when the order was placed: whoever came later did not bring it."""
    return [bond for bond in binding.referrals if bond.bound_at <= order.placed_at + BOUND_SHORTLY_AFTER]


def why_not(order, binding):
    """The reasons why an order is no conversion."""
    waiting = {
        OrderStatus.PENDING: [{"key": "order_unpaid"}],
        OrderStatus.CANCELLED: [{"key": "order_cancelled"}],
    }
    if bonds_then(order, binding):
        return waiting.get(order.status, [])
    return [{"key": "before_binding"}] if binding.referrals else list(binding.reasons)


def convert(order, referrals, *, cause, at):
    """The conversions by these bonds, which the customer had before."""
    for referral in sorted(referrals, key=lambda referral: referral.pk):
        conversions.record(order=order, referral=referral, cause=cause, at=at)
