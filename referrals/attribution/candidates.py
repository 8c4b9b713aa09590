"""Find the links behind what came with a sign-up or an order, and what speaks against each."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from advocacy import ids, persons
from advocacy.models import Customer, bulk
from referrals import invitations, links
from referrals.attribution.choice import Candidate
from referrals.models import Click, Link, Method, Order, OrderStatus

# Of what a shop calls a coupon.
_LONGEST = 200
_CODE = re.compile(r"[A-Z0-9-]{3,40}").fullmatch


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What came with a sign-up or an order. Ids as UUID or ``clk_…``; a hint that names nothing of ours is no hint.

    ``click_id``: of the address the friend came by. ``cookie``: a click the snippet remembered.
    ``invitation``: the code of the invitation's link. Who was invited by e-mail needs no hint at all.
    """

    code: str | None = None
    coupon_codes: tuple = ()
    click_id: object = None
    cookie: object = None
    invitation: str | None = None


def of(*, storefront, asked):
    """For each ``(hints, customer, occurred_at)`` its candidates of all programs, without obstacles yet."""
    codes = [_codes(hints) for hints, _, _ in asked]
    clicks = [_clicks(hints) for hints, _, _ in asked]
    boxes = [persons.mailboxes(customer) for _, customer, _ in asked]
    invited = invitations.of(storefront=storefront, mailboxes=set().union(*boxes))
    links = {link.code: link for link in _links(storefront, "code", _each(codes))}
    links |= _behind_coupons(storefront, [text for hints, _, _ in asked for text in hints.coupon_codes], links)
    clicked, ways = _clicked(storefront, _each(clicks))
    found = []
    for (_, _, at), typed, came, mine in zip(asked, codes, clicks, boxes, strict=True):
        found.append(
            [Candidate(method=method, link=links[code], at=at) for method, code in typed if code in links]
            + [
                Candidate(method=method, link=ways[clicked[click].link_id], at=clicked[click].at, click_id=click)
                for method, click in came
                if click in clicked and clicked[click].link_id in ways
            ]
            + [
                Candidate(method=Method.INVITATION, link=each.link, at=each.invited_at)
                for box in sorted(mine)
                for each in invited.get(box, ())
            ]
        )
    return found


def _codes(hints):
    said = [(Method.CODE, _code(hints.code)), *((Method.COUPON, _key(code)) for code in hints.coupon_codes)]
    codes = [*said, (Method.INVITATION, _code(hints.invitation))]
    return [(method, code) for method, code in codes if code]


def _behind_coupons(storefront, texts, links):
    """``{code: link}`` of coupons that friends got by coming through a link; asked only of what is no link's code."""
    texts = {str(text) for text in texts} - {""}
    strange = [text for text in texts if _code(text) not in links]
    if not strange:
        return {}
    names = import_string(settings.COUPON_LINKS)(storefront=storefront, texts=strange)
    found = {link.public_id: link for link in _links(storefront, "public_id", list(names.values()))}
    return {_key(text): found[name] for text, name in names.items() if name in found}


def _clicks(hints):
    said = [(Method.CLICK, click_uuid(hints.click_id)), (Method.COOKIE, click_uuid(hints.cookie))]
    return [(method, click) for method, click in said if click]


def _each(hints):
    return sorted({value for said in hints for _, value in said})


def _clicked(storefront, clicks):
    """``({click id: click}, {link id: link})``."""
    if not clicks:
        return {}, {}
    found = Click.objects.filter(id__in=clicks, storefront_id=storefront.pk).in_bulk()
    links = _links(storefront, "id", [click.link_id for click in found.values()])
    return found, {link.pk: link for link in links}


def _links(storefront, column, values):
    if not values:
        return []
    where = f"WHERE row.storefront_id = %s AND row.{column} = ANY(%s)"
    return bulk.fetch_with(Link, ("program", "advocate", "advocate.customer"), where, [storefront.pk, values])


def _code(text):
    text = str(text or "").strip().upper()
    return text if _CODE(text) else None


def _key(text):
    """A coupon as it is compared: a link's code, or else whatever the shop calls it."""
    return _code(text) or str(text or "").strip()[:_LONGEST]


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


def earlier_orders(*, customer, occurred_at, order=None, just_made=False, mailboxes=None):
    """How many orders the person had placed before this moment, but for ``order``, the one that binds.

    Orders under another account, or as a guest, with the same mailbox are the same person's. ``mailboxes``: as
    ``with_mailboxes_of`` answers, where that was asked for many at once.
    """
    people = _one_person(customer, mailboxes)
    if just_made and len(people) == 1:
        return customer.orders_before
    placed = Order.objects.filter(customer__in=people, placed_at__lt=occurred_at)
    placed = placed.exclude(status=OrderStatus.CANCELLED, paid_at__isnull=True)
    before = sum(person.orders_before for person in people)
    return before + placed.exclude(pk=order.pk if order else None).count()


def with_mailboxes_of(storefront, customers):
    """``{e-mail key: [customer]}`` of all who have the mailboxes of these."""
    found = {}
    if keys := [customer.email_key for customer in customers if customer.email_key is not None]:
        rows = bulk.fetch(Customer, "WHERE storefront_id = %s AND email_key = ANY(%s)", [storefront.pk, keys])
        for row in rows:
            found.setdefault(row.email_key, []).append(row)
    return found


def _one_person(customer, mailboxes):
    boxes = persons.mailboxes(customer)
    if mailboxes is None or boxes - mailboxes.keys():
        rows = Customer.objects.filter(storefront_id=customer.storefront_id, email_key__in=boxes) if boxes else ()
        found = [customer, *rows]
    else:
        found = [customer, *(row for box in boxes for row in mailboxes[box])]
    # Others of the same mailbox may be known by further records.
    merged = {row.person_id for row in found if row.absorbed or row.merged_into_id}
    if merged:
        found += Customer.objects.filter(pk__in=persons.customers(merged))
    return list({row.pk: row for row in found}.values())


def same_person(one, other):
    if one.person_id == other.person_id:
        return True
    return not persons.mailboxes(one).isdisjoint(persons.mailboxes(other))
