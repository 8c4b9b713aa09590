"""Files of customers, orders and referrals: as they come, taken once, and what is wrong told line by line."""

import io
import json
import random
import uuid
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.management import CommandError, call_command

from advocacy import consents, customers, history, jobs, terms
from advocacy.jobs import tasks
from advocacy.models import Consent, Customer, Event, Job, Pending, Program, ProgramTerms, Standing, TermsAcceptance
from advocacy.outbox.drain import drain
from advocacy.outbox.interruptions import Interrupted
from advocacy.refusals import Refused
from referrals import attribution, imports, orders
from referrals.imports import bonds, forgetting, keeping, taking, values, working
from referrals.models import Conversion, Import, Link, Order, Referral, Refund
from referrals.orders import together
from tests import cast
from tests.cast import DAY, NOON
from tests.referrals.test_orders_together import left_by

PAYLOADS = Path(__file__).parent / "payloads"
ORDERS = """external_id,email,total,placed_at,currency,refunded
1001,fred@example.com,54.00,2025-03-01,EUR,
1002,fred@example.com,"1,054.00",2025-04-01T10:00:00Z,EUR,4.00
1003,wilma@example.com,12.00,yesterday,EUR,
"""


def keep(storefront, text, kind="orders", **how):
    raw = text if isinstance(text, bytes) else text.encode()
    return imports.keep(storefront=storefront, kind=kind, stream=io.BytesIO(raw), at=NOON, **how)


def checked(row):
    tasks.work(row.check_job_id)
    row.refresh_from_db()
    return row.checked


def taken(row):
    tasks.work(imports.begin(row=row, at=NOON).job_id)
    row.refresh_from_db()
    return row.taken


def counts(new=0, changed=0, same=0, refused=0):
    return {"new": new, "changed": changed, "same": same, "refused": refused}


