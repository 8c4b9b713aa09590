"""Payouts in the admin: a batch from a policy's button to its results, the statement, the journal; who may."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from rewards import audit
from rewards.models import Payee, Payout, PayoutBatch, PayoutPolicy, TaxLimit
from tests import cast
from tests.flows.admin_stage import otto
from tests.rewards import payouts_stage

CONFIRMED = {"confirmed": "1", "reason": "November"}


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def policy(acme, program, alice):
    """alice has 25.00 EUR in cash and an account."""
    payouts_stage.cash_rule(program)
    payouts_stage.earns(alice)
    payouts_stage.payee_of(alice.customer)
    return payouts_stage.policy_of(acme)


def do(desk, row, act, **fields):
    page = reverse(f"admin:rewards_{row._meta.model_name}_do", args=[row.pk, act])
    return desk.post(page, CONFIRMED | fields, follow=True)


def test_a_batch_is_made_approved_exported_and_its_results_imported(desk, policy):
    assert "1 are paid, 0 wait" in do(desk, policy, "gather").content.decode()
    batch = PayoutBatch.objects.get()
    page = desk.get(reverse("admin:rewards_payoutbatch_change", args=[batch.pk])).content.decode()
    assert "Alice" in page, "the payee, beside the customer"
    assert f"Batch of {date_format(timezone.localdate(), 'j F Y')}, manual, EUR" in page
    do(desk, batch, "approve")
    do(desk, batch, "export")
    file = do(desk, batch, "download")
    assert file["Content-Disposition"] == f'attachment; filename="{batch.api_id}.csv"'
    assert "DE89370400440532013000" in file.content.decode()
    wrong = do(desk, batch, "results", file=SimpleUploadedFile("r.csv", b"number,result\n7,paid\n"))
    assert "<li>line 2: this batch has no payout number 7</li>" in wrong.content.decode()
    told = SimpleUploadedFile("r.csv", b"number;result;reference\n1;paid;TX-9\n")
    do(desk, batch, "results", file=told)
    batch.refresh_from_db()
    assert (batch.state, Payout.objects.get().reference) == ("settled", "TX-9")
    log = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert log == ["Batch made", "Approved: November", "Exported", "File downloaded", "Results noted, 1 paid: r.csv"]
    page = desk.get(reverse("admin:rewards_payoutbatch_change", args=[batch.pk])).content.decode()
    assert "each payout has its result" in page
    PayoutBatch.objects.update(waiting_count=2)
    page = desk.get(reverse("admin:rewards_payoutbatch_change", args=[batch.pk])).content.decode()
    assert "each payout that was sent has its result. 2 wait and come with a later batch" in page


def test_the_maker_reads_that_somebody_else_approves(desk, policy, client):
    PayoutPolicy.objects.update(four_eyes_above_minor=0)
    do(desk, policy, "gather")
    batch = PayoutBatch.objects.get()
    assert "somebody else than its maker" in do(desk, batch, "approve").content.decode()
    client.force_login(otto("rewards.view_payoutbatch", "rewards.change_payoutbatch"))
    do(client, batch, "approve")
    batch.refresh_from_db()
    assert (batch.state, batch.made_by.username, batch.approved_by.username) == ("approved", "olga", "otto")


def test_after_the_first_of_two_approvals_a_draft_says_whose_it_was(desk, policy, client):
    PayoutPolicy.objects.update(four_eyes_above_minor=0)
    batch = payouts_stage.gathering.gather(policy=policy, at=timezone.now())
    words = "One approval given by olga; a second person must approve."
    assert "First approval given" in do(desk, batch, "approve").content.decode()
    assert words in desk.get(reverse("admin:rewards_payoutbatch_change", args=[batch.pk])).content.decode()
    assert words in do(desk, batch, "approve").content.decode()
    client.force_login(otto("rewards.view_payoutbatch", "rewards.change_payoutbatch"))
    page = do(client, batch, "approve").content.decode()
    assert "olga, then otto" in page
    assert "the API" in page, "nobody made it"


def test_a_batch_of_which_all_was_taken_back_says_so_and_is_cancelled_with_it(desk, policy, alice):
    conversion = payouts_stage.earns(alice)
    do(desk, policy, "gather")
    batch = PayoutBatch.objects.get()
    payouts_stage.refunded(conversion, 5000)
    page = reverse("admin:rewards_payoutbatch_change", args=[batch.pk])
    assert "refunds have taken back: No. 1, Alice: 25.00 of 50.00 EUR" in desk.get(page).content.decode()
    assert "Say what becomes of these" in do(desk, batch, "approve").content.decode()
    do(desk, batch, "approve", taken_back="drop")
    batch.refresh_from_db()
    assert (batch.state, batch.approved_by) == ("cancelled", None)
    assert Payout.objects.get().failure == "Dropped: 25.00 of 50.00 EUR was taken back"
    assert list(audit.differences()) == []


def test_a_draft_names_who_is_paid_to_an_account_of_several_people(desk, policy, alice):
    batch = payouts_stage.gathering.gather(policy=policy, at=timezone.now())
    page = reverse("admin:rewards_payoutbatch_change", args=[batch.pk])
    assert "other people are paid to" not in desk.get(page).content.decode()
    payouts_stage.payee_of(cast.customer(alice.storefront, "mallory"))
    assert "other people are paid to, too: No. 1, Alice." in desk.get(page).content.decode()


def test_one_payout_that_the_bank_sent_back_is_told_alone(desk, policy):
    batch = payouts_stage.exported(policy)
    payout = batch.payouts.get()
    do(desk, payout, "paid", reference="TX-9")
    do(desk, payout, "returned", reason="Account closed")
    payout.refresh_from_db()
    assert (payout.state, payout.failure) == ("returned", "Account closed")


def test_who_may_look_may_not_approve(client, policy):
    batch = payouts_stage.gathering.gather(policy=policy, at=timezone.now())
    client.force_login(otto("rewards.view_payoutbatch"))
    page = reverse("admin:rewards_payoutbatch_change", args=[batch.pk])
    assert "/do/approve/" not in client.get(page).content.decode()
    assert do(client, batch, "approve").status_code == 403
    assert client.get(reverse("admin:journal")).status_code == 403


def test_a_policy_is_typed_as_money_and_its_mistakes_are_told(desk, acme):
    page = reverse("admin:rewards_payoutpolicy_add")
    fields = {"storefront": acme.pk, "currency": "eur", "kind": "sepa", "minimum": "20.00", "second_above": "500"}
    fields |= {"schedule": "weekly", "day": "9", "payer_iban": "DE89 1", "payer_name": ""}
    wrong = desk.post(page, fields).content.decode()
    for words in ("begins with two letters", "names who pays", "1 (Monday) to 7 (Sunday)"):
        assert words in wrong
    right = {"day": "1", "payer_iban": payouts_stage.IBAN, "payer_name": "Acme GmbH"}
    desk.post(page, fields | right)
    policy = PayoutPolicy.objects.get()
    assert (policy.currency, policy.minimum_minor, policy.four_eyes_above_minor) == ("EUR", 2000, 50000)
    assert policy.payer_iban == "DE89370400440532013000"
    desk.post(
        reverse("admin:rewards_taxlimit_add"),
        {"storefront": acme.pk, "country": "US", "currency": "EUR", "limit": "600"},
    )
    assert TaxLimit.objects.get().yearly_limit_minor == 60_000


def test_a_payee_is_changed_with_its_change_logged(desk, policy, olga):
    payee = Payee.objects.get()
    page = reverse("admin:rewards_payee_change", args=[payee.pk])
    fields = {"name": "Alice Example", "country": "DE", "kind": "private", "iban": payouts_stage.OTHER_IBAN}
    inline = {f"changes-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    desk.post(page, fields | inline | {"other": "", "vat_id": "", "tax_form_since": "2026-01-05"})
    payee.refresh_from_db()
    assert (payee.name, payee.destination_end, str(payee.tax_form_since)) == ("Alice Example", "4300", "2026-01-05")
    change = payee.changes.order_by("pk").last()
    assert (change.source, change.by, change.before, change.after) == ("admin", olga, "•••• 3000", "•••• 4300")
    shown = desk.get(page).content.decode()
    assert "0532" not in shown
    assert "0417" not in shown


def test_a_statement_and_the_journal_are_pages_and_files(desk, policy, acme):
    batch = payouts_stage.exported(policy)
    payouts_stage.said(batch, n1="paid")
    payout = batch.payouts.get()
    statement = desk.get(reverse("admin:rewards_payout_statement", args=[payout.pk])).content.decode()
    assert "Statement 1" in statement
    assert "€25.00" in statement
    assert "•••• 3000" in statement
    address = reverse("admin:journal")
    page = desk.get(address, {"month": "2026-03", "storefront": acme.pk}).content.decode()
    assert page.count("25.00 EUR") == 3
    file = b"".join(desk.get(address, {"month": "2026-03", "as": "journal"}).streaming_content).decode()
    assert "2026-03,Friends of Acme,cash,EUR,0.00,25.00,0.00,0.00,0.00,25.00,0.00,0.00,0.00" in file
    totals = b"".join(desk.get(address, {"month": "2026-03", "as": "totals"}).streaming_content).decode()
    assert "Alice,DE,private,,,1,25.00,EUR" in totals


def test_the_journal_of_no_storefront_says_what_to_do(desk):
    assert "Add a storefront" in desk.get(reverse("admin:journal")).content.decode()
    cast.acme()
    assert "Nothing was earned" in desk.get(reverse("admin:journal"), {"month": "x\0"}).content.decode()
