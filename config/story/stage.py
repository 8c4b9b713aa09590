"""What an admin has set up before the story begins. Everything else in the story goes over HTTP."""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from advocacy import keys, terms
from advocacy.models import ApiKey, KeyKind, Program, ProgramTerms, Storefront
from referrals.models import FraudPolicy
from rewards import rulebook
from rewards.models import Rule

ADMIN_EMAIL, ADMIN_PASSWORD = "olga@acme.example", "open sesame, olga"
LONG_AGO = timedelta(days=365)
KEY_NAME = "The demo's storefront"

GIVE_10 = {
    "frequency": "first_order",
    "minimum_order_minor": 4000,
    "benefits": {
        "advocate": {"form": "credit", "kind": "fixed", "amount_minor": 1000},
        "friend": {"form": "credit", "kind": "fixed", "amount_minor": 1000},
    },
    "hold_days": 0,
    "hold_from": "payment",
}
THANK_YOU = {
    "frequency": "every_order",
    "benefits": {"advocate": {"form": "credit", "kind": "percent", "percent_bp": 500, "maximum_minor": 1500}},
    "hold_from": "payment",
    "hold_days": 14,
}


@dataclass(frozen=True)
class Stage:
    program: str
    token: str


def set_up():
    """Make what is missing; a second start finds the first one's. Each start gets a key of its own."""
    at = timezone.now()
    with transaction.atomic():
        storefront = _storefront()
        program = _program(storefront)
        for name, said in (("Give 10, get 10", GIVE_10), ("Thank you", THANK_YOU)):
            if not Rule.objects.filter(program=program, name=name).exists():
                rulebook.save(
                    program=program, name=name, terms=said, at=at, starts_at=at - LONG_AGO, from_the_past=True
                )
        _admin()
        _publish_terms(program, at)
        for key in ApiKey.objects.filter(storefront=storefront, name=KEY_NAME, revoked_at__isnull=True):
            keys.revoke(key=key, at=at)
        _, token = keys.make(storefront=storefront, kind=KeyKind.SECRET, name=KEY_NAME, at=at)
    return Stage(program=program.slug, token=token)


def _storefront():
    return Storefront.objects.get_or_create(
        slug="acme-coffee",
        defaults={
            "name": "Acme Coffee",
            "url": "https://acme.example",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
        },
    )[0]


def _program(storefront):
    program, _ = Program.objects.get_or_create(
        storefront=storefront,
        slug="friends",
        defaults={
            "name": "Friends of Acme",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
            "destination": "https://acme.example/welcome?ref={code}",
        },
    )
    # The story's friends all come within a minute, from one machine: the checks would hold what it shows being paid.
    FraudPolicy.objects.get_or_create(program=program, defaults={"active": False})
    return program


_TERMS = {
    "en": "Share your link with people who would like our coffee. Orders of your own do not count.\n\n"
    "What you earn is yours once nothing can be sent back any more.",
    "de": "Teile deinen Link mit Leuten, denen unser Kaffee schmecken könnte. Eigene Bestellungen zählen nicht.\n\n"
    "Was du verdienst, gehört dir, sobald nichts mehr zurückgeschickt werden kann.",
}


def _publish_terms(program, at):
    if terms.current(program):
        # This start may listen on another port than the one that published them.
        terms.moved(program.storefront)
        program.refresh_from_db()
    else:
        words = {language: {"text": text, "address": "", "summary": ""} for language, text in _TERMS.items()}
        draft = ProgramTerms(storefront=program.storefront, program=program, words=words, written_at=at)
        draft.save()
        terms.publish(terms=draft, by="olga", at=at)


def _admin():
    users = get_user_model().objects
    if not users.filter(email=ADMIN_EMAIL).exists():
        olga = users.create_superuser("olga", ADMIN_EMAIL, ADMIN_PASSWORD)
        EmailAddress.objects.create(user=olga, email=ADMIN_EMAIL, verified=True, primary=True)
