"""Default deny: every route of the API × {no key, a publishable key, another storefront's key}."""

import io
import re
from datetime import timedelta

import pytest

from advocacy import ids, merging, terms
from advocacy.models import Alert, Job, ProgramTerms, Testimonial
from advocacy.outbox import drain, telling, webhooks
from referrals import claims, conversions, imports, invitations
from referrals.models import Conversion, Link, Referral
from rewards import adjustments, redemptions
from rewards.coupons import pools, uploading
from rewards.models import Coupon, Reward
from tests import cast
from tests.flows.api import Caller, publishable, secret
from tests.flows.test_api_schema import METHODS, UNDESCRIBED, routes
from tests.rewards import payouts_stage, scene

pytestmark = pytest.mark.django_db
# What a browser may do.
PUBLIC = {
    ("get", "/api/v1/programs"),
    ("get", "/api/v1/programs/{id}"),
    ("get", "/api/v1/offers"),
    ("get", "/api/v1/offers/{id}"),
    ("get", "/api/v1/testimonials"),
    ("get", "/api/v1/testimonials/{id}"),
    ("get", "/api/v1/programs/{id}/terms"),
    ("get", "/api/v1/terms"),
    ("get", "/api/v1/terms/{id}"),
    ("post", "/api/v1/clicks"),
    ("post", "/api/v1/shares"),
    ("post", "/api/v1/share_views"),
    ("post", "/api/v1/batch"),
    ("post", "/api/v1/codes/validate"),
    ("post", "/api/v1/codes/{code}/validate"),
}
_KINDS = {"deliveries": "delivery", "terms": "terms"}
# What a widget does, and what is done to test data: a live secret key is refused.
OF_CUSTOMERS, OF_TWINS = (
    {
        "/api/v1/me",
        "/api/v1/me/advocates",
        "/api/v1/me/claims",
        "/api/v1/me/invitations",
        "/api/v1/me/code",
        "/api/v1/me/terms",
    },
    "/api/v1/test/",
)
# They measure a program, where there is one.
OF_PROGRAMS = ("/growth", "/program_money")
# Whole words: an id is drawn from letters that also spell fred.
OF_ACME = re.compile(r"\b(alice|fred|friends of acme|best coffee|example\.com)\b")


def served():
    return [
        (method, path)
        for path, view in routes()
        if path not in UNDESCRIBED
        for method in METHODS
        if hasattr(view, method)
    ]


@pytest.fixture
def named(acme, program, alice):
    """acme has one of everything. By the first word of a route: an id that stands in its address."""
    rule = scene.rule_of(program).rule
    shop = secret(acme)
    order = shop.post("/orders", cast.order(customer={"external_id": "fred"}, referral_code="alice-link")).json()
    refund = shop.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 100}).json()
    shop.post("/orders/1001/fulfilments", {"fulfilment_id": "P-1"})
    shop.post(
        "/surveys/answers", {"answer_id": "A-1", "survey": "A-1", "customer": "ext_fred", "kind": "nps", "score": 9}
    )
    shop.put("/customers/fred", {"traits": {"segments": ["regulars"]}})
    agreed = {"customer": "ext_fred", "channel": "email", "state": "confirmed"}
    agreed = shop.post("/consents", agreed).json()["id"]
    reported = shop.post("/events", {"id": "E-1", "type": "app.opened", "customer": "ext_fred"}).json()["id"]
    drain.drain("money", at=cast.NOON + timedelta(hours=1))
    said = Testimonial.objects.create(
        storefront=acme,
        customer=alice.customer,
        text="The best coffee",
        source="api",
        status="published",
        consent_at=cast.NOON,
        sent_at=cast.NOON,
    )
    rows = {"links": Link.objects.get(), "referrals": Referral.objects.get(), "rewards": Reward.objects.first()}
    rows |= _spent(acme, program, alice.customer)
    pool, coupon = _codes(program, alice)
    rows |= {"coupon_pools": pool, "coupons": coupon}
    invited, _ = invitations.invite(advocate=alice, email="freddy@example.com", at=cast.NOON)
    twice, _ = merging.merge(
        survivor=cast.customer(acme, "gina"), merged=cast.customer(acme, "regina"), source="api", at=cast.NOON
    )
    missed, _ = claims.ask(advocate=alice, named="fred@example.com", at=cast.NOON)
    spoken = ProgramTerms(
        storefront=acme,
        program=program,
        words={"en": {"text": "Be kind.", "address": "", "summary": ""}},
        written_at=cast.NOON,
    )
    spoken.save()
    spoken = terms.publish(terms=spoken, by="olga", at=cast.NOON)
    accepted, _ = terms.accept(advocate=alice, version=1, source="api", at=cast.NOON)
    burst = {"kind": "link_burst", "text": "Best coffee", "opened_at": cast.NOON, "last_seen_at": cast.NOON}
    rows |= {
        "alerts": Alert.objects.create(storefront=acme, **burst),
        "terms": spoken,
        "terms_acceptances": accepted,
        "claims": missed,
        "imports": _file(acme),
        "invitations": invited,
        "merges": twice,
        "programs": program,
        "offers": program.offers.first(),
    }
    rows |= {"corrections": scene.correction_of(rule.versions.get())}
    guest, member = cast.customer(acme, "guest"), cast.customer(acme, "member")
    rows |= {"merges": merging.merge(survivor=member, merged=guest, source="api", at=cast.NOON)[0]}
    rows |= {"rules": rule, "advocates": alice, "testimonials": said, "jobs": _job(acme)} | _told(acme)
    found = {
        word: ids.encode(ids.PREFIXES[_KINDS.get(word, word.removesuffix("s"))], row.public_id)
        for word, row in rows.items()
    }
    found |= {"consents": agreed, "events": reported, "orders": order["id"], "conversions": order["conversions"][0]}
    # Every storefront may ask for every list, and gets its own rows; of no other name there is one.
    found |= {"refunds": refund["id"], "exports": "shoes", "reviews": _held(order["conversions"][0])}
    person = ids.encode("cus", alice.customer.public_id)
    known = {"customers": person, "wallets": person, "codes": "ALICE-LINK", "surveys": "A-1", "segments": "regulars"}
    # Their names are the same in every storefront.
    known |= {"metrics": "share_rate"}
    return found | known | _payouts(acme, program, alice, person)


