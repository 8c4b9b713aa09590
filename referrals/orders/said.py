"""What is said of one order: its fields, checked, with whom they come from."""

from datetime import timedelta
from functools import cached_property

from advocacy import given
from referrals import traces
from referrals.models import Source
from referrals.orders import adding, creating, finding, recording, waiting
from referrals.orders import fields as order_fields

_NO_SHOP = {Source.API, Source.IMPORT}
# A shop's old order of the same number and sum is another one.
_PLACED_APART = timedelta(days=3)


class Said:
    """The fields of one order, checked, with whom they come from."""

    def __init__(self, storefront, fields, source, at, *, lenient, unread=(), past=False):
        self.storefront, self.source, self.at, self.lenient = storefront, source, at, lenient
        # Whether an order that is new is one of the past, which earns nothing.
        self.past = past
        # Of these digests are kept for a while, and the same order from elsewhere is the same order.
        self.place, fields = self._place(fields) if isinstance(fields, dict) else (None, fields)
        self.values = order_fields.checked(fields, at=at)
        self.warnings = [{"code": "amount_unreadable", "source": str(source), "names": [*unread]}] if unread else []
        self.names = finding.names_of(self.values)
        # An order of one of several shops is found by these, but only by who is not such a shop.
        self.of_a_shop = source not in _NO_SHOP and finding.SHOP_NUMBER in self.values.get("identifiers", {})
        self.beside = finding.by_number_of_a_shop(self.values) if self.of_a_shop or source in _NO_SHOP else []

    def _place(self, fields):
        """``(from where it was ordered, the other fields)``. What a platform tells and is no address is nothing."""
        rest = {name: value for name, value in fields.items() if name not in ("ip", "user_agent")}
        if not (ip := fields.get("ip")):
            return None, rest
        agent = fields.get("user_agent") or ""
        return traces.told(ip=ip, user_agent=agent, lenient=self.source not in _NO_SHOP), rest

    @cached_property
    def digest(self):
        return given.digest(self.values)

    def known(self):
        """The order that is meant, if it is here; from now on nobody else makes it."""
        number = [("number", finding.number_of(self.values))] if self.beside else []
        finding.wait_for_turn(self.storefront, list({*self.names, *number}))
        return finding.of(storefront=self.storefront, names=self.names) or self._known_by_number(number)

    def _known_by_number(self, number):
        """What a shop, one of several, and somebody else tell of one order, whichever of them came first."""
        order = finding.of(storefront=self.storefront, names=number if self.of_a_shop else self.beside)
        if order is None or abs(order.placed_at - self.values.get("placed_at", self.at)) > _PLACED_APART:
            return None
        if not self.of_a_shop:
            return order
        same = finding.by_number_of_a_shop(vars(order)) == self.beside
        return order if same and order.brought_by in _NO_SHOP and finding.SHOP_NUMBER not in order.identifiers else None

    def is_of_another_source(self, order):
        return order.brought_by != self.source or order.external_id != self.values.get("external_id")

    def new(self):
        """The new order that it is; raises what is refused of one."""
        columns, warnings = order_fields.completed(self.values, at=self.at, lenient=self.lenient)
        return creating.New(
            values=self.values,
            columns=columns,
            warnings=[*warnings, *self.warnings],
            names=self.kept_names(),
            source=self.source,
            person=recording.person_told(columns, at=self.at),
            history=self.past,
            digest=self.digest,
        )

    def kept_names(self):
        return self.names + (self.beside if self.of_a_shop else [])

    def create(self):
        return create({self: self.new()}, at=self.at)[0]

    def locked(self, order):
        said = self.values.get("customer")
        beside = said and recording.customer_said(self.storefront, said, at=self.at)
        return recording.lock(order, beside=beside)

    def add(self, order):
        order = self.locked(order)
        answer = adding.add(order, self.values, source=self.source, at=self.at, warnings=self.warnings)
        adding.name(order, self.kept_names())
        traces.keep([(order.customer, self.place)], at=self.at)
        waiting.take(order=order, at=self.at)
        return answer


def create(new, *, at):
    """The orders of ``{said: new}``, all of one storefront, and what waited for them, as ``creating.create``."""
    storefront = next(iter(new)).storefront
    made = creating.create(storefront=storefront, new=list(new.values()), at=at)
    named = [(each.order, said.names) for each, said in zip(made, new, strict=True)]
    waiting.take_all(named=named, storefront=storefront.pk, at=at)
    traces.keep([(each.order.customer, said.place) for each, said in zip(made, new, strict=True)], at=at)
    return made
