"""What a code alone is worth stands nowhere but in its own sealed row: not in orders, events or decisions."""

import pytest
from django.db import connection
from django.utils import timezone

from advocacy import ids
from advocacy.models import Event, Program
from advocacy.outbox.drain import drain
from referrals import orders
from rewards import audit
from rewards.models import Coupon, Decision
from tests import cast
from tests.rewards.coupon_stage import pool_of, stock
from tests.rewards.scene import rule_of

pytestmark = pytest.mark.django_db
SECRET = "CODE-000001"
_LIKE = "SELECT count(*) FROM {table} row WHERE row::text ILIKE %s"


def holding(text):
    """``{table: rows}`` of the whole database whose text holds this."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(_LIKE.format(table=table), [f"%{text}%"])
            found[table] = cursor.fetchone()[0]
    return {table: rows for table, rows in found.items() if rows}


def settle():
    for lane in ("money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def order(acme, name="1001", **fields):
    return orders.record(storefront=acme, orders=[cast.order(name, **fields)], at=timezone.now())[0].order


@pytest.fixture
def bought(acme, program, alice):
    """Fred, whom alice brought, pays with a public code and with one of a pool, and types it into the other field."""
    needs_coupon = [{"field": "coupon_codes", "op": "one_of", "value": ["spring"]}]
    rule_of(program, "With the spring coupon", conditions=needs_coupon, minimum_order_minor=0)

    def buy(name="1001", code=SECRET, **fields):
        hints = {"coupon_codes": ["Spring", code.lower()], "referral_code": "ALICE-LINK"}
        return order(acme, name, customer={"external_id": "fred"}, **hints, **fields)

    return buy


def test_a_code_of_a_pool_is_kept_by_its_coupons_id_and_public_ones_as_they_are(acme, program, bought):
    stock(pool_of(program), [1, 2])
    made = bought()
    settle()
    coupon = Coupon.objects.get(last_4="0001")
    name = ids.encode("cpn", coupon.public_id)
    assert made.coupon_codes == ["Spring", name]
    assert {str(event.facts["coupon_codes"]) for event in Event.objects.filter(type__contains=".recorded")} == {
        str(["SPRING", name])
    }
    assert (coupon.state, coupon.order_reference) == ("used", ids.encode("ord", made.public_id))
    [verdict] = Decision.objects.get(subject__public_id=made.conversions.get().public_id).verdicts
    assert verdict["granted"]["advocate"] > 0
    assert holding(SECRET) == {}
    assert list(audit.differences()) == []


def test_wherever_it_is_typed_or_said_later(acme, program):
    stock(pool_of(program), [1, 2])
    typed = order(acme, referral_code=SECRET)
    later = orders.change(
        storefront=acme, external_id="1001", fields={"coupon_codes": ["CODE-000002"]}, at=timezone.now()
    ).order
    settle()
    assert (typed.referral_code[:4], later.coupon_codes[0][:4]) == ("cpn_", "cpn_")
    assert holding("CODE-00000") == {}
    assert set(Coupon.objects.values_list("state", flat=True)) == {"free", "used"}


def test_metadata_that_a_program_keeps_holds_no_code_either(acme, program, bought):
    Program.objects.update(metadata_keys=["card"])
    stock(pool_of(program), [1])
    made = bought(metadata={"card": SECRET})
    assert made.conversions.get().frozen["metadata"] == {"card": ids.encode("cpn", Coupon.objects.get().public_id)}


def test_another_storefronts_code_is_no_secret_here_and_names_nothing_of_it(acme, rival, program):
    stock(pool_of(program), [1])
    there = order(rival, coupon_codes=[SECRET])
    assert there.coupon_codes == [SECRET]
    settle()
    assert Coupon.objects.get().state == "free"
