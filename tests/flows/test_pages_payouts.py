"""Her cash as alice sees it in the portal: what is payable, why it waits, where it goes, statements."""

import pytest
from django.utils import timezone

from advocacy import ids
from config.portal import cash
from rewards.models import Payee, Payout, TaxLimit
from tests import cast, pages_stage
from tests.rewards import payouts_stage


@pytest.fixture
def policy(acme, program, alice):
    """alice has 25.00 EUR in cash."""
    payouts_stage.cash_rule(program)
    payouts_stage.earns(alice)
    return payouts_stage.policy_of(acme)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(pages_stage.user_of(alice))
    return client


def address(advocate, rest):
    return f"/portal/{ids.encode('adv', advocate.public_id)}/{rest}"


def rewards(client, advocate, language="en"):
    return client.get(address(advocate, "rewards/"), headers={"accept-language": language}).content.decode()


def put(client, advocate, language="en", **changes):
    fields = {"name": "Alice Example", "country": "de", "kind": "private", "vat_id": "", "iban": payouts_stage.IBAN}
    return client.post(address(advocate, "payee/"), fields | changes, headers={"accept-language": language})


def test_she_reads_what_is_payable_and_says_where_it_goes(signed_in, alice, policy):
    assert "Tell us where to send your money" in rewards(signed_in, alice)
    assert put(signed_in, alice, name="Alice\r\n\tExample\x0b", vat_id="DE\t1").status_code == 302
    payee = Payee.objects.get()
    assert (payee.name, payee.vat_id, payee.changes.get().name) == ("Alice Example", "DE 1", "Alice Example")
    assert put(signed_in, alice, name=" \t\x07").status_code == 422
    assert (payee.country, payee.destination_end, payee.changes.get().source) == ("DE", "3000", "portal")
    page = rewards(signed_in, alice)
    assert "It comes with the next payout." in page
    assert "€25.00" in page
    assert "•••• 3000" in page
    assert "0532" not in page + signed_in.get(address(alice, "payee/")).content.decode()


@pytest.mark.parametrize(
    ("iban", "words"),
    [
        ("DE89 3704 0044 0532 0130 01", "Ihre Prüfziffern passen nicht"),
        ("DE89 3704 0044 0532 0130", "Eine IBAN aus DE hat 22 Zeichen; diese hat 20."),
        ("", "Schreib die IBAN"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_kept(signed_in, alice, policy, iban, words):
    answer = put(signed_in, alice, language="de", iban=iban)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Payee.objects.exists()


def test_why_it_waits_is_told_in_german_too(signed_in, alice, policy, acme):
    policy.minimum_minor = 5000
    policy.save()
    assert "ab 50" in rewards(signed_in, alice, "de")
    policy.minimum_minor = 2000
    policy.save()
    put(signed_in, alice)
    TaxLimit.objects.create(storefront=acme, country="DE", currency="EUR", yearly_limit_minor=0)
    assert "We need your tax form" in rewards(signed_in, alice)


def test_a_changed_account_waits_for_three_days(signed_in, alice, policy):
    put(signed_in, alice)
    put(signed_in, alice, iban=payouts_stage.OTHER_IBAN)
    assert "payouts wait for 3 days" in rewards(signed_in, alice)


def test_past_payouts_have_statements_that_nobody_else_opens(signed_in, alice, policy, program, client):
    put(signed_in, alice)
    batch = payouts_stage.exported(policy, at=timezone.now())
    payouts_stage.said(batch, at=timezone.now(), n1="paid")
    (row,) = cash.of(advocate=alice, at=timezone.now())["payouts"]
    assert (row["number"], row["what"][:7], row["amount"]) == (1, "Paid on", "€25.00")
    name = ids.encode("pay", Payout.objects.get().public_id)
    page = signed_in.get(address(alice, f"payouts/{name}/")).content.decode()
    assert "Alice Example, DE" in page
    assert "€25.00" in page
    mallory = cast.mallory(program)
    client.force_login(pages_stage.user_of(mallory))
    assert client.get(address(mallory, f"payouts/{name}/")).status_code == 404
    assert client.get(address(alice, f"payouts/{name}/")).status_code == 404
    assert client.get(address(alice, "payee/")).status_code == 404


def test_who_never_had_cash_sees_no_word_of_it(signed_in, alice):
    assert "Paid out to you" not in rewards(signed_in, alice)


def test_she_cannot_move_to_a_country_without_a_limit_herself(signed_in, alice, policy):
    put(signed_in, alice)
    page = put(signed_in, alice, country="us").content.decode()
    assert "The shop changes your country; write to them." in page
    assert put(signed_in, alice, country="zz").status_code == 422
    assert Payee.objects.get().country == "DE"
