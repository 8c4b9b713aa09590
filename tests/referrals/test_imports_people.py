"""Customers and referrals of files: who bought before, what they agreed to, and who brought whom."""

import io
import json
import uuid

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from advocacy import consents, customers, jobs, terms
from advocacy.models import Consent, Customer, Event, ProgramTerms, Standing, TermsAcceptance
from advocacy.outbox.drain import drain
from advocacy.outbox.interruptions import Interrupted
from referrals import imports, orders
from referrals.imports import bonds, forgetting, keeping
from referrals.models import Link, Referral
from tests import cast
from tests.cast import DAY, NOON
from tests.referrals.imports_stage import checked, counts, keep, taken

CUSTOMERS = """Customer ID;E-Mail;First name;Last name;Country;Orders;Shoe size
fred;fred@example.com;Fred;Flint;DE;3;44
;wilma@example.com;Wilma;;;;
barney;no address;;;;;
"""


def test_customers_are_made_and_told_what_they_bought_before(acme):
    row = keep(acme, CUSTOMERS, "customers")
    assert dict(row.columns)["Orders"] == "orders_before" and dict(row.columns)["Shoe size"] == ""
    assert checked(row) == counts(new=2, refused=1)
    assert taken(row) == counts(new=2, refused=1)
    assert list(imports.refused(row)) == [(4, "email is not an e-mail address.")]
    fred = Customer.objects.get(external_id="fred")
    assert (fred.name, fred.country, fred.orders_before) == ("Fred Flint", "DE", 3)
    assert taken(keep(acme, CUSTOMERS, "customers")) == counts(same=2, refused=1)
    again = keep(acme, "customer_id,orders,source,utm_medium\nfred,4,google,cpc\n", "customers")
    assert taken(again) == counts(changed=1)
    fred.refresh_from_db()
    assert (fred.orders_before, fred.source) == (4, {"utm_source": "google", "utm_medium": "cpc"})
    assert Event.objects.filter(type="customer.created").count() == 0


AGREED = """email,marketing_consent,consent_at,consent_source,consent_wording
fred@example.com,yes,2025-03-01T10:00:00Z,Checkout page,v2
wilma@example.com,yes,,,
barney@example.com,no,,,
betty@example.com,perhaps,,,
"""


def test_a_name_that_is_no_text_is_refused_in_words(acme):
    lines = [json.dumps({"external_id": str(number), "name": name}) for number, name in enumerate((5, 1.5, {}, "Ann"))]
    row = keep(acme, "\n".join(lines), kind="customers")
    assert taken(row) == counts(new=1, refused=3)
    assert {why for _, why in imports.refused(row)} == {"name must be text."}


def test_what_customers_agreed_to_is_kept_with_its_moment_and_wording_and_an_old_list_subscribes_nobody_again(acme):
    wilma, _ = customers.upsert(storefront=acme, fields={"email": "wilma@example.com"}, at=NOON)
    consents.note(customer=wilma, said={"channel": "email", "state": "withdrawn"}, at=NOON)
    row = keep(acme, AGREED, "customers")
    assert checked(row) == counts(new=2, same=1, refused=1)
    assert taken(row) == counts(new=2, same=1, refused=1)
    assert taken(keep(acme, AGREED, "customers")) == counts(same=3, refused=1)
    told = Consent.objects.order_by("customer__email").values_list(
        "customer__email", "channel", "state", "source", "wording_version"
    )
    assert list(told) == [
        ("barney@example.com", "email", "none", "", ""),
        ("fred@example.com", "email", "confirmed", "Checkout-page", "v2"),
        ("wilma@example.com", "email", "withdrawn", "", ""),
    ]
    assert Consent.objects.get(state="confirmed").at.isoformat() == "2025-03-01T10:00:00+00:00"
    (refused,) = imports.refused(row)
    assert refused[1].startswith("consent: “perhaps” is none of: yes, true")


REFERRALS = """advocate_id,advocate_email,friend_email,code,bound_at
alice,alice@example.com,fred@example.com,ALICE10,2025-05-01
alice,alice@example.com,alice@example.com,ALICE10,2025-05-01
mallory,,fred@example.com,,2025-06-01
wilma,,,WILMA,
"""