def _held(conversion):
    """A review is named by its conversion."""
    row = Conversion.objects.get(public_id=ids.decode("cnv", conversion))
    conversions.review(conversion=row, side="both", review="held", reason="Best coffee", at=cast.NOON)
    return conversion


def _file(acme):
    text = b"external_id,email,name,total,placed_at\n7,alice@example.com,Alice,5.00,2025-01-01\n"
    return imports.keep(storefront=acme, kind="orders", stream=io.BytesIO(text), at=cast.NOON)


def _payouts(acme, program, alice, person):
    """A payout in its batch, to a payee."""
    payouts_stage.cash_rule(program)
    payouts_stage.earns(alice)
    payouts_stage.payee_of(alice.customer)
    batch = payouts_stage.exported(payouts_stage.policy_of(acme))
    payout = ids.encode("pay", batch.payouts.get().public_id)
    return {"payees": person, "payout_batches": batch.api_id, "payouts": payout}


def _spent(acme, program, customer):
    wanted = {"customer": customer, "amount_minor": 100, "at": cast.NOON}
    given = adjustments.give(program=program, form="credit", reason="Goodwill", **wanted)
    return {"adjustments": given, "redemptions": redemptions.reserve(storefront=acme, unit="EUR", **wanted)}


def _codes(program, alice):
    """A pool, and a code of it that is alice's."""
    pool, _ = pools.create(program=program, name="Best coffee", at=cast.NOON, amount_minor=1000, currency="EUR")
    uploading.numbered(pool=pool, lines=[(1, "BEST-COFFEE")], at=cast.NOON)
    Coupon.objects.update(state="assigned", customer=alice.customer, reward=Reward.objects.first())
    return pool, Coupon.objects.get()


def _told(acme):
    """An endpoint, and a delivery to it."""
    endpoint, _ = webhooks.create(storefront=acme, url="https://acme.example.com/hooks", at=cast.NOON)
    delivery = telling.test(endpoint=endpoint, type="order.recorded", at=cast.NOON)
    return {"webhook_endpoints": endpoint, "deliveries": delivery}


def _job(acme):
    return Job.objects.create(storefront=acme, kind="counting", created_at=cast.NOON, moved_at=cast.NOON)


def address(path, named):
    """``/api/v1/orders/{id}/refunds/{refund_id}`` → the address of acme's."""
    first = path.split("/")[3]
    of_order = {"refund_id": "R-1", "fulfilment_id": "P-1", "figure": "liability"}
    return re.sub(r"\{(\w+)\}", lambda found: of_order.get(found[1]) or named[first], path)[7:]


def call(caller, method, path):
    return getattr(caller, method)(path)


def unnamed(path):
    return path[7:].replace("{", "").replace("}", "")


def test_without_a_key_nothing_is_reached():
    nobody = Caller()
    for method, path in served():
        answer = call(nobody, method, unnamed(path))
        assert (answer.status_code, answer.json()["code"]) == (401, "key_missing"), (method, path)


def test_a_publishable_key_reaches_only_what_is_public(acme):
    browser, reached = publishable(acme), set()
    for method, path in served():
        answer = call(browser, method, unnamed(path))
        if answer.status_code == 403:
            wanted = "customer_token_needed" if path in OF_CUSTOMERS else "secret_key_needed"
            assert answer.json()["code"] == wanted
        else:
            reached.add((method, path))
    assert reached == PUBLIC


