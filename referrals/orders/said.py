"""What is said of one order: its fields, checked, with whom they come from."""

from referrals.orders import adding, creating, finding, recording, waiting
from referrals.orders import fields as order_fields


class Said:
    """The fields of one order, checked, with whom they come from."""

    def __init__(self, storefront, fields, source, at, *, lenient):
        self.storefront, self.source, self.at, self.lenient = storefront, source, at, lenient
        self.values = order_fields.checked(fields, at=at)
        self.names = finding.names_of(self.values)

    def known(self):
        """The order that is meant, if it is here; from now on nobody else makes it."""
        finding.wait_for_turn(self.storefront, self.names)
        return finding.of(storefront=self.storefront, names=self.names)

    def is_of_another_source(self, order):
        return order.brought_by != self.source or order.external_id != self.values.get("external_id")

    def new(self):
        """The new order that it is; raises what is refused of one."""
        columns, warnings = order_fields.completed(self.values, at=self.at, lenient=self.lenient)
        return creating.New(
            values=self.values,
            columns=columns,
            warnings=warnings,
            names=self.names,
            source=self.source,
            person=recording.person_told(columns, at=self.at),
        )

    def create(self):
        return create({self: self.new()}, at=self.at)[0]

    def locked(self, order):
        said = self.values.get("customer")
        beside = said and recording.customer_said(self.storefront, said, at=self.at)
        return recording.lock(order, beside=beside)

    def add(self, order):
        order = self.locked(order)
        answer = adding.add(order, self.values, source=self.source, at=self.at)
        adding.name(order, self.names)
        waiting.take(order=order, at=self.at)
        return answer


def create(new, *, at):
    """The orders of ``{said: new}``, all of one storefront, and what waited for them, as ``creating.create``."""
    storefront = next(iter(new)).storefront
    made = creating.create(storefront=storefront, new=list(new.values()), at=at)
    named = [(each.order, said.names) for each, said in zip(made, new, strict=True)]
    waiting.take_all(named=named, storefront=storefront.pk, at=at)
    return made
