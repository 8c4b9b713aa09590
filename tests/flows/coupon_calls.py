"""Coupons' stage: pools, rules that give codes, friends who sign up, and what a code answers."""

import pytest
from django.utils import timezone

from advocacy.outbox.drain import drain
from rewards import rulebook
from tests import cast
from tests.flows.api import secret
from tests.terms import terms

TEN = {"amount_minor": 1000, "currency": "EUR"}


@pytest.fixture
def shop(acme, alice):
    return secret(acme)


def work():
    for lane in ("money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def pool(shop, **fields):
    answer = shop.post("/coupon_pools", {"name": "Ten euros off"} | TEN | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def gives(program, pool, *, trigger="referral.created", side="friend", form="coupon", **said):
    said |= {f"{side}_kind": "fixed", f"{side}_form": form, f"{side}_amount_minor": 1000, f"{side}_pool": pool}
    return rulebook.save(
        program=program,
        name="A code for the friend",
        terms=terms(trigger=trigger, hold_days=0, hold_from="order", **said),
        at=timezone.now(),
        starts_at=cast.LONG_AGO,
        from_the_past=True,
        accepted=True,
    )


def sign_up(shop, name="fred", code="ALICE-LINK"):
    return shop.post("/signups", {"customer": {"external_id": name}, "referral_code": code}).json()["referral"]


def code_of(shop, name="fred"):
    [row] = shop.get("/coupons", customer=f"ext_{name}", status="assigned").json()["data"]
    return shop.get(f"/coupons/{row['id']}", customer=f"ext_{name}").json()


def key(number):
    return {"HTTP_IDEMPOTENCY_KEY": f"k-{number}"}


def validate(caller, code, **body):
    answer = caller.post(f"/codes/{code}/validate", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def why(told):
    return [reason["key"] for reason in told["reasons"]]