def test_another_storefronts_key_finds_nothing_and_reads_nothing(acme, rival, named):
    other = secret(rival)
    for method, path in served():
        answer = call(other, method, address(path, named))
        wanted = {404} if "{" in path else {200} if method == "get" else {422}
        if method in ("post", "patch") or "/metrics" in path or path.endswith(OF_PROGRAMS):
            # A body is looked at before the row it is for, and rival has no program to measure.
            wanted = wanted | {422}
        if path.endswith("/v1/explain"):
            # Nothing was asked.
            wanted = {400}
        if path in OF_CUSTOMERS or path.startswith(OF_TWINS):
            wanted = {403}
        assert answer.status_code in wanted, (method, path)
        shown = answer.content.decode().lower()
        assert not OF_ACME.search(shown), (method, path)
        if answer.status_code == 200 and path != "/api/v1/lifetime_values":
            # What its customers are worth is told of whoever there is: of nobody.
            assert answer.json().get("data", []) == []


ATTEMPTS = [
    ("put", "/customers/{customers}", {"name": "Mine"}),
    ("put", "/orders/{orders}", {"status": "cancelled"}),
    ("patch", "/advocates/{advocates}", {"status": "banned"}),
    ("patch", "/links/{links}", {"status": "disabled"}),
    ("post", "/links", {"advocate": "{advocates}"}),
    ("post", "/rules/{rules}/versions", {"benefits": {}}),
    ("post", "/rules/{rules}/archive", {}),
    ("post", "/rules/{rules}/cancel_planned", {}),
    ("post", "/orders/{orders}/refunds", {"refund_id": "R-2", "amount_minor": 1}),
    ("delete", "/orders/{orders}/refunds/R-1", None),
    ("post", "/signups", {"customer": "{customers}"}),
    ("post", "/orders", cast.order(customer="{customers}")),
    ("post", "/advocates", {"customer": "{customers}", "program": "friends"}),
    ("post", "/clicks", {"code": "alice-link"}),
    ("put", "/payees/{payees}", {"iban": "DE89 3704 0044 0532 0130 00"}),
    ("post", "/payout_batches/{payout_batches}/results", {"results": [{"number": 1, "result": "failed"}]}),
    ("post", "/redemptions/{redemptions}/confirm", {}),
    ("post", "/claims", {"advocate": "{advocates}", "named": "1001"}),
    ("post", "/claims/{claims}/accept", {}),
    ("post", "/claims/{claims}/refuse", {}),
    ("post", "/reviews/{reviews}/decide", {"side": "both", "decision": "approve", "reason": "Mine"}),
    ("post", "/reviews/{reviews}/undo", {"side": "both", "reason": "Mine"}),
    ("post", "/alerts/{alerts}/mute", {"hours": 1, "reason": "x"}),
    ("post", "/imports/{imports}/begin", {}),
    ("post", "/imports/{imports}/discard", {}),
    ("delete", "/redemptions/{redemptions}", None),
    ("patch", "/webhook_endpoints/{webhook_endpoints}", {"status": "disabled"}),
    ("delete", "/webhook_endpoints/{webhook_endpoints}", None),
    ("post", "/webhook_endpoints/{webhook_endpoints}/rotate_secret", {}),
    ("post", "/webhook_endpoints/{webhook_endpoints}/test", {}),
    ("post", "/webhook_endpoints/{webhook_endpoints}/replay", {"since": "2026-01-01T00:00:00Z"}),
    ("post", "/deliveries/{deliveries}/replay", {}),
]


def test_another_storefront_changes_nothing_by_ids_it_has_seen(acme, rival, named, counted):
    cast.program(rival)
    other, before = secret(rival), counted()
    for method, path, body in ATTEMPTS:
        arguments = [] if body is None else [{name: _filled(value, named) for name, value in body.items()}]
        answer = getattr(other, method)(_filled(path, named), *arguments)
        assert answer.status_code == 404, (method, path)
        assert counted() == before, (method, path)


def _filled(value, named):
    return value.format(**named) if isinstance(value, str) else value


def test_another_storefront_cannot_filter_by_ids_it_has_seen(acme, rival, named):
    shop = secret(rival)
    for filtered in ("advocate", "customer", "friend", "order", "endpoint"):
        word = {"friend": "customers", "endpoint": "webhook_endpoints"}.get(filtered, f"{filtered}s")
        lists = [path for path, view in routes() if filtered in getattr(view, "filters", ())]
        assert lists, filtered
        for path in lists:
            assert shop.get(path[7:], **{filtered: named[word]}).status_code == 404, (path, filtered)