def test_referrals_keep_their_codes_and_friends_and_what_comes_next_counts(acme, program):
    row = keep(acme, REFERRALS, "referrals")
    assert checked(row) == counts(new=2, refused=2)
    assert taken(row) == counts(new=2, refused=2)
    assert list(imports.refused(row)) == [
        (3, "Advocate and friend are the same person."),
        (4, "Another advocate brought this friend already."),
    ]
    assert sorted(Link.objects.values_list("code", flat=True)) == ["ALICE10", "WILMA"]
    referral = Referral.objects.get()
    assert (referral.method, referral.bound_at.date().isoformat()) == ("import", "2025-05-01")
    assert taken(keep(acme, REFERRALS, "referrals")) == counts(same=2, refused=2)
    fields = cast.order("2001", customer={"email": "fred@example.com"})
    (recorded,) = orders.record(storefront=acme, orders=[fields], at=NOON)
    assert recorded.conversion.referral == referral
    # Nobody is paid for what a file says: no rule is asked about it.
    told = set(Event.objects.values_list("type", flat=True))
    assert told >= {"advocate.added", "link.added", "referral.imported"} and "link.created" not in told
    drain("people", at=NOON)
    assert Standing.objects.get(customer__external_id="alice").friends_joined == 1


def test_terms_that_advocates_agreed_to_before_come_with_their_version_and_moment(acme, program):
    words = {code: {"text": "Be fair.", "address": "", "summary": ""} for code in ("en", "de")}
    then = {"words": words, "material": True, "written_at": NOON - 9 * DAY}
    draft = ProgramTerms.objects.create(storefront=acme, program=program, **then)
    terms.publish(terms=draft, by="olga", at=NOON - 9 * DAY)
    header = "advocate_id,terms_version,terms_agreed_at\n"
    agreed = keep(acme, header + "alice,1,2026-03-01\nbob,2,2026-03-01\ncharlie,1,\ndora,1,2019-03-01\n", "referrals")
    assert taken(agreed) == counts(new=1, refused=3)
    assert [why.partition(": ")[0] for _, why in imports.refused(agreed)] == [
        "Version 2 is not what the program’s terms say now",
        "terms_agreed_at is missing",
        "Version 1 was published at 2026-02-21T12:00:00+00:00",
    ]
    said = TermsAcceptance.objects.get()
    assert (said.advocate.customer.external_id, said.source, said.terms.number) == ("alice", "import", 1)
    assert said.at.date().isoformat() == "2026-03-01"
    later = keep(acme, header + "alice,1,2026-03-02\n", "referrals")
    assert taken(later) == counts(same=1)


def test_a_worker_whose_time_is_over_in_a_row_refuses_no_row_and_the_part_is_taken_again(acme, program, monkeypatch):
    whole = bonds._referral

    def over(row, fields, programs, at):
        if fields["friend_id"] == "fred":
            raise SoftTimeLimitExceeded
        return whole(row, fields, programs, at)

    file = "advocate_id,friend_id\nalice,fiona\nalice,fred\n"
    row = imports.keep(storefront=acme, kind="referrals", stream=io.BytesIO(file.encode()), at=NOON, check=False)
    job = imports.begin(row=row, at=NOON).job
    monkeypatch.setattr(bonds, "_referral", over)
    with pytest.raises(Interrupted):
        jobs.step(pk=job.pk, worker=uuid.uuid4(), first=True, at=NOON)
    assert not Referral.objects.exists()
    monkeypatch.setattr(bonds, "_referral", whole)
    jobs.step(pk=job.pk, worker=uuid.uuid4(), first=True, at=NOON)
    assert Referral.objects.count() == 2


def test_referrals_that_wait_lose_the_lines_of_who_is_erased_by_id_or_mailbox(acme, program):
    ann = cast.customer(acme, "ann", email="ann@example.com")
    text = "advocate_id,advocate_name,friend_id,friend_email\n"
    text += "ann,Ann Miller,bob,\nhanna,Hanna,joann,\nbea,Bea,,Ann+news@example.com\n"
    row = keep(acme, text, "referrals", program=program)
    forgetting.search(customer=ann, cursor={}, at=NOON)
    assert [line for line, _, why in keeping.part(row, 0) if why] == [2, 4]
