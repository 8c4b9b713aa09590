"""Who asks for it gets all that is kept of them, or is forgotten: no table names them, no amount moves."""

import json
import re
import zlib
from io import StringIO
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from advocacy import customers, ids, privacy, secrets
from advocacy.jobs import working
from advocacy.models import Customer, Event, Job
from advocacy.outbox.drain import drain
from referrals import inbound
from referrals.imports import keeping as imports_keeping
from referrals.models import InboundMessage, Order, PrivacyRequest, Referral
from rewards.models import Account, Payee, PayeeChange, Reward, Transfer
from rewards.payouts import payees
from tests import cast
from tests.flows import person_everywhere
from tests.flows import personal_columns as columns
from tests.flows.api import secret
from tests.referrals import imports_stage
from tests.referrals import platforms_stage as stage
from tests.rewards.scene import rule_of

pytestmark = pytest.mark.django_db
# Words that stand nowhere else: each has something that no random id or digest can spell (``ids`` know no i, l, o, u).
XAVIER, ZENOBIA = ("Xavier", "Kerbholz", "xk-77", "0170 555"), ("Zenobia", "Quittenbaum")


AGREED = {"channel": "email", "state": "confirmed"}
PAYEE = {"fields": {"name": "Xavier Kerbholz", "country": "DE", "iban": "DE89370400440532013000"}}


def key(shop):
    return {"Authorization": f"Bearer {shop.token}"}


@pytest.fixture
def shop(acme):
    return secret(acme)


@pytest.fixture
def zenobia(program):
    """She advocates, by a code with her name."""
    rule_of(program, hold_days=0)
    return cast.advocate(program, "zenobia", at=timezone.now(), code="ZENOBIA-Q", display_name="Zenobia Quittenbaum")


@pytest.fixture
def xavier(acme, shop, zenobia, client):
    """He was brought, bought for 54.00 by the API and at Shopify, and said this and that."""
    person = {"external_id": "xk-77", "email": "x.kerbholz@example.com", "name": "Xavier Kerbholz", "phone": "0170 555"}
    person |= {"traits": {"nick": "Xavier", "segments": ["regulars"]}, "source": {"utm": {"content": "Kerbholz"}}}
    order = cast.order(at=timezone.now(), customer=person, referral_code="zenobia-q", metadata={"gift": "for Xavier"})
    assert shop.post("/orders", order).status_code == 201
    refund = {"refund_id": "r1", "amount_minor": 1000, "reason": "Xavier did not like it"}
    assert shop.post("/orders/ext_1001/refunds", refund).status_code == 201
    said = {"customer": "ext_xk-77", "text": "Kerbholz loves it", "display_name": "Xavier", "consented": True}
    assert shop.post("/testimonials", said).status_code == 201
    called = {"id": "e1", "type": "support.called", "customer": "ext_xk-77", "facts": {"by": "Kerbholz"}}
    assert shop.post("/events", called).status_code == 201
    sorry = {"customer": "ext_xk-77", "kind": "given", "amount_minor": 500, "reason": "Sorry, Xavier"}
    assert shop.post("/adjustments", sorry, headers={**key(shop), "Idempotency-Key": "1"}).status_code == 201
    payees.put(customer=customers.named(storefront=acme, name="ext_xk-77"), **PAYEE, source="api", at=timezone.now())
    row = stage.connected(acme, "shopify")
    bought = stage.document("shopify/orders_paid", email="X.Kerbholz@example.com")
    bought["customer"] |= {"id": "xk-77", "email": "x.kerbholz@example.com", "first_name": "Xavier"}
    stage.post(client, row, bought, topic="orders/paid", name="a")
    stage.post(client, row, stage.document("shopify/orders_paid", id=9, name="#9"), topic="orders/paid", name="b")
    user = User.objects.create_user("x.kerbholz@example.com", "x.kerbholz@example.com")
    EmailAddress.objects.create(user=user, email="x.kerbholz@example.com", verified=True, primary=True)
    return Customer.objects.get(external_id="xk-77")


