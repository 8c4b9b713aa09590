"""What became of payouts comes back as the exported table, filled in."""

import re

import pytest

from advocacy.refusals import Refused
from rewards.models import Payout
from rewards.payouts import batches, results
from tests.rewards.payouts_stage import (
    LATER,
    alice,
    exported,
    policy,
    program,
    said,
)
from tests.rewards.scene import balances

__all__ = ["alice", "policy", "program"]
pytestmark = pytest.mark.django_db


def test_results_come_as_the_exported_table_with_its_result_filled_in(policy, alice):
    batch = exported(policy)
    table = batches.export(batch=batch, at=LATER)[1].text
    header, line = table.splitlines()
    assert line == f"1,Alice,DE,DE89370400440532013000,25.00,EUR,{batch.api_id},,,"
    for amount, currency, of, words in [
        ("24.00", "EUR", batch.api_id, "line 2: number 1 is 25.00 EUR, and the line says 24.00"),
        ("1e999999999", "EUR", batch.api_id, "line 2: number 1 is 25.00 EUR, and the line says 1e999999999"),
        ("25.00", "USD", batch.api_id, "line 2: number 1 is paid in EUR, and the line says USD"),
        (
            "25.00",
            "EUR",
            "pob_other",
            f"line 2: number 1 is of this batch, {batch.api_id}, and the line says pob_other",
        ),
    ]:
        wrong = results.read(f'{header}\n1,Alice,DE,,"{amount}",{currency},{of},paid,TX-9,\n'.encode())
        with pytest.raises(Refused, match=words):
            results.apply(batch=batch, results=wrong, at=LATER)
    assert Payout.objects.get().state == "sent"
    read = results.read(f'{header}\n1,Alice,DE,,"25,00",EUR,{batch.api_id},paid,TX-9,\n'.encode())
    assert results.apply(batch=batch, results=read, at=LATER) == 1
    assert Payout.objects.get().reference == "TX-9"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("9,paid", "line 2: this batch has no payout number 9"),
        ("1,payed", "line 2: result must be one of: paid, failed, cancelled, returned"),
        ("1,paid\n1,failed", "line 3: number 1 is paid above and failed here"),
        ("one,paid", "line 2: number must be a payout’s number"),
        ("1,returned", "line 2: number 1 is sent and cannot be returned"),
        ("1,paid\n99999999999999999999,paid", "line 3: this batch has no payout number 99999999999999999999"),
        ("1,\n", "No line says a result"),
    ],
)
def test_one_wrong_result_refuses_the_file(policy, alice, lines, words):
    batch = exported(policy)
    with pytest.raises(Refused, match=re.escape(words)):
        results.apply(batch=batch, results=results.read(f"number,result\n{lines}\n".encode()), at=LATER)
    assert balances(alice.customer) == {"reserved": 2500}


def test_a_result_is_not_turned_into_its_opposite_nor_given_two_references(policy, alice):
    batch = exported(policy)
    twice = b"number,result,reference\n1,paid,TX-1\n1,paid,TX-2\n"
    with pytest.raises(Refused, match="line 3: number 1 stands above with another reference"):
        results.apply(batch=batch, results=results.read(twice), at=LATER)
    said(batch, n1="paid")
    with pytest.raises(Refused, match="number 1 is paid and cannot be failed; say returned if the money came back"):
        said(batch, n1="failed")
    assert Payout.objects.get().state == "paid"
