"""A friend signs up: the customer, and the bond to whoever brought them."""

from django.db import transaction

from advocacy import customers, given
from referrals import attribution


def record(*, storefront, customer, click_id=None, code=None, invitation=None, at, occurred_at=None):
    """``(customer, binding)`` in one transaction; sign up again and the answer is the same.

    ``customer``: the fields of ``customers.upsert``, or ``cus_…`` / ``ext_…`` (made where it is new). A hint that leads
    nowhere refuses nothing: the binding says why nobody was bound.
    """
    occurred_at = given.moment("occurred_at", occurred_at, at=at) if occurred_at else at
    hints = attribution.Hints(code=code, click_id=click_id, invitation=invitation)
    with transaction.atomic():
        if isinstance(customer, str):
            person, _ = customers.named_or_made(storefront=storefront, name=customer, at=at)
        else:
            person, _ = customers.upsert(storefront=storefront, fields=customer, at=at)
        binding = attribution.bind(storefront=storefront, customer=person, hints=hints, at=at, occurred_at=occurred_at)
    return person, binding