def test_orders_are_checked_without_a_trace_then_taken_and_the_same_file_changes_nothing(acme, program):
    row = keep(acme, ORDERS, name="orders.csv")
    assert checked(row) == counts(new=2, refused=1)
    assert (Order.objects.count(), Customer.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert list(imports.refused(row)) == [
        (4, "placed_at: “yesterday” is no date; write 2026-03-01 or 2026-03-01T12:00:00Z.")
    ]
    assert taken(row) == counts(new=2, refused=1)
    assert list(
        Order.objects.order_by("id").values_list("external_id", "total_minor", "refunded_minor", "history")
    ) == [
        ("1001", 5400, 0, True),
        ("1002", 105400, 400, True),
    ]
    assert row.parts.count() == 0
    events = Event.objects.count()
    assert taken(keep(acme, ORDERS)) == counts(same=2, refused=1)
    assert Event.objects.count() == events


CODED = "external_id,email,total,placed_at,referral_code\n1001,fred@example.com,54.00,2026-02-01,alice-link\n"


def test_orders_of_the_past_bring_nobody_and_wait_in_no_lane_of_money(acme, alice):
    Pending.objects.all().delete()
    assert taken(keep(acme, CODED)) == counts(new=1)
    order = Order.objects.get()
    assert (order.history, order.unattributed) == (True, [{"key": "imported_history"}])
    assert (Referral.objects.count(), Conversion.objects.count()) == (0, 0)
    assert not Pending.objects.filter(lane="money").exists()
    assert set(Event.objects.filter(facts__has_key="orders_before").values_list("type", flat=True)) >= {
        "customer.imported"
    }
    # Told again by the shop, paid or not, it stays one of the past; so it does where somebody decides by hand.
    orders.change(storefront=acme, external_id="1001", fields={"total_minor": 5500, "subtotal_minor": 5500}, at=NOON)
    attribution.by_hand(advocate=alice, friend=order.customer, reason="She asked.", at=NOON)
    assert Conversion.objects.count() == 0
    assert Event.objects.get(type="order.changed").facts["stands"] is False
    drain("people", at=NOON)
    assert Standing.objects.get(customer=order.customer).orders == 1


def test_an_import_waits_a_moment_while_standings_are_far_behind(acme, alice, monkeypatch):
    assert not working.is_behind()
    taken(keep(acme, ORDERS))
    monkeypatch.setattr(working, "BEHIND", 1)
    assert working.is_behind()


def test_orders_convert_where_the_admin_says_so_or_from_a_moment_on(acme, alice):
    later = "external_id,email,total,placed_at,referral_code\n1002,wilma@example.com,54.00,2026-02-20,alice-link\n"
    assert taken(keep(acme, CODED, past_until=None)) == counts(new=1)
    assert taken(keep(acme, later, past_until=NOON - 20 * DAY)) == counts(new=1)
    assert sorted(Conversion.objects.values_list("order__external_id", flat=True)) == ["1001", "1002"]


def test_whoever_bought_before_is_known_by_imported_orders(acme, program, alice):
    program.new_customers_only = True
    program.save()
    assert not history.told(Program.objects.all()).get().new_customers_known
    taken(keep(acme, CODED))
    assert history.told(Program.objects.all()).get().new_customers_known
    fields = cast.order("2001", customer={"email": "fred@example.com"}, referral_code="alice-link")
    (recorded,) = orders.record(storefront=acme, orders=[fields], at=NOON)
    assert recorded.reasons == ({"key": "existing_customer", "orders": 1},)


def test_what_the_api_told_first_stays_and_a_file_adds_what_is_missing(acme):
    orders.record(storefront=acme, orders=[cast.order("1001", customer={"external_id": "fred"})], at=NOON)
    row = keep(acme, "external_id,customer_id,total,placed_at,country\n1001,fred,60.00,2026-03-01,DE\n")
    assert checked(row) == counts(changed=1)
    taken(row)
    order = Order.objects.get()
    assert (order.total_minor, order.country, order.history) == (5400, "DE", False)
    assert [warning["code"] for warning in order.warnings] == ["source_differs"]


def test_half_an_import_goes_on_where_it_stopped(acme, monkeypatch):
    monkeypatch.setattr(keeping, "ROWS", 2)
    lines = "".join(f"{number},fred{number}@example.com,5.00,2025-01-01\n" for number in range(5))
    row = imports.begin(row=keep(acme, "external_id,email,total,placed_at\n" + lines), at=NOON)
    jobs.step(pk=row.job_id, worker=uuid.uuid4(), first=True, at=NOON)
    jobs.cancel(job=row.job, at=NOON)
    assert Order.objects.count() == 2
    jobs.retry(job=row.job, at=NOON)
    tasks.work(row.job_id)
    row.refresh_from_db()
    assert (row.state, row.taken, Order.objects.count()) == ("done", counts(new=5), 5)


def test_rows_of_one_customer_and_the_same_order_twice_are_taken_in_their_order(acme):
    text = (
        "external_id,email,total,placed_at,status\n"
        "1,fred@example.com,5.00,2025-01-01,pending\n2,FRED@example.com,6.00,2025-01-02,paid\n"
        "1,fred@example.com,5.00,2025-01-01,paid\n1,fred@example.com,5.00,2025-01-01,paid\n"
    )
    assert taken(keep(acme, text)) == counts(new=2, changed=1, same=1)
    assert list(Order.objects.order_by("id").values_list("external_id", "status")) == [("1", "paid"), ("2", "paid")]
    assert Customer.objects.count() == 1


def test_a_refunded_sum_that_grows_in_a_later_line_is_given_back_once(acme):
    line = "1,fred@example.com,54.00,2025-01-01"
    assert taken(keep(acme, f"external_id,email,total,placed_at,refunded\n{line},4.00\n{line},6.00\n")) == counts(
        new=1, changed=1
    )
    assert Order.objects.get().refunded_minor == 600
    assert list(Refund.objects.order_by("id").values_list("amount_minor", flat=True)) == [400, 200]


def test_more_given_back_than_an_order_cost_is_all_of_it_with_a_warning(acme):
    row = keep(acme, "external_id,email,total,placed_at,refunded\n1,a@acme.co,6.00,2025-01-01,9.00\n", check=False)
    assert taken(row) == counts(new=1)
    order = Order.objects.get()
    assert (order.refunded_minor, [said["code"] for said in order.warnings]) == (600, ["refund_above_order"])


def test_what_was_given_back_may_be_written_with_a_minus_and_stops_no_other_line(acme):
    text = "external_id,email,total,placed_at,refunded\n1,a@example.com,54.00,2025-01-01,-4.00\n"
    ours = '{"external_id": "2", "total_minor": 5400, "refunded_minor": -400, "currency": "EUR", "customer": "x"}\n'
    assert taken(keep(acme, text)) == counts(new=1)
    assert sum(taken(keep(acme, ours, name="orders.ndjson")).values()) == 1
    assert list(Refund.objects.values_list("amount_minor", flat=True)) == [400]


def _with(people):
    return "external_id,email,total,placed_at\n" + "".join(f"{who},{who},1.00,2025-01-01\n" for who in people)


def test_an_erasure_empties_the_lines_of_this_person_alone(acme):
    people = ["ann@acme.co", "joann@acme.co", "ann@acme.com", "Ann@Acme.co"]
    row = keep(acme, _with(people), check=False)
    cursor = {}
    while cursor is not None:
        cursor = forgetting.search(customer=cast.customer(acme, "ann", email="ann@acme.co"), cursor=cursor, at=NOON)
    assert [bool(record) for _, record, _ in keeping.part(row, 0)] == [False, True, True, False]


def of_a_shop(seed, count):
    """Records of a file: orders of few people, some told twice, with refunds that grow, shared numbers, odd moments."""
    dice = random.Random(seed)
    people = [{"external_id": f"p{number}", "email": f"P{number}@example.com"} for number in range(count)]
    people += [{"email": f"guest{number}@gmail.com"} for number in range(4)] + [{"external_id": "p1", "name": "Paul"}]
    extras = [{}, {}, {"status": "pending"}, {"status": "cancelled"}, {"total_minor": 5}, {"refunded_minor": 5400}]
    extras += [{"refunded_minor": 400}, {"refunded_minor": 900}, {"refunded_minor": 9900}, {"total_minor": "5"}]
    extras += [{"refunded_minor": 400, "updated_at": "2020-01-01T00:00:00Z"}, {"identifiers": {"charge": "ch_1"}}]
    extras += [{"identifiers": {"number": f"#{dice.randint(1, count)}"}}, {"referral_code": "alice-link"}]
    for line in range(count):
        fields = cast.order(str(dice.randint(1, count)), customer=dice.choice(people), placed_at="2025-05-01T10:00:00Z")
        yield line, fields | dice.choice(extras) | dice.choice(extras), ""


@pytest.mark.parametrize("seed", [2, pytest.param(None, marks=pytest.mark.full)])
def test_a_part_leaves_the_very_rows_that_its_orders_leave_one_by_one(acme, alice, monkeypatch, seed):
    orders.bring_refund(
        storefront=acme, names=[("charge", "ch_1")], refund={"refund_id": "r1", "amount_minor": 100}, at=NOON
    )
    row = keep(acme, '{"external_id": "1"}', check=False)

    def shared(records):
        return taking.take(row=row, records=records, at=NOON).counts

    def alone(records):
        with monkeypatch.context() as patched:
            patched.setattr(orders, "refund_new", lambda *, told, **_: [False] * len(told))
            patched.setattr(together, "take", lambda said, **_: [None] * len(said))
            return shared(records)

    for each in [seed] if seed else random.sample(range(10**6), 30):
        print("seed", each)
        records = list(of_a_shop(each, 24))
        assert left_by(lambda: shared(records), named=dict) == left_by(lambda: alone(records), named=dict)  # noqa: B023


# --- customers and referrals -----------------------------------------------------------------------------------------

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
    assert taken(keep(acme, "customer_id,orders\nfred,4\n", "customers")) == counts(changed=1)
    assert Event.objects.filter(type="customer.created").count() == 0


AGREED = """email,marketing_consent,consent_at,consent_source,consent_wording
fred@example.com,yes,2025-03-01T10:00:00Z,Checkout page,v2
wilma@example.com,yes,,,
barney@example.com,no,,,
betty@example.com,perhaps,,,
"""


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


# --- files that are none, and odd ones -------------------------------------------------------------------------------

TABLE = "external_id,email,name,total,placed_at\n1,zoe@example.com,Zoë,5.00,2025-01-01\n"


@pytest.mark.parametrize(
    "raw",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        TABLE.encode("cp1252"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        ("sep=;\r\n" + TABLE.replace(",", ";").replace("\n", "\r\n")).encode(),
        TABLE.replace("\n", "\r").encode(),
    ],
)
def test_encodings_and_separators_are_recognised(acme, raw):
    assert taken(keep(acme, raw)) == counts(new=1)
    assert Customer.objects.get().name == "Zoë"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"", "empty_file", "The file is empty."),
        (b" \n\n", "empty_file", "The file is empty."),
        (b"external_id,email,total,placed_at\n", "empty_file", "nothing below it"),
        (b"PK\x03\x04abc", "not_a_table", "an Excel workbook or another ZIP archive"),
        (b"\x1f\x8b\x08", "not_a_table", "compressed with gzip"),
        (b"[{}]", "not_a_table", "one long JSON list"),
        (b"<html>", "not_a_table", "HTML or XML"),
        ("external_id,email\n1,a@b.c\n".encode("cp500"), "not_a_table", "no header of a table"),
        (b"external_id,email,placed_at\n1,a@b.example,2025-01-01\n", "invalid_header", "No column is total."),
        (b"external_id,email,email,total,placed_at\n", "invalid_header", "names a column twice: email"),
        (b"Order #,N. Revenue,Date\n1,2,3\n", "not_a_table", "WooCommerce"),
        (b"x" * 1_000_001, "not_a_table", "longer than 1000000 signs"),
        (b"Customer ID,First Name,Email,Total Spent\n1,a,b,2\n", "another_kind", "import it as customers"),
    ],
)
def test_what_is_no_table_is_refused_whole_and_leaves_nothing(acme, raw, code, said):
    with pytest.raises(Refused) as refused:
        keep(acme, raw)
    assert refused.value.code == code
    assert said in refused.value.message
    assert (Import.objects.count(), Job.objects.count()) == (0, 0)


