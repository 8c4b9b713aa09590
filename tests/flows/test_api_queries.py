"""Every list takes the same number of queries for one row as for several."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advocacy import customers, terms
from advocacy.models import Alert, ProgramTerms, Testimonial
from advocacy.money import CURRENCIES
from advocacy.outbox import drain
from referrals import claims, conversions, imports
from referrals.models import Conversion
from rewards.models import RuleVersion
from tests import cast
from tests.flows.api import secret
from tests.flows.test_api_schema import routes
from tests.rewards import payouts_stage, scene

pytestmark = pytest.mark.django_db
# What a customer asks for, /me/…, is answered to their token.
LISTS = sorted(path[7:] for path, view in routes() if hasattr(view, "answer") and "/me/" not in path)


def tell(shop, storefront, numbers):
    """For each number an advocate, a friend, an order with a refund and a parcel, rewards, a testimonial, an answer."""
    for number in numbers:
        alice = {"external_id": f"alice {number}"}
        enrolled = shop.post("/advocates", {"customer": alice, "code": f"alice-{number}"}).json()["id"]
        spoken = ProgramTerms(storefront=storefront, program=storefront.programs.get(), written_at=cast.NOON)
        spoken.words, spoken.material = {"en": {"text": "Be kind.", "address": "", "summary": ""}}, False
        spoken.save()
        version = terms.publish(terms=spoken, by="olga", at=cast.NOON).number
        shop.post(f"/advocates/{enrolled}/terms", {"version": version})
        shop.post("/invitations", {"advocate": enrolled, "email": f"freddy{number}@example.com"})
        order = cast.order(str(number), customer={"external_id": f"fred {number}"}, referral_code=f"alice-{number}")
        shop.post("/orders", order)
        shop.post("/orders/0/refunds", {"refund_id": str(number), "amount_minor": 1, "refunded_at": cast.NOON})
        shop.post("/orders/0/fulfilments", {"fulfilment_id": str(number)})
        said = {"answer_id": str(number), "customer": f"ext_fred {number}", "survey": "0", "kind": "nps", "score": 9}
        shop.post("/surveys/answers", said)
        said = {"customer": f"ext_fred {number}", "channel": "email", "state": "confirmed"}
        shop.post("/consents", said)
        said = {"month": f"2026-0{number + 1}", "channel": "email", "currency": "EUR", "amount_minor": 1, "source": "x"}
        shop.put("/channel_costs", {"costs": [said]})
        said = {
            "mention_id": str(number),
            "brand": "acme",
            "source": "web",
            "sentiment": "neutral",
            "said_at": cast.NOON,
        }
        shop.put("/mentions", {"mentions": [said]})
        person = customers.find(storefront=storefront, external_id=f"fred {number}")
        converted = Conversion.objects.get(referral__friend=person)
        conversions.review(conversion=converted, side="both", review="held", at=cast.NOON)
        conversions.review(conversion=converted, side="both", review="clear", at=cast.NOON)
        claims.ask(
            advocate=storefront.advocates.get(customer__external_id="alice 0"), named=f"X-{number}", at=cast.NOON
        )
        imports.keep(
            storefront=storefront, kind="customers", stream=BytesIO(b"external_id\nx"), at=cast.NOON, name=str(number)
        )
        Alert.objects.create(
            storefront=storefront, kind="link_burst", subject=str(number), opened_at=cast.NOON, last_seen_at=cast.NOON
        )
        Testimonial.objects.create(storefront=storefront, customer=person, text="Good", source="api", sent_at=cast.NOON)
        pool = shop.post("/coupon_pools", {"name": f"Pool {number}", "percent_bp": 1000}).json()["id"]
        shop.post(f"/coupon_pools/{pool}/codes", {"codes": [f"CODE-{number}-A", f"CODE-{number}-B"]})
        drain.drain("money", at=cast.NOON + timedelta(hours=1))
        spend(shop, number)
        plan(shop, number)
        listen(shop, number)


def spend(shop, number):
    """All the adjustments, redemptions and payouts are alice 0's: a list that is longer asks no more."""
    body = {"customer": "ext_alice 0", "kind": "given", "amount_minor": 100, "reason": "Goodwill"}
    shop.post("/adjustments", body, HTTP_IDEMPOTENCY_KEY=f"give {number}")
    body = {"customer": "ext_alice 0", "unit": "EUR", "amount_minor": 50, "order": str(number)}
    shop.post("/redemptions", body, HTTP_IDEMPOTENCY_KEY=f"spend {number}")
    body = {"customer": "ext_alice 0", "kind": "given", "form": "cash", "amount_minor": 2500, "reason": "Bonus"}
    shop.post("/adjustments", body, HTTP_IDEMPOTENCY_KEY=f"cash {number}")
    shop.post("/payout_batches", {"currency": "EUR"}, HTTP_IDEMPOTENCY_KEY=f"batch {number}")


