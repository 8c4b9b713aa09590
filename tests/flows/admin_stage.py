"""The admin's stage: otto, a colleague with few rights; a rule; a friend's order; what a rule's form sends."""

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from referrals import orders
from rewards import rulebook
from tests import cast
from tests.terms import terms as terms_of

TERMS = {
    "frequency": "first_order",
    "minimum_order_minor": 4000,
    "advocate_kind": "fixed",
    "advocate_amount_minor": 1000,
    "hold_days": 14,
}


def otto(*permissions):
    """Staff who may do only this: ``otto("advocacy.view_program")``."""
    person = User.objects.create_user("otto", "otto@example.com", "ottos long password", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        person.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return person


def rule(program, **terms):
    """In force since long ago."""
    saved = rulebook.save(
        program=program,
        name="Give 10, get 10",
        terms=terms_of(**TERMS | terms),
        at=timezone.now(),
        starts_at=cast.LONG_AGO,
        from_the_past=True,
        accepted=True,
    )
    return saved.rule


def order(storefront, external_id="1001", *, name="fred", **changes):
    fields = cast.order(external_id, at=timezone.now(), customer={"external_id": name}, **changes)
    return orders.record(storefront=storefront, orders=[fields], at=timezone.now())[0]


def rule_form(program, **changes):
    """What the browser sends for a new rule that gives the advocate 10.00 for orders from 40.00."""
    fields = {
        "program": program.pk,
        "name": "Give 10, get 10",
        "trigger": "conversion.recorded",
        "advocate_kind": "fixed",
        "advocate_form": "credit",
        "advocate_amount": "10.00",
        "friend_kind": "",
        "friend_form": "credit",
        "customer_kind": "fixed",
        "minimum_order": "40",
        "frequency": "first_order",
        "hold_days": "14",
        "hold_from": "payment",
        "when": "soon",
    }
    return fields | changes