def settled():
    inbound.work(at=timezone.now())
    for lane in ("money", "people", "money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def forgotten(customer):
    job = privacy.erase(customer=customer, at=timezone.now())
    while working.step(pk=job.pk, worker=uuid4(), first=True, at=timezone.now()):
        pass
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


def kept(words):
    """The tables of the database in which one of the words stands; "messages" where one stands in a sealed message."""
    assert all(re.search("[^0-9a-hjkmnp-tv-z]|.{13}", word.lower()) for word in words), "a random id may spell it"
    any_word = "|".join(words)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        one = "SELECT '{0}' WHERE EXISTS (SELECT FROM \"{0}\" t WHERE t::text ~* %(words)s)"
        cursor.execute(" UNION ALL ".join(one.format(name) for name in tables), {"words": any_word})
        found = {name for (name,) in cursor.fetchall()}
    opened = " ".join(secrets.open(raw) for raw in InboundMessage.objects.values_list("raw", flat=True))
    return found | ({"messages"} if re.search(any_word, opened, re.IGNORECASE) else set())


def _texts(value):
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def books():
    """All that must not move."""
    return (
        list(Account.objects.order_by("pk").values_list("pk", "balance_minor")),
        list(Transfer.objects.order_by("pk").values_list("pk", "amount_minor")),
        list(Reward.objects.order_by("pk").values_list("pk", "granted_minor", "available_minor", "pending_minor")),
        list(Order.objects.order_by("pk").values_list("pk", "total_minor", "refunded_minor", "status")),
    )


def proved():
    for command in (["audit"], ["rebuild", "--verify"]):
        call_command(*command, stdout=StringIO())


def test_an_erased_person_is_named_nowhere_and_no_amount_moves(xavier, zenobia):
    """Nor in any column of any table: a new one is filled by ``person_everywhere``, or harmless for a reason."""
    settled()
    person_everywhere.fill(xavier, zenobia)
    settled()
    digest = privacy.digest_of(xavier.storefront, "x.kerbholz@example.com").hex()
    his, hers = (*XAVIER, "370400440532013000", digest), (*XAVIER, *ZENOBIA, digest)
    held = set(columns.holding((*his, *hers)))
    everything = set(columns.all_columns())
    assert held >= {"advocacy_customer.email", "referrals_inboundmessage.raw", "auth_user.email"}
    assert {name for name in held if columns.is_harmless(name)} == set(), "is not harmless"
    assert {name for name in everything - held if not columns.is_harmless(name)} == set(), "says whom it may name"
    assert {name for name in columns.HARMLESS if not any(each.startswith(name) for each in everything)} == set()
    told = set(_texts(privacy.export(customer=xavier, at=timezone.now())))
    his_own = {name: texts - told for name, texts in columns.holding(his).items() if name not in columns.NOT_TOLD}
    assert {name: texts for name, texts in his_own.items() if texts} == {}, "is exported, or is not told for a reason"
    before = books()
    forgotten(xavier)
    assert set(columns.holding(his)) == {"advocacy_suppression.digest"}
    assert InboundMessage.objects.filter(note__startswith="Erased").count() == 1, "another's message stays"
    assert "#9" in secrets.open(InboundMessage.objects.get(message_id="b").raw)
    forgotten(zenobia.customer)
    assert set(columns.holding(hers)) == {"advocacy_suppression.digest"}
    assert books() == before
    settled()
    assert books() == before
    proved()
    assert (Payee.objects.count(), PayeeChange.objects.count()) == (0, 0)
    assert privacy.suppressed(storefront=xavier.storefront, email_key="x.kerbholz@example.com")
    assert Event.objects.filter(type="customer.erased").count() == 2


def test_erased_between_the_order_and_its_settlement_nothing_is_lost(xavier, zenobia):
    forgotten(xavier)
    settled()
    granted = Reward.objects.exclude(rule=None).values_list("side", "granted_minor")
    assert sorted(granted) == [("advocate", 1000), ("friend", 500)]
    assert kept(XAVIER) == set()
    proved()


def test_a_code_that_lost_to_anothers_goes_with_its_advocate(acme, alice, mallory, fred):
    won, lost = ({"code": code, "method": "code"} for code in (mallory.code, alice.code))
    bond = Referral.objects.create(
        storefront=acme, program=alice.program, advocate=mallory, friend=fred, method="code", bound_at=cast.NOON,
        recorded_at=cast.NOON, candidates=[won | {"won": True}, lost | {"won": False}],
    )  # fmt: skip
    privacy.erase_rows(customer=alice.customer, at=cast.NOON)
    bond.refresh_from_db()
    alice.refresh_from_db()
    assert [each["code"] for each in bond.candidates] == [mallory.code, alice.links.get().code]
    assert alice.links.get().code != lost["code"]


def test_later_news_of_an_order_does_not_say_again_who_it_was(xavier, shop):
    settled()
    forgotten(xavier)
    person = {"external_id": "xk-77", "email": "x.kerbholz@example.com", "name": "Xavier Kerbholz"}
    refund = {"refund_id": "r2", "amount_minor": 100, "reason": "Xavier did not like it"}
    assert shop.post("/orders/ext_1001/refunds", refund).status_code == 201
    notes = {"metadata": {"gift": "for Xavier"}, "source": {"utm": "Kerbholz"}, "payment_fingerprint": "Kerbholz"}
    later = {"status": "cancelled", "customer": person, "updated_at": timezone.now().isoformat()}
    assert shop.put("/orders/ext_1001", later | notes).status_code == 200
    xavier.refresh_from_db()
    assert (str(xavier), xavier.external_id, Order.objects.get(external_id="1001").customer) == ("Erased", None, xavier)
    named = ids.encode("cus", xavier.public_id)
    sorry = {"customer": named, "kind": "given", "amount_minor": 500, "reason": "Sorry, Xavier"}
    assert shop.post("/adjustments", sorry, headers={**key(shop), "Idempotency-Key": "2"}).status_code == 201
    another = cast.order("1002", at=timezone.now(), customer=named) | notes
    assert shop.post("/orders", another).status_code == 201
    assert kept(XAVIER) == set()


def test_a_storefront_reads_and_erases_its_own_customer(xavier, zenobia, shop, rival):
    settled()
    told = shop.get("/customers/ext_xk-77/export").json()
    assert told["person"][0]["email"] == "x.kerbholz@example.com"
    assert told["orders"][0]["total_minor"] == 5400
    # Of her friends not a moment at which one ordered.
    hers = privacy.export(customer=Customer.objects.get(pk=zenobia.customer_id), at=timezone.now())
    [bond], [earned] = hers["friends"], hers["rewards"]
    assert set(bond) == {"method", "program"}
    assert {name for name in earned if name.endswith("_at")} <= {"created_at", "expires_at"}
    assert {"refunds", "rewards", "balances", "sign_ins", "testimonials"} <= set(told)
    assert secret(rival).post("/customers/ext_xk-77/erase").status_code == 404
    answer = shop.post("/customers/ext_xk-77/erase")
    assert (answer.status_code, answer.json()["kind"]) == (202, "erasure")
    assert shop.post("/customers/ext_xk-77/erase").json()["id"] == answer.json()["id"], "one goes on"
    forgotten(xavier)
    assert shop.get("/customers/ext_xk-77/export").status_code == 404
    again = shop.post(f"/customers/{told['customer']}/erase")
    assert (again.status_code, again.json()["code"]) == (422, "already_erased")
    # Nothing that is told of them later could be erased any more.
    for path, words in (("events", {"id": "e9", "type": "a", "facts": {"by": "Kerbholz"}}), ("consents", AGREED)):
        late = shop.post(f"/{path}", words | {"customer": told["customer"]})
        assert (late.status_code, late.json()["code"]) == (422, "customer_erased")
    assert kept(XAVIER) == set()


def test_what_shopify_passes_on_is_done(xavier, client, olga):
    settled()
    row = xavier.storefront.connections.get()
    person = {"id": "xk-77", "email": "x.kerbholz@example.com"}
    asked = stage.document("shopify/customers_data_request", customer=person)
    stage.post(client, row, asked, topic="customers/data_request", name="c")
    asked = stage.document("shopify/customers_redact", customer=person, orders_to_redact=[])
    stage.post(client, row, asked, topic="customers/redact", name="d")
    settled()
    client.force_login(olga)
    wants = PrivacyRequest.objects.get(kind="data")
    page = f"/admin/referrals/privacyrequest/{wants.pk}/do/"
    file = client.post(f"{page}export/", {"confirmed": "1", "reason": "They asked"})
    assert file["Content-Disposition"].startswith('attachment; filename="cus_')
    assert json.loads(file.content)["person"][0]["name"] == "Xavier Kerbholz"
    client.post(f"{page}answered/", {"confirmed": "1", "reason": "Mailed"})
    job = Job.objects.get(kind="erasure")
    while working.step(pk=job.pk, worker=uuid4(), first=True, at=timezone.now()):
        pass
    states = PrivacyRequest.objects.order_by("kind").values_list("kind", "state", "note")
    assert list(states) == [("data", "done", ""), ("redact", "done", "Erased.")]
    assert kept(XAVIER) == set()


def test_a_shop_that_left_is_forgotten_with_who_was_its_customer_alone(xavier, client):
    """Fred bought there, Gina and Hans had an account there only; Xavier bought by the API too.

    What came of Gina is forgotten by then. Stripe had told of Fred and Hans, and of nobody's order.
    """
    row, stripe = xavier.storefront.connections.get(), stage.connected(xavier.storefront, "stripe")
    customers.upsert(storefront=xavier.storefront, fields={"external_id": "8002"}, at=cast.LONG_AGO)
    for number, name in ((8001, "gina"), (8002, "hans")):
        had = stage.document("shopify/customers_update", id=number, email=f"{name}@example.com")
        stage.post(client, row, had, topic="customers/update", name=name)
    for name in ("fred", "hans", "nobody"):
        told = stage.document("stripe/invoice_paid", id=f"cus_{name}") | {"type": "customer.updated"}
        told["data"]["object"] = {"id": f"cus_{name}", "email": f"{name}@example.com"}
        assert stage.post(client, stripe, told).status_code == 200
    settled()
    InboundMessage.objects.filter(message_id="gina").delete()
    lines = "customer_id,email\n8001,gina@example.com\n9,zoe@example.com\n"
    waiting = imports_stage.keep(xavier.storefront, lines, "customers")
    imports_stage.checked(waiting)
    others = ("fred@example.com", "7001234567890", "gina@example.com", "hans@example.com")
    before = books()
    assert kept(others) >= {"advocacy_customer", "messages"}
    stage.post(client, row, stage.document("shopify/shop_redact"), topic="shop/redact", name="s")
    settled()
    job = Job.objects.get(kind="shop_erasure")
    while working.step(pk=job.pk, worker=uuid4(), first=True, at=timezone.now()):
        pass
    for each in Job.objects.filter(kind="erasure"):
        while working.step(pk=each.pk, worker=uuid4(), first=True, at=timezone.now()):
            pass
    asked = PrivacyRequest.objects.get(kind="shop")
    assert (asked.state, asked.note) == ("done", "Customers erased: 3. What orders said of others: 1.")
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"erased": 3, "others": 1})
    assert kept(others) == set()
    assert "messages" not in kept(XAVIER)
    [part] = [zlib.decompress(part.rows) for part in waiting.parts.all()]
    assert (b"gina" in part, b"zoe" in part) == (False, True)
    assert kept(["nobody@example.com"]) == {"messages"}
    assert Customer.objects.get(pk=xavier.pk).name == "Xavier Kerbholz"
    assert books() == before
    proved()


