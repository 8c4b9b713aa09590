"""A friend signs up: the customer, and the bond to whoever brought them."""

from django.db import transaction

from advocacy import customers, given
from referrals import attribution, traces


def record(
    *,
    storefront,
    customer,
    click_id=None,
    code=None,
    invitation=None,
    ip=None,
    user_agent="",
    at,
    occurred_at=None,
):
    """``(customer, binding)`` in one transaction; sign up again and the answer is the same.

    ``customer``: the fields of ``customers.upsert``, or ``cus_…`` / ``ext_…`` (made where it is new). A hint that leads
    nowhere refuses nothing: the binding says why nobody was bound. Of ``ip`` and ``user_agent`` digests are kept for a
    while (``traces``). What is told of the customer is of ``occurred_at``; without one, a consent that was told before
    is no news, for this may be an old call sent again.
    """
    then = {"updated_at": occurred_at} if occurred_at else {}
    occurred_at = given.moment("occurred_at", occurred_at, at=at) if occurred_at else at
    hints = attribution.Hints(code=code, click_id=click_id, invitation=invitation)
    with transaction.atomic():
        if isinstance(customer, str):
            person, _ = customers.named_or_made(storefront=storefront, name=customer, at=at)
        else:
            person, _ = customers.upsert(storefront=storefront, fields=then | customer, once=True, at=at)
        if ip:
            traces.keep([(person, traces.told(ip=ip, user_agent=user_agent))], at=at)
        binding = attribution.bind(storefront=storefront, customer=person, hints=hints, at=at, occurred_at=occurred_at)
    return person, binding