ODD = (
    b"external_id,email,name,total,placed_at\n"
    b"1,a@b.example,=1+1,5.00,2025-01-01\n"
    b"2,a@b.example,A\0B,5.00,2025-01-01\n"
    b"3,a@b.example,A,5.00\n"
    b'4,a@b.example,"A"B,5.00,2025-01-01\n'
    b"5,a@b.example,A,-5.00,2025-01-01\n"
    b'6,a@b.example,A,"1,234",2025-01-01\n'
    b"7,a@b.example,A,5.00,03/04/2025\n"
    b"8,a@b.example,A,5.00,2199-01-01\n"
    b"9,a@b.example,A,five,2025-01-01\n"
    b"10,nobody,A,5.00,2025-01-01\n"
    b'11,e@f.example,"A\nB",5.00,2025-01-01\n'
    b",a@b.example,A,5.00,2025-01-01\n"
    b"13,c@d.example,M\xfcller \xc3\xbc\xc3\xbc,5.00,2025-01-01\n"
    b'14,"not closed,A,5.00,2025-01-01\n'
)


def test_what_is_wrong_with_a_line_is_told_of_it_and_the_others_are_taken(acme):
    row = keep(acme, ODD)
    assert taken(row) == counts(new=2, refused=12)
    told = dict(imports.refused(row))
    assert {line: why[:40] for line, why in told.items()} == {
        3: "It holds NUL characters.",
        4: "It has 4 cells instead of 5.",
        5: "It cannot be read (',' expected after '\"'",
        6: "total is below 0; tell what was given ba",
        7: "total: “1,234” can be read in two ways; ",
        8: "placed_at: 03/04/2025 can be read in two",
        9: "placed_at is 2199-01-01T00:00:00+00:00, ",
        10: "total: “five” is no amount.",
        11: "email is not an e-mail address.",
        14: "external_id is missing.",
        15: "It holds signs of another encoding.",
        16: "It cannot be read (unexpected end of dat",
    } | {5: told[5][:40]}
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["=1+1", "A B"]
    assert "'=" not in "".join(imports.table(row))


