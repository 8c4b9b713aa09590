"""Orders of files: taken once, in their order, and of the past unless somebody says otherwise."""

import json
import random
import uuid

import pytest
from django.core.management import CommandError, call_command

from advocacy import history, jobs
from advocacy.jobs import tasks
from advocacy.models import Customer, Event, Pending, Program, Standing
from advocacy.outbox.drain import drain
from referrals import attribution, imports, orders
from referrals.imports import forgetting, keeping, taking, working
from referrals.models import Conversion, Order, Referral, Refund
from referrals.orders import together
from tests import cast
from tests.cast import DAY, NOON
from tests.referrals.imports_stage import checked, counts, keep, taken
from tests.referrals.test_orders_together import left_by

ORDERS = """external_id,email,total,placed_at,currency,refunded
1001,fred@example.com,54.00,2025-03-01,EUR,
1002,fred@example.com,"1,054.00",2025-04-01T10:00:00Z,EUR,4.00
1003,wilma@example.com,12.00,yesterday,EUR,
"""


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
    assert taken(keep(acme, text)) == counts(new=1)
    # Null is nothing.
    assert taken(keep(acme, json.dumps(cast.order("2", refunded_minor=None), default=str))) == counts(new=1)
    assert list(Refund.objects.values_list("amount_minor", flat=True)) == [400]


def test_what_was_given_back_and_is_no_amount_refuses_its_line_alone(acme):
    odd = ["5", [1], {}, "abc", -7, True, 1.5, 10**18]
    lines = [cast.order(str(number), refunded_minor=back) for number, back in enumerate(odd)]
    lines += [cast.order("good"), cast.order({"a": 1}, refunded_minor=5)]
    row = keep(acme, "\n".join(json.dumps(line, default=str) for line in lines))
    assert checked(row) == taken(row) == counts(new=1, refused=9)
    assert all("refunded_minor must be" in why for line, why in imports.refused(row) if line <= len(odd))


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
    # The very same words again are known at a glance: alone they touch when their customer was last spoken of.
    told = []
    for line in range(count):
        fields = cast.order(str(dice.randint(1, count)), customer=dice.choice(people), placed_at="2025-05-01T10:00:00Z")
        told.append(fields | dice.choice(extras) | dice.choice(extras))
        if told[-1] not in told[:-1]:
            yield line, told[-1], ""


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