def plan(shop, number):
    """A rule of far ahead, a correction, a rate, and how a currency is paid out."""
    benefits = {"advocate": {"form": "credit", "kind": "fixed", "amount_minor": 1000}}
    rule = {"name": f"Rule {number}", "benefits": benefits, "starts_at": "2099-01-01T00:00:00Z"}
    shop.post("/rules", rule, HTTP_IDEMPOTENCY_KEY=f"rule {number}")
    rate = {"day": f"2026-03-{number + 1:02}", "currency": "USD", "target": "EUR", "rate": "0.92", "source": "ecb"}
    shop.put("/rates", {"rates": [rate]})
    scene.correction_of(RuleVersion.objects.latest("pk"))
    shop.put("/payout_policies", {"currency": ["EUR", *sorted(CURRENCIES - {"EUR"})][number]})


def listen(shop, number):
    """An endpoint, and something for it: two customers who are one."""
    shop.put(f"/customers/once {number}", {})
    shop.post("/customers/merge", {"into": f"ext_fred {number}", "merged": f"ext_once {number}"})
    asked = {"url": f"https://acme.example/{number}", "event_types": ["rule.corrected"]}
    shop.post(f"/webhook_endpoints/{shop.post('/webhook_endpoints', asked).json()['id']}/test")


@pytest.fixture
def shop(acme, program):
    scene.rule_of(program)
    payouts_stage.policy_of(acme)
    shop = secret(acme)
    shop.post("/advocates", {"customer": {"external_id": "alice 0"}, "code": "alice-0"})
    shop.put("/payees/ext_alice 0", {"name": "Alice", "country": "DE", "iban": payouts_stage.IBAN})
    tell(shop, acme, range(1))
    shop.get("/customers")  # the key's last use is written once a minute
    return shop


def test_lists_take_the_same_queries_for_one_row_and_for_four(shop, acme):
    paths = {path: _filled(path) for path in LISTS}
    few = {path: _queries(shop, paths[path]) for path in LISTS}
    tell(shop, acme, range(1, 4))
    many = {path: _queries(shop, paths[path]) for path in LISTS}
    assert {path: rows for path, (rows, _) in many.items() if rows < 2} == {"/programs": 1}
    assert {path: queries for path, (_, queries) in few.items()} == {path: q for path, (_, q) in many.items()}
    # A statement asks each table that a line may name, once; wallets ask for what comes, for what and how it expires.
    most = {path: queries for path, (_, queries) in many.items() if queries > 5}
    assert set(most) <= {"/wallets", "/wallets/{customer}/statement"}
    assert max(most.values(), default=0) <= 9
    for path in set(LISTS) - {"/programs"}:
        whole = shop.get(paths[path], limit=100).json()["data"]
        assert _by_page(shop, paths[path])[:100] == whole, path


def _by_page(shop, path):
    rows, asked = [], {"limit": 2}
    while True:
        page = shop.get(path, **asked).json()
        rows += page["data"]
        if page["next_cursor"] is None:
            return rows
        asked["cursor"] = page["next_cursor"]


def _filled(path):
    return path.replace("{id}", "0").replace("{survey}", "0").replace("{customer}", "ext_alice 0")


def _queries(shop, path):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rows = shop.get(path, limit=20).json()["data"]
    return len(rows), len(queries)