def test_a_cell_that_a_spreadsheet_would_run_leaves_as_text(acme):
    row = keep(acme, "external_id,email,total,placed_at\n1,a@b.example,=cmd,2025-01-01\n")
    taken(row)
    assert "".join(imports.table(row)).splitlines()[1] == "2,total: “=cmd” is no amount."


@pytest.mark.parametrize(
    ("text", "currency", "decimal", "minor"),
    [
        ("12.50", "EUR", "", 1250),
        ("12,5", "EUR", "", 1250),
        ("1.234,50 €", "EUR", "", 123450),
        ("USD 1,234.50", "USD", "", 123450),
        ("1,234,567", "USD", "", 123456700),
        ("1'234.50", "CHF", "", 123450),
        ("(4.00)", "EUR", "", -400),
        ("1,234", "USD", ".", 123400),
        ("1.234", "EUR", ",", 123400),
        ("1250", "JPY", "", 1250),
        ("1.234", "KWD", "", 1234),
        ("0.125", "EUR", "", 13),
    ],
)
def test_amounts_as_people_write_them(text, currency, decimal, minor):
    assert values.minor("total", text, currency, decimal=decimal) == minor


@pytest.mark.parametrize(
    ("text", "currency"), [("$5.00", "EUR"), ("USD 6.00", "EUR"), ("5,00 €", "USD"), ("£1", "JPY")]
)
def test_an_amount_of_another_currency_is_not_taken_for_one_of_the_orders_own(text, currency):
    with pytest.raises(Refused) as refused:
        values.minor("total", text, currency)
    assert refused.value.message == f"total: “{text}” is not in {currency}."


