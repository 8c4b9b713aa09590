"""The pages' stage: a rule, alice with four friends in four states, a testimonial, and a user who signs in as alice."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.utils import timezone

from advocacy import testimonials
from advocacy.models import Lane
from advocacy.outbox.drain import drain
from referrals import links, orders, signups
from rewards import rulebook
from tests import cast
from tests.terms import terms as terms_of

GIVE_10 = {
    "frequency": "first_order",
    "minimum_order_minor": 4000,
    "advocate_kind": "fixed",
    "advocate_amount_minor": 1000,
    "friend_kind": "fixed",
    "friend_amount_minor": 1000,
    "hold_days": 14,
}


def rule(program, **terms):
    return rulebook.save(
        program=program,
        name="Give 10, get 10",
        terms=terms_of(**GIVE_10 | terms),
        at=timezone.now(),
        starts_at=cast.LONG_AGO,
        from_the_past=True,
        accepted=True,
    )


def user_of(advocate):
    """Who signs in as this advocate, with their address verified."""
    return user(advocate.customer.email)


def user(email, *, verified=True):
    made = get_user_model().objects.create_user(email.split("@")[0], email)
    EmailAddress.objects.create(user=made, email=email, primary=True, verified=verified)
    return made


def buys(storefront, name, code, *, days_ago=0, subtotal=5000):
    """A friend's paid order, so many days ago."""
    at = timezone.now() - timedelta(days=days_ago)
    fields = cast.order(f"order of {name}", at=at, referral_code=code, subtotal_minor=subtotal, shipping_minor=0)
    fields |= {"total_minor": subtotal, "customer": {"external_id": name, "email": f"{name}@example.com"}}
    return orders.record(storefront=storefront, orders=[fields], at=timezone.now())[0]


def settle():
    """What the worker does."""
    for lane in (Lane.MONEY, Lane.PEOPLE):
        while drain(lane, at=timezone.now()):
            pass


def say(advocate, text, *, by, rating=5):
    said = testimonials.send(
        storefront=advocate.storefront,
        customer=advocate.customer,
        program=advocate.program,
        advocate=advocate,
        text=text,
        rating=rating,
        display_name=advocate.display_name,
        consented=True,
        wording="portal-1",
        source="page",
        at=timezone.now(),
    )
    testimonials.publish(testimonial=said, by=by, at=timezone.now())
    return said


def channel(advocate, name):
    return links.create(advocate=advocate, channel=name, at=timezone.now())


def joins(storefront, name, code):
    """A friend signs up and does not order."""
    person = {"external_id": name, "email": f"{name}@example.com"}
    return signups.record(storefront=storefront, customer=person, code=code, at=timezone.now())


def full(advocate, olga):
    """Friends in every state, and a testimonial."""
    storefront = advocate.storefront
    chat, mail = channel(advocate, "whatsapp"), channel(advocate, "e-mail")
    joins(storefront, "lea", mail.code)
    buys(storefront, "jonas", advocate.code, subtotal=1000)
    for name, days in (("mia", 40), ("noa", 30), ("pia", 20)):
        buys(storefront, name, advocate.code, days_ago=days)
    buys(storefront, "fred", chat.code, days_ago=4)
    buys(storefront, "tom", chat.code, days_ago=1)
    settle()
    say(advocate, "The Sidamo is the first coffee my mother and I agree on.", by=olga)
