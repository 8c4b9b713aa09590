"""Whom money is paid to: their name, country, and a destination that is sealed and never shown in full."""

from datetime import timedelta

from django.db import transaction

from advocacy import countries, given, persons, secrets
from advocacy.models import Customer
from advocacy.refusals import Refused
from rewards import bank
from rewards.models import DestinationKind, Payee, PayeeChange, PayeeKind, PayoutKind, PayoutPolicy

# Whoever took over an account changes where its money goes first: its owner has so long to notice.
HOLD_AFTER_CHANGE = timedelta(days=3)
PORTAL = "portal"
_COLUMNS = ("name", "country", "kind", "vat_id", "tax_form_since")


def of(customers):
    """``{person's public id: Payee}`` of those whose records these are (keys); the survivor's own goes first."""
    found = {}
    rows = Payee.objects.filter(customer__in=customers).select_related("customer").order_by("pk")
    for row in sorted(rows, key=lambda row: row.customer.merged_into_id is not None):
        found.setdefault(row.customer.person_id, row)
    return found


def of_one(customer):
    """The Payee of this person, or None."""
    return of(persons.ids_of(customer)).get(customer.person_id)


def put(*, customer, fields, source, at, by=None):
    """Make or change the customer's Payee; returns ``(payee, created)``. Fields that are left out stay.

    ``fields``: name, country, kind, vat_id, tax_form_since, and the destination as ``iban`` or ``other``.
    ``source``: portal, api or admin. Raises ``Refused`` with ``errors`` by field.
    """
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        payee = of_one(customer)
        created = payee is None
        payee = payee or Payee(storefront=customer.storefront, customer=customer, recorded_at=at)
        if source == PORTAL and not created and fields.get("country", payee.country) != payee.country:
            # A year's tax limit is the country's: whoever could choose it could pass it.
            _refuse({"country": "The shop changes your country; write to them."})
        known, before = _said(payee), payee.shown
        for name in _COLUMNS:
            setattr(payee, name, fields.get(name, getattr(payee, name)))
        payee.name = given.line("name", payee.name, longest=140)
        payee.vat_id = given.line("vat_id", payee.vat_id, longest=20)
        _refuse(_problems(payee, at))
        redirects = _redirect(payee, fields, at)
        _refuse(_unpayable(payee))
        payee.save()
        if created or redirects or known != _said(payee):
            _note(payee, source=source, by=by, at=at, before=before, redirects=redirects)
    return payee, created


def _said(payee):
    return {name: getattr(payee, name) for name in _COLUMNS}


def _note(payee, **change):
    PayeeChange.objects.create(
        payee=payee,
        customer=payee.customer,
        after=payee.shown,
        destination=payee.destination,
        destination_print=payee.destination_print,
        **_said(payee),
        **change,
    )


def held_until(payee):
    """Until when its next payout waits because its destination was changed, or None."""
    return payee.destination_changed_at and payee.destination_changed_at + HOLD_AFTER_CHANGE


def others_with_its_destination(payee):
    """How many other payees have the same destination."""
    if payee.destination_print is None:
        return 0
    same = Payee.objects.filter(storefront=payee.storefront_id, destination_print=payee.destination_print)
    return same.exclude(pk=payee.pk).count()


def _problems(payee, at):
    wrong = {}
    if not payee.name:
        wrong["name"] = "Write the name of the account’s holder."
    if payee.country not in countries.CODES:
        wrong["country"] = "The two capitals of a country (ISO 3166), such as DE."
    if payee.kind not in PayeeKind.values:
        wrong["kind"] = f"One of: {', '.join(PayeeKind.values)}."
    if payee.tax_form_since and payee.tax_form_since > at.date() + timedelta(days=1):
        wrong["tax_form_since"] = "A tax form is on file since a day that has been."
    return wrong


def _unpayable(payee):
    """Where all is paid by bank files: what no such file can say."""
    kinds = set(PayoutPolicy.objects.filter(storefront=payee.storefront_id).values_list("kind", flat=True))
    if kinds != {PayoutKind.SEPA} or payee.destination_kind != DestinationKind.IBAN:
        return {}
    wrong = {}
    try:
        bank.holder(payee.name)
    except bank.BadName as bad:
        wrong["name"] = str(bad)
    if not bank.in_sepa(secrets.open(payee.destination)):
        wrong["iban"] = bank.OUTSIDE_SEPA
    return wrong


def _refuse(wrong):
    if wrong:
        raise Refused("invalid_payee", next(iter(wrong.values())), errors=wrong)


def _redirect(payee, fields, at):
    """Set the destination; whether it is another than before."""
    kind, text = _destination(fields)
    if kind is None:
        return False
    mark = secrets.fingerprint(text)
    if payee.destination_kind and bytes(payee.destination_print) == mark:
        return False
    payee.destination_changed_at = at if payee.destination_kind else None
    payee.destination_kind, payee.destination = kind, secrets.seal(text)
    payee.destination_print, payee.destination_end = mark, bank.ending(text)
    return True


def _destination(fields):
    given = {name: fields[name] for name in ("iban", "other") if fields.get(name)}
    if len(given) == 2:  # noqa: PLR2004
        _refuse({"other": "Give either an IBAN or another account, not both."})
    if "iban" in given:
        try:
            return DestinationKind.IBAN, bank.iban(given["iban"])
        except bank.BadIban as bad:
            raise Refused("invalid_payee", str(bad), errors={"iban": str(bad)}) from bad
    return (DestinationKind.OTHER, given["other"].strip()) if "other" in given else (None, "")