@pytest.mark.parametrize(
    ("written", "goes"),
    [
        ("AnnLee+stripe@googlemail.com", True),
        ("Write to\nann.lee@gmail.com.", True),
        ("https://acme.example/?email=ann.lee%40gmail.com&utm_source=mail", True),
        ("joann.lee@gmail.com", False),
        ("ann.lee@gmail.com.example", False),
    ],
)
def test_a_message_that_names_the_mailbox_in_any_spelling_goes_and_no_other(acme, client, written, goes):
    ann = cast.customer(acme, "ann", email="ann.lee@gmail.com")
    stripe = stage.connected(acme, "stripe")
    told = stage.document("stripe/invoice_paid", id="evt_1") | {"type": "customer.updated"}
    told["data"]["object"] = {"id": "cus_1", "description": written}
    assert stage.post(client, stripe, told).status_code == 200
    forgotten(ann)
    assert InboundMessage.objects.get().note.startswith("Erased") == goes


def test_a_failed_message_is_tried_once_more_before_it_is_emptied(xavier):
    """What was wrong with it may have been mended since."""
    failed = InboundMessage.objects.filter(message_id="a")
    failed.update(state="failed", note="No such currency.")
    orders = Order.objects.count()
    forgotten(xavier)
    assert (Order.objects.count(), failed.get().state) == (orders + 1, "done")
    assert "kerbholz" not in secrets.open(failed.get().raw).lower()


