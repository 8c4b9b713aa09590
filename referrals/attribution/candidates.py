"""Find the links behind what came with a sign-up or an order, and what speaks against each."""

import re
from dataclasses import dataclass
from uuid import UUID

from advocacy import ids
from advocacy.models import Customer
from referrals import links
from referrals.attribution.choice import Candidate
from referrals.models import Click, Link, Method, Order, OrderStatus

_CODE = re.compile(r"[A-Z0-9-]{3,40}").fullmatch


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What came with a sign-up or an order. Ids as UUID or ``clk_…``; a hint that names nothing of ours is no hint.

    ``click_id``: of the address the friend came by. ``cookie``: a click the snippet remembered.
    ``invitation``: the code of the invitation's link.
    """

    code: str | None = None
    coupon_codes: tuple = ()
    click_id: object = None
    cookie: object = None
    invitation: str | None = None


def of(*, storefront, hints, occurred_at):
    """The candidates of all programs of the storefront, without obstacles yet."""
    codes = [(Method.CODE, hints.code), *((Method.COUPON, code) for code in hints.coupon_codes)]
    codes = [(method, _code(code)) for method, code in [*codes, (Method.INVITATION, hints.invitation)]]
    clicks = [(Method.CLICK, click_uuid(hints.click_id)), (Method.COOKIE, click_uuid(hints.cookie))]
    links = _links(storefront, code__in=[code for _, code in codes if code])
    by_code = {link.code: link for link in links}
    found = [Candidate(method=method, link=by_code[code], at=occurred_at) for method, code in codes if code in by_code]
    return found + _clicked(storefront, [(method, click) for method, click in clicks if click])


def _clicked(storefront, hints):
    if not hints:
        return []
    clicks = Click.objects.filter(id__in=[click for _, click in hints], storefront_id=storefront.pk).in_bulk()
    links = {link.pk: link for link in _links(storefront, pk__in=[click.link_id for click in clicks.values()])}
    return [
        Candidate(method=method, link=links[clicks[click].link_id], at=clicks[click].at, click_id=click)
        for method, click in hints
        if click in clicks and clicks[click].link_id in links
    ]


def _links(storefront, **which):
    if not any(which.values()):
        return []
    return Link.objects.filter(storefront=storefront, **which).select_related("program", "advocate__customer")


def _code(text):
    text = str(text or "").strip().upper()
    return text if _CODE(text) else None


def click_uuid(value):
    """The UUID of a click id in any spelling that we gave out, or None."""
    return value if isinstance(value, UUID) or value is None else ids.decode("clk", str(value))


def obstacle(candidate, *, customer, earlier_orders, occurred_at):
    """The reason key that rules this candidate out, with its numbers; ``("", {})`` where nothing does."""
    link = candidate.link
    if same_person(link.advocate.customer, customer):
        return "self_referral", {}
    if closed := links.closed_because(link, at=occurred_at, clicked_at=candidate.at):
        return closed, {}
    if link.program.new_customers_only and earlier_orders:
        return "existing_customer", {"orders": earlier_orders}
    return "", {}


def earlier_orders(*, customer, occurred_at, order=None, just_made=False):
    """How many orders the person had placed before this moment, but for ``order``, the one that binds.

    Orders under another account, or as a guest, with the same mailbox are the same person's.
    """
    people = _one_person(customer)
    if just_made and len(people) == 1:
        return customer.orders_before
    placed = Order.objects.filter(customer__in=people, placed_at__lt=occurred_at)
    placed = placed.exclude(status=OrderStatus.CANCELLED, paid_at__isnull=True)
    before = sum(person.orders_before for person in people)
    return before + placed.exclude(pk=order.pk if order else None).count()


def _one_person(customer):
    if customer.email_key is None:
        return [customer]
    return list(Customer.objects.filter(storefront_id=customer.storefront_id, email_key=customer.email_key))


def same_person(one, other):
    return one.pk == other.pk or (one.email_key is not None and one.email_key == other.email_key)
