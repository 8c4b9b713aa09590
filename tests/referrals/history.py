"""What happened, as the rows that intake leaves behind: enough for whoever counts them."""

import pgtrigger
from django.db.models import Count, Min

from advocacy import ids
from advocacy.models import Customer, Event
from referrals import buyers
from referrals.models import BuyerMark, Click, Conversion, Order, OrderStatus, Referral
from tests import cast


def person(storefront, name):
    at = cast.LONG_AGO
    return Customer.objects.create(
        storefront=storefront, external_id=name, created_at=at, updated_at=at, recorded_at=at
    )


def click(link, *, at, visitor="v1", counted=True):
    return Click.objects.create(
        id=ids.uuid7(int(at.timestamp() * 1000)),
        storefront_id=link.storefront_id,
        program_id=link.program_id,
        link_id=link.pk,
        at=at,
        visitor=visitor.encode(),
        counted=counted,
    )


def brought(advocate, friend, *, at):
    """The friend is bound to the advocate."""
    return Referral.objects.create(
        storefront=advocate.storefront,
        program=advocate.program,
        advocate=advocate,
        friend=friend,
        method="code",
        bound_at=at,
        recorded_at=at,
    )


def bought(customer, *, at, **columns):
    """A paid order of 50.00 with 4.00 shipping."""
    amounts = {"currency": "EUR", "subtotal_minor": 5000, "revenue_minor": 5000, "total_minor": 5400}
    times = {"placed_at": at, "paid_at": at, "updated_at": at, "recorded_at": at}
    return Order.objects.create(
        **{
            "storefront": customer.storefront,
            "customer": customer,
            "external_id": str(ids.uuid7()),
            "status": OrderStatus.PAID,
            "digest": b"",
        }
        | amounts
        | times
        | columns
    )


def converted(referral, order, **columns):
    """The order is a conversion of the referral."""
    conversion = Conversion.objects.create(
        **{
            "storefront": referral.storefront,
            "program": referral.program,
            "referral": referral,
            "order": order,
            "sequence": referral.conversions.count() + 1,
            "converted_at": order.paid_at,
            "recorded_at": order.recorded_at,
        }
        | columns
    )
    keep_copies(referral)
    return conversion


def keep_copies(referral):
    """What a referral says of its conversions."""
    standing = referral.conversions.filter(stands=True).aggregate(number=Count("pk"), first=Min("converted_at"))
    columns = {"standing_conversions": standing["number"], "converted_at": standing["first"]}
    Referral.objects.filter(pk=referral.pk).update(**columns)


def event(type, subject, *, version=1, **facts):
    """An event about the subject with these facts of its catalogue."""
    return Event.objects.create(
        storefront_id=subject.storefront_id,
        type=type,
        subject_kind=type.split(".")[0],
        subject_id=subject.public_id,
        version=version,
        facts={name: value if isinstance(value, int) else value.isoformat() for name, value in facts.items()},
        occurred_at=cast.NOON,
        recorded_at=cast.NOON,
    )


def brought_by(link, friend, *, at, clicked_at=None, segments=()):
    """The friend is bound by the link; the fact says which segments the advocate had."""
    referral = brought(link.advocate, friend, at=at)
    Referral.objects.filter(pk=referral.pk).update(link=link, channel=link.channel, clicked_at=clicked_at)
    said = event("referral.created", referral)
    with pgtrigger.ignore("advocacy.Event:events_are_append_only"):
        Event.objects.filter(pk=said.pk).update(facts={"advocate_segments": list(segments)})
    referral.refresh_from_db()
    return referral


def counted(storefront):
    """Count all buyers of a storefront, as after an event of each; nothing differs then."""
    marks = [
        BuyerMark(storefront=storefront, customer=customer, marked_at=cast.NOON)
        for customer in Customer.objects.filter(storefront=storefront)
    ]
    BuyerMark.objects.bulk_create(marks)
    buyers.recount(at=cast.NOON)
    assert list(buyers.differences(storefront=storefront, at=cast.NOON)) == []
