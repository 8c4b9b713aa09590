"""The cast: acme is the storefront, rival another one that must see nothing, alice advocates, fred is the friend
who buys, mallory cheats, olga operates the admin. Plain functions; pytest's fixtures of them are in fixtures.py."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model

from advocacy import customers
from advocacy.models import Program, Storefront
from referrals import links
from referrals.models import FraudPolicy

# Every story happens now, whenever the tests run; what came before is told as NOON - timedelta(…).
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOON - timedelta(days=400)


def acme(**changes):
    fields = {"name": "Acme Coffee", "slug": "acme", "url": "https://acme.example", "currency": "EUR"}
    return Storefront.objects.create(**fields | {"created_at": LONG_AGO} | changes)


def rival(**changes):
    return acme(**{"name": "Rival Tea", "slug": "rival", "url": "https://rival.example"} | changes)


def program(storefront, *, fraud=False, **changes):
    """``fraud``: its orders are checked. Not in most stories: everybody orders from one place within one moment."""
    fields = {"name": "Friends of Acme", "slug": "friends", "currency": storefront.currency}
    fields |= {"destination": f"https://{storefront.slug}.example/welcome", "created_at": LONG_AGO}
    made = Program.objects.create(storefront=storefront, **fields | changes)
    if not fraud:
        FraudPolicy.objects.create(program=made, active=False)
    return made


def customer(storefront, name, *, at=NOON, **fields):
    """``customer(acme, "fred")``: known as fred, with the e-mail address fred@example.com."""
    fields = {"external_id": name, "email": f"{name}@example.com", "name": name.title()} | fields
    return customers.upsert(storefront=storefront, fields=fields, at=at)[0]


def advocate(program, name="alice", *, at=NOON, **fields):
    """The advocate with her link: ``.code`` is its code, ``.links`` holds it."""
    fields = {"code": f"{name}-link", "display_name": name.title(), "shows_name": True} | fields
    person = customer(program.storefront, name, at=at)
    return links.enrol(program=program, customer=person, at=at, **fields)[0]


def alice(program, **fields):
    return advocate(program, "alice", **fields)


def fred(storefront, **fields):
    return customer(storefront, "fred", **fields)


def mallory(program, **fields):
    return advocate(program, "mallory", **fields)


def olga():
    return get_user_model().objects.create_superuser("olga", "olga@example.com", "olgas long password")


def staff(name):
    """A colleague of olga's who may do nothing yet."""
    return get_user_model().objects.create_user(name, f"{name}@example.com", is_staff=True)


def order(external_id="1001", *, at=NOON, **changes):
    """What acme says of a paid order of 50.00 EUR with 4.00 shipping; give ``customer`` and the rest as you like."""
    fields = {"external_id": external_id, "status": "paid", "currency": "EUR", "placed_at": at}
    fields |= {"subtotal_minor": 5000, "shipping_minor": 400, "total_minor": 5400, "tax_included": True}
    return fields | changes
