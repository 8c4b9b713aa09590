"""What can be said of what is not here: what came last, by which way, and what is called nearly so."""

from dataclasses import dataclass, field

from django.db.models import Q

from advocacy import emails, ids, privacy
from advocacy.models import Connection, ConnectionStatus, Customer, Storefront
from referrals import invitations, nearby
from referrals.models import InboundMessage, InboundState, Link, Order, OrderIdentifier, WaitingFact, WaitingState
from referrals.orders import finding

MOST = 5
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, kw_only=True)
class Missing:
    """``last``: the newest order, or None. ``heard``: of each connection {platform, name, last_at, failed}, the newest
    first. ``nearest``: {kind, name, ask}, where ``ask`` leads to it. ``waiting``: what was told of the order before it
    came, {kind, fact_id, received_at}. ``invited``: who invited the address, {advocate, code, at}. ``erased``: its
    owner was erased.
    """

    is_address: bool
    at: object
    last: Order | None = None
    heard: list = field(default_factory=list)
    nearest: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    invited: list = field(default_factory=list)
    erased: bool = False

    def sentences(self):
        """The answer in words; its first sentence says that it is not here."""
        first = self._of_address() if self.is_address else self._of_order()
        return [first, *self._heard(), *self._around()]

    def _of_order(self):
        if self.last is None:
            return "No such order has arrived; none has arrived at all."
        return f"No such order has arrived; the last one came {ago(self.at - self.last.recorded_at)}."

    def _of_address(self):
        return "The owner of this address was erased." if self.erased else "Nobody with this address is known here."

    def _heard(self):
        for each in self.heard:
            failed = f"; {each['failed']} of its messages could not be taken" if each["failed"] else ""
            yield f"Last {each['platform']} message ({each['name']}): {each['last_said']}{failed}."

    def _around(self):
        for each in self.waiting:
            yield f"Before it came its {each['kind'].lower()} {each['fact_id']}, which waits for it."
        for each in self.invited:
            yield f"{each['advocate']} invited this address {ago(self.at - each['at'])}."
        if self.nearest:
            yield f"Nearest: {', '.join(each['name'] for each in self.nearest)}."


def ago(span):
    """Such as “2 minutes ago”."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, size in (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE)):
        if number := seconds // size:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def miss(asked, *, storefronts, at):
    """What to say of a name that ``find`` found nothing by, in the storefronts of these ids."""
    is_address = "@" in asked
    return Missing(
        is_address=is_address,
        at=at,
        last=Order.objects.filter(storefront__in=storefronts).select_related("storefront").order_by("-id").first(),
        heard=[] if is_address else _heard(storefronts, at),
        nearest=_addresses_near(asked, storefronts) if is_address else _names_near(asked, storefronts),
        waiting=[] if is_address else _waiting(asked, storefronts),
        **(_of_address(emails.normalise(asked), storefronts) if is_address else {}),
    )


def _heard(storefronts, at):
    active = Connection.objects.filter(storefront__in=storefronts, status=ConnectionStatus.ACTIVE)
    told = [_last(connection, at) for connection in active[:MOST]]
    return sorted(told, key=lambda each: (each["last_at"] is not None, each["last_at"]), reverse=True)


def _last(connection, at):
    came = InboundMessage.objects.filter(connection=connection)
    # By topic, as the index has it.
    last = list(came.order_by("topic", "-id").distinct("topic").values_list("received_at", flat=True))
    return {
        "platform": connection.get_platform_display(),
        "name": connection.name,
        "last_at": max(last, default=None),
        "last_said": ago(at - max(last)) if last else "never",
        "failed": came.filter(state=InboundState.FAILED).count(),
    }


def _names_near(asked, storefronts):
    """Orders, then codes, that differ by one slip."""
    plain = asked.strip().lstrip("#")
    slips, here = nearby.slips(plain), Q(storefront__in=storefronts)
    if not slips:
        return []
    named = OrderIdentifier.objects.filter(here, kind__in=finding.KINDS, value__in=slips)
    orders = Order.objects.filter(here).filter(Q(external_id__in=slips) | Q(pk__in=named.values("order")))
    links = Link.objects.filter(here, code__in=nearby.slips(plain.upper()))
    return [
        *(_near("order", order.external_id, "ord", order) for order in orders.order_by("-id")[:MOST]),
        *(_near("code", link.code, "lnk", link) for link in links.order_by("-id")[:MOST]),
    ][:MOST]


def _addresses_near(asked, storefronts):
    known = Customer.objects.filter(storefront__in=storefronts, email_key__in=nearby.slips(emails.normalise(asked)))
    # Several records may have one address.
    people = {person.email_key: person for person in known.order_by("id")}
    newest = sorted(people.values(), key=lambda person: -person.pk)[:MOST]
    return [_near("customer", person.email, "cus", person) for person in newest]


def _near(kind, name, prefix, row):
    return {"kind": kind, "name": name, "ask": ids.encode(prefix, row.public_id)}


def _waiting(asked, storefronts):
    plain = asked.strip().lstrip("#")
    names = finding.written([(kind, plain) for kind in (finding.EXTERNAL, *finding.KINDS)])
    facts = WaitingFact.objects.filter(storefront__in=storefronts, state=WaitingState.WAITING, names__overlap=names)
    return [
        {"kind": fact.get_kind_display(), "fact_id": fact.fact_id, "received_at": fact.received_at}
        for fact in facts.order_by("id")[:MOST]
    ]


def _of_address(key, storefronts):
    shops = list(Storefront.objects.filter(pk__in=storefronts))
    found = [each for shop in shops for each in invitations.of(storefront=shop, mailboxes={key}).get(key, ())]
    invited = [
        {"advocate": str(each.link.advocate), "code": each.link.code, "at": each.invited_at} for each in found[:MOST]
    ]
    return {"invited": invited, "erased": any(privacy.suppressed(storefront=shop, email_key=key) for shop in shops)}