@pytest.mark.parametrize("text", ["2026-03-01T12:00:00+99:00", "2026-03-01 10:00:00 +9999", "2026-03-01T10:00+99:99"])
def test_a_moment_of_an_offset_that_does_not_exist_is_no_date(text):
    with pytest.raises(Refused, match="is no date"):
        values.moment("placed_at", text, zone="UTC")


def test_lines_that_an_unclosed_quotation_takes_in_are_each_told(acme):
    row = keep(acme, 'external_id,email\n1,"a@acme.co\n2,b@acme.co\n3,c@acme.co\n', "customers")
    assert taken(row) == counts(refused=3)
    why = "It stands in the quotation that line 2 begins."
    assert [(line, said[:46]) for line, said in imports.refused(row)][1:] == [(3, why), (4, why)]


@pytest.mark.parametrize(
    ("text", "dates", "moment"),
    [
        ("2025-04-03", "", "2025-04-02T22:00:00+00:00"),
        ("2025-04-03 10:00:00 +0200", "", "2025-04-03T08:00:00+00:00"),
        ("2025-04-03T10:00:00Z", "", "2025-04-03T10:00:00+00:00"),
        ("3.4.2025 10:00", "", "2025-04-03T08:00:00+00:00"),
        ("3/4/2025", "day_first", "2025-04-02T22:00:00+00:00"),
        ("4/3/2025 1:30 PM", "month_first", "2025-04-03T11:30:00+00:00"),
        ("31/12/2025", "", "2025-12-30T23:00:00+00:00"),
    ],
)
def test_moments_as_people_write_them(text, dates, moment):
    assert values.moment("placed_at", text, zone="Europe/Berlin", dates=dates).isoformat() == moment


def test_a_moment_that_is_read_at_once_is_what_a_close_look_reads(monkeypatch):
    dice = random.Random(8)

    def read(text, zone):
        try:
            return values.moment("placed_at", text, zone=zone)
        except Exception as error:
            return repr(error)

    for _ in range(2000):
        day = f"{dice.choice([2025, 1969, 9999, 1, 0]):04d}-{dice.randint(0, 13):02d}-{dice.randint(0, 32):02d}"
        clock = f"{dice.randint(0, 24):02d}:{dice.randint(0, 60):02d}:{dice.randint(0, 60):02d}"
        offset = dice.choice(["", "Z", " +0100", "-05:30", "+2300", "+2500", "+0199", "-0000", " +12:45"])
        text, zone = f"{day}{dice.choice(' T')}{clock}{offset}", dice.choice(["UTC", "Europe/Berlin"])
        at_once = read(text, zone)
        with monkeypatch.context() as patched:
            patched.setattr(values, "_at_once", lambda *_: None)
            assert read(text, zone) == at_once, text


# --- what shops export -----------------------------------------------------------------------------------------------

SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,\
Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Shipping Country,Note Attributes,\
Cancelled at,Refunded Amount,Id
#1001,fred@example.com,paid,2025-05-01 10:00:05 +0200,EUR,45.00,4.00,7.18,49.00,SPRING,5.00,\
2025-05-01 10:00:00 +0200,2,Mug,20.00,MUG,Fred Flint,DE,"advocacy_code: alice-link
gift: no",,10.00,'450789469
#1001,fred@example.com,,,,,,,,,,2025-05-01 10:00:00 +0200,1,Tea,10.00,TEA,,,,,,
#1002,wilma@shop.example,pending,,EUR,9.00,0.00,1.44,9.00,,0.00,2025-05-02 10:00:00 +0200,1,Tea,9.00,TEA,W,AT,,,0.00,1
"""


def test_shopifys_order_export_is_recognised_and_its_rows_are_joined(acme):
    row = keep(acme, SHOPIFY)
    assert (row.layout, row.rows) == ("shopify_orders", 2)
    assert taken(row) == counts(new=2)
    order = Order.objects.get(external_id="450789469")
    assert (order.status, order.subtotal_minor, order.discount_minor, order.total_minor) == ("paid", 5000, 500, 4900)
    assert (order.refunded_minor, order.tax_included, order.referral_code) == (1000, True, "alice-link")
    assert [(line["sku"], line["quantity"]) for line in order.products] == [("MUG", 2), ("TEA", 1)]
    assert order.warnings == []
    assert Order.objects.get(external_id="1").status == "pending"


WOO = """order_id,order_number,date,status,shipping_total,tax_total,fee_total,discount_total,order_total,\
refunded_total,order_currency,customer_id,billing_email,billing_first_name,billing_last_name,billing_country,line_items,coupon_items
77,77,2025-05-01 10:00:00,completed,4.00,8.00,0.00,5.00,57.00,7.00,EUR,12,fred@example.com,Fred,Flint,DE,\
"id:1|name:Mug|product_id:3|sku:MUG|quantity:2|total:45.00|tax:8.00",code:SPRING|amount:5.00
78,78,2025-05-01 10:00:00,on-hold,0.00,0.00,0.00,0.00,9.00,0.00,EUR,0,wilma@example.com,Wilma,,AT,,
"""


def test_woocommerces_order_export_is_recognised(acme):
    row = keep(acme, WOO)
    assert row.layout == "woocommerce_orders"
    assert taken(row) == counts(new=2)
    order = Order.objects.select_related("customer").get(external_id="77")
    assert (order.status, order.total_minor, order.refunded_minor, order.warnings) == ("paid", 5700, 700, [])
    assert (order.customer.external_id, order.customer.name, order.coupon_codes) == ("12", "Fred Flint", ["SPRING"])
    assert order.products[0]["sku"] == "MUG"


@pytest.mark.parametrize("name", ["shopify/orders_paid", "woocommerce/order_refunded"])
def test_documents_of_the_platforms_are_read_as_their_messages_are(acme, name):
    document = json.loads((PAYLOADS / f"{name}.json").read_text())
    row = keep(acme, json.dumps(document) + "\n")
    assert row.layout == name.split("/")[0] + "_documents"
    assert taken(row) == counts(new=1)


def test_our_own_objects_are_what_the_api_takes(acme):
    line = json.dumps(cast.order("1", customer={"external_id": "fred"}), default=str)
    row = keep(acme, f'{line}\n{{"external_id": "2", "totl": 5}}\n[1]\n{{"a": \n')
    assert taken(row) == counts(new=1, refused=3)
    assert [why[:30] for _, why in imports.refused(row)] == [
        "totl is not a field here; take",
        "It is no JSON object.",
        "It is not JSON (Expecting valu",
    ]


def test_a_mapping_says_what_the_names_of_columns_do_not(acme):
    text = 'Bestellung,Kunde,Summe,Datum\n1,fred@example.com,"5,00",1.2.2025\n'
    with pytest.raises(Refused, match="No column is external_id"):
        keep(acme, text)
    mapping = {"Bestellung": "external_id", "Kunde": "email", "Summe": "total", "Datum": "placed_at"}
    assert taken(keep(acme, text, mapping=mapping)) == counts(new=1)
    with pytest.raises(Refused, match="the file has no column Preis"):
        keep(acme, text, mapping={"Preis": "total"})


def test_a_command_takes_a_file_of_the_servers_disk_and_writes_its_report(acme, tmp_path, capsys):
    file, report = tmp_path / "orders.csv", tmp_path / "refused.csv"
    file.write_text(ORDERS)
    call_command("import_orders", str(file), storefront="acme", check=True)
    assert Order.objects.count() == 0
    call_command("import_orders", str(file), storefront="acme", report=str(report))
    assert capsys.readouterr().out.splitlines()[-1] == ("2 were new, 0 changed, 0 were here already, 1 were refused.")
    assert report.read_text().splitlines()[1].startswith("4,placed_at: “yesterday” is no date")
    with pytest.raises(CommandError, match="There is no storefront acne; there are: acme"):
        call_command("import_orders", str(file), storefront="acne")
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="ZIP archive"):
        call_command("import_orders", str(file), storefront="acme")
