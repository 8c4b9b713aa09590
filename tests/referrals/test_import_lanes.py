"""Rows of a file dealt to lanes: no order and no person in two of them, and each in its order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advocacy import jobs
from advocacy.jobs import tasks
from referrals import imports
from referrals.imports import dealing, lanes, layouts
from referrals.models import ImportPart, Order
from tests.cast import DAY, NOON
from tests.referrals.imports_stage import counts, keep, taken

NAMES = st.lists(st.integers(0, 12), max_size=3)


@settings(max_examples=60)
@given(rows=st.lists(NAMES, max_size=60), size=st.integers(1, 5))
def test_every_row_is_dealt_once_and_what_is_related_stays_in_one_lane_in_order(rows, size):
    places = list(enumerate(rows))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dealing, "BLOCK", 20)
        blocks = list(dealing.blocks(iter(places), words_of=lambda row: row[1], size=size))
    dealt = [place for block in blocks for _, part in block for place, _ in part]
    assert sorted(dealt) == list(range(len(rows)))
    for number, block in enumerate(blocks):
        assert {place // 20 for _, part in block for place, _ in part} == {number}
        mine = [[row for lane, part in block if lane == which for row in part] for which in range(dealing.LANES)]
        assert all(lane == sorted(lane) for lane in mine)
        assert all(len(part) <= size for _, part in block)
        words = [{word for _, said in lane for word in said} for lane in mine]
        assert not words[0] & words[1]


def test_rows_of_nobody_in_common_share_the_work():
    [block] = dealing.blocks(range(10), words_of=lambda row: [row], size=3)
    assert [(lane, len(part)) for lane, part in block] == [(0, 3), (1, 3), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("own", {"number": "#7"}, {"number": "7 "}),
        ("own", {"customer_id": "fred"}, {"customer_id": "ext_fred"}),
        ("own", {"email": "Fred.Flint+a@gmail.com"}, {"email": "fredflint@googlemail.com"}),
        ("own", {"external_id": "9"}, {"external_id": "9"}),
        ("shopify_orders", [{"Id": "'1", "Name": "#1"}], [{"Id": "1", "Name": "#2"}]),
        ("shopify_orders", [{"Email": "a@acme.co"}], [{"Email": "A@acme.co"}]),
        ("woocommerce_orders", {"customer_id": "4"}, {"customer_id": "4"}),
        ("woocommerce_orders", {"order_number": "12"}, {"order_number_formatted": "#12"}),
        ("objects", {"customer": "ext_fred"}, {"customer": {"external_id": "fred"}}),
        ("objects", {"identifiers": {"charge": "ch_1"}}, {"identifiers": {"charge": "ch_1"}}),
    ],
)
def test_rows_of_one_order_or_person_have_a_word_in_common(name, one, other):
    columns = [[field, field] for field in ("external_id", "number", "customer_id", "email")]
    words = layouts.words_of(layouts.of(name, "orders"), None, columns)
    assert {*words((1, one, ""))} & {*words((2, other, ""))}


def test_guests_of_woocommerce_are_not_one_person():
    words = layouts.words_of(layouts.of("woocommerce_orders", "orders"), None, [])
    assert not {*words((1, {"order_id": "1", "customer_id": "0"}, ""))} & {
        *words((2, {"order_id": "2", "customer_id": "0"}, ""))
    }


HEADER = "external_id,email,total,placed_at\n"


def in_parts(acme, monkeypatch, count=8, **how):
    """An import of many parts of two rows, of two lanes where it may be: eight people, each of them two orders."""
    monkeypatch.setattr(imports.keeping, "ROWS", 2)
    rows = "".join(f"{n},{'abcdefgh'[n % 8]}@acme.co,5.00,2025-01-0{1 + n // 8}\n" for n in range(2 * count))
    return keep(acme, HEADER + rows, check=False, **how)


def test_what_may_earn_is_taken_row_after_row(acme, monkeypatch):
    assert {part.lane for part in in_parts(acme, monkeypatch).parts.all()} == {0, 1}
    assert {part.lane for part in in_parts(acme, monkeypatch, past_until=None).parts.all()} == {0}
    assert {part.lane for part in in_parts(acme, monkeypatch, past_until=NOON - DAY).parts.all()} == {0}


def test_who_helps_leaves_what_became_of_the_rows_for_the_job_to_count(acme, monkeypatch):
    row = imports.begin(row=in_parts(acme, monkeypatch), at=NOON)
    lanes.help(pk=row.pk)
    assert Order.objects.count() == 16
    assert not ImportPart.objects.filter(taken__isnull=True).exists()
    assert taken_by_its_job(row) == counts(new=16)
    assert row.parts.count() == 0


def taken_by_its_job(row):
    tasks.work(row.job_id)
    row.refresh_from_db()
    return row.taken


def test_who_helps_stops_where_the_import_is_discarded_or_its_job_stopped(acme, monkeypatch):
    row = imports.begin(row=in_parts(acme, monkeypatch), at=NOON)
    jobs.cancel(job=row.job, at=NOON)
    lanes.help(pk=row.pk)
    assert Order.objects.count() == 0
    imports.discard(row=row, at=NOON)
    lanes.help(pk=row.pk)
    assert Order.objects.count() == 0


def test_a_part_that_fails_is_left_to_the_job_which_says_why(acme, monkeypatch, caplog):
    row = imports.begin(row=in_parts(acme, monkeypatch), at=NOON)

    def broken(**_):
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(imports.taking, "take", broken)
        lanes.help(pk=row.pk)
        assert "its job will take it" in caplog.text
        taken_by_its_job(row)
    assert (row.state, row.job.state) == ("running", "failed")
    jobs.retry(job=row.job, at=NOON)
    assert taken_by_its_job(row) == counts(new=16)


def test_refused_lines_of_two_lanes_are_told_in_their_order(acme, monkeypatch):
    monkeypatch.setattr(imports.keeping, "ROWS", 2)
    rows = "".join(f"{n},{'abcdefgh'[n]}@acme.co,{'five' if n % 2 else '5.00'},2025-01-01\n" for n in range(8))
    row = keep(acme, HEADER + rows, check=False)
    assert {part.lane for part in row.parts.all()} == {0, 1}
    assert taken(row) == counts(new=4, refused=4)
    assert [line for line, _ in imports.refused(row)] == [3, 5, 7, 9]