def test_who_has_the_same_mailbox_is_named_before_only_one_is_erased(xavier, client, olga):
    fields = {"external_id": "8899", "email": xavier.email, "name": "Xaver"}
    other, _ = customers.upsert(storefront=xavier.storefront, fields=fields, at=timezone.now())
    client.force_login(olga)
    asked = client.get(f"/admin/advocacy/customer/{xavier.pk}/do/erase/").content.decode()
    assert "though of the same mailbox: Xaver (8899)." in asked
    assert privacy.export(customer=xavier, at=timezone.now())["same_mailbox"] == [ids.encode("cus", other.public_id)]


def test_olga_erases_with_a_reason(xavier, client, olga):
    client.force_login(olga)
    page = f"/admin/advocacy/customer/{xavier.pk}/"
    shown = client.post(f"{page}do/export/", {"confirmed": "1", "reason": "By letter"})
    assert json.loads(shown.content)["person"][0]["phone"] == "0170 555"
    settled()
    question = client.get(f"{page}do/erase/").content.decode()
    assert "<td>To spend or pay out</td><td>9.07 EUR</td>" in question, "what nobody will have afterwards"
    client.post(f"{page}do/erase/", {"confirmed": "1", "reason": "By letter"})
    forgotten(xavier)
    assert "What named this person is gone" in client.get(f"{page}change/").content.decode()
    assert kept(XAVIER) == set()


def test_who_shopify_merged_is_told_and_forgotten_whole(xavier, shop, client):
    """He bought by another account too, with another address."""
    person = {"external_id": "xk-78", "email": "quaxi@example.com", "name": "Quaxi Kerbholz"}
    assert shop.post("/orders", cast.order("1002", at=timezone.now(), customer=person)).status_code == 201
    merged = stage.document("shopify/customers_merge", status="completed")
    for name, number in (("kept", "xk-77"), ("deleted", "xk-78")):
        merged[f"admin_graphql_api_customer_{name}_id"] = f"gid://shopify/Customer/{number}"
    row = xavier.storefront.connections.get()
    stage.post(client, row, merged, topic="customers/merge", name="m")
    settled()
    (made,) = shop.get("/merges").json()["data"]
    assert (made["source"], made["merged_external_id"]) == ("shopify", "xk-78")
    assert shop.get("/customers/ext_xk-78").json()["external_id"] == "xk-77"
    told = shop.get("/customers/ext_xk-78/export").json()
    assert [each["email"] for each in told["person"]] == ["x.kerbholz@example.com", "quaxi@example.com"]
    assert {"1001", "1002"} <= {each["external_id"] for each in told["orders"]}
    before = books()
    forgotten(xavier)
    for job in Job.objects.filter(kind="erasure", state="waiting"):
        while working.step(pk=job.pk, worker=uuid4(), first=True, at=timezone.now()):
            pass
    assert kept((*XAVIER, "Quaxi", "xk-78")) == set()
    assert books() == before
    proved()


def test_a_line_that_names_the_mailbox_behind_a_break_or_otherwise_spelt_loses_it(acme):
    ann = cast.customer(acme, "ann", email="ann.lee@gmail.com")
    notes = ["Contact:\nann.lee@gmail.com", "for AnnLee+x@googlemail.com!", "for joann.lee@gmail.com"]
    lines = "".join(f'{number},c{number},9.00,2025-01-01,"{note}"\n' for number, note in enumerate(notes))
    waiting = imports_stage.keep(acme, f"external_id,customer_id,total,placed_at,note\n{lines}", check=False)
    forgotten(ann)
    assert [bool(record) for _, record, _ in imports_keeping.part(waiting, 0)] == [False, False, True]
