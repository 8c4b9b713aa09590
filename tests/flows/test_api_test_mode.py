"""Test mode: the same code on rows of its own, a clock that is moved, and data that can be deleted."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from advocacy import ids, keys, persons, twins
from advocacy.models import Event, Program, Storefront
from advocacy.outbox import drain
from advocacy.refusals import TryAgain
from config import twins as all_apps
from config.tasks import test_clocks as sweep_clocks
from referrals.models import Click, Order, Referral
from rewards import rulebook
from rewards.coupons import pools
from rewards.models import CouponPool
from rewards.payouts import gathering
from tests import cast
from tests.flows.api import Caller, secret
from tests.rewards import payouts_stage, scene

pytestmark = pytest.mark.django_db
ADD = "/admin/advocacy/apikey/add/"


@pytest.fixture
def shop(acme, program):
    """acme's developer with a test key; the live rule gives alice 10 euros, 14 days after an order."""
    scene.rule_of(program, frequency="every_order")
    twin = twins.of(acme, at=cast.NOON)
    return Caller(keys.make(storefront=twin, kind="secret", name="test", at=cast.NOON)[1])


def story(shop, name="1001"):
    """alice brings fred, who buys; rewards are decided."""
    # Storefronts on the shared host share its codes, a twin and its storefront too.
    code = f"alice-{shop.token[-6:]}"
    shop.post("/advocates", {"customer": {"external_id": "alice"}, "program": "friends", "code": code})
    order = cast.order(name, customer={"external_id": "fred"}, referral_code=code)
    del order["placed_at"]
    assert shop.post("/orders", order).status_code == 201
    drain.drain("money", at=timezone.now() + timedelta(seconds=1))
    return code


def balance(shop):
    answer = shop.get("/wallets/ext_alice")
    assert answer.status_code == 200, answer.content
    (found,) = answer.json()["balances"]
    return found["pending"]["amount_minor"], found["available"]["amount_minor"]


def test_a_test_key_writes_beside_the_live_data(acme, shop):
    live = secret(acme)
    assert shop.token.startswith("sk_test_")
    story(shop)
    assert shop.get("/orders/1001").status_code == 200
    assert live.get("/orders/1001").status_code == 404
    assert [each["slug"] for each in shop.get("/programs").json()["data"]] == ["friends"]
    assert shop.get("/programs").json()["data"][0]["id"] != live.get("/programs").json()["data"][0]["id"]


def test_a_test_holds_no_code_that_a_live_link_wants(acme, rival, shop):
    def wants(caller, code):
        body = {"customer": {"external_id": "alice"}, "code": code}
        return caller.post("/advocates", body | {"program": "friends"})

    cast.program(rival)
    other, live, code = secret(rival), secret(acme), "alice-link"
    assert wants(shop, code).status_code == 201
    assert wants(live, code).json()["code"] == "ALICE-LINK"
    (given_up,) = shop.get("/links").json()["data"]
    assert (len(given_up["code"]), given_up["resource_version"]) == (12, 2)
    assert shop.get("/advocates").json()["data"][0]["code"] == given_up["code"]
    changed = Event.objects.get(type="link.changed")
    assert (changed.storefront, changed.version) == (acme.test_twin, 2)
    # A live one's stays, whether another shop or a test wants it.
    for caller, advocate in ((other, wants(other, "rivals").json()["id"]), (shop, given_up["advocate"])):
        assert caller.post("/links", {"advocate": advocate, "code": code}).json()["code"] == "code_taken"
    assert [each["code"] for each in live.get("/links").json()["data"]] == ["ALICE-LINK"]


def test_the_clock_moves_what_is_held_and_only_that_of_the_twin(acme, program, shop):
    story(shop)
    live = secret(acme)
    story(live)
    assert (balance(shop), balance(live)) == ((1000, 0), (1000, 0))
    almost = shop.post("/test/clock", {"advance_seconds": 14 * 86400 - 60})
    assert almost.json()["ahead_seconds"] == 14 * 86400 - 60
    assert balance(shop) == (1000, 0)
    shop.post("/test/clock", {"advance_seconds": 120})
    assert (balance(shop), balance(live)) == ((0, 1000), (1000, 0))
    assert shop.get("/test/clock").json()["ahead_seconds"] == 14 * 86400 + 60


def test_a_visit_of_the_twins_link_is_of_the_twins_time(shop, client):
    code = story(shop)
    shop.post("/test/clock", {"advance_seconds": 100 * 86400})
    assert client.get(f"/r/{code}").status_code == 302
    click = Click.objects.get()
    assert click.at > timezone.now() + timedelta(days=99)
    order = cast.order("1003", customer={"external_id": "gina"}, click_id=ids.encode("clk", click.pk))
    del order["placed_at"]
    assert shop.post("/orders", order).status_code == 201
    assert Referral.objects.get(friend__external_id="gina").clicked_at == click.at
    Program.objects.filter(storefront__clock_ahead__gt=0).update(ends_at=timezone.now() + timedelta(days=50))
    assert (client.get(f"/r/{code}").status_code, client.get(f"/a/{code}").status_code) == (404, 404)


def test_what_happens_at_the_new_time_is_done_by_the_sweep(shop):
    story(shop)
    shop.post("/test/clock", {"advance_seconds": 100 * 86400})
    spent = {"customer": "ext_alice", "unit": "EUR", "amount_minor": 300}
    reserved = shop.post("/redemptions", spent, HTTP_IDEMPOTENCY_KEY="basket").json()
    assert reserved["state"] == "reserved"
    story(shop, "1002")
    assert Order.objects.get(external_id="1002").placed_at > timezone.now() + timedelta(days=99)
    sweep_clocks()
    assert shop.get(f"/redemptions/{reserved['id']}").json()["state"] == "reserved"
    Storefront.objects.filter(clock_ahead__gt=0).update(clock_ahead=115 * 86400)
    sweep_clocks()
    assert shop.get(f"/redemptions/{reserved['id']}").json()["state"] == "expired"
    assert balance(shop) == (0, 2000)


def test_a_live_key_moves_no_clock_and_deletes_nothing(acme, alice, counted):
    live, before = secret(acme), counted()
    for answer in (
        live.get("/test/clock"),
        live.post("/test/clock", {"advance_seconds": 1}),
        live.delete("/test/data"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "test_key_needed")
    assert counted() == before


def test_the_clock_goes_on_and_not_too_far(shop):
    for seconds in (0, -1, 3650 * 86400 + 1, "60"):
        assert shop.post("/test/clock", {"advance_seconds": seconds}).status_code == 422
    shop.post("/test/clock", {"advance_seconds": 3650 * 86400})
    assert shop.post("/test/clock", {"advance_seconds": 1}).json()["code"] == "too_far_ahead"


def rows_by_storefront():
    """``{(table, storefront): rows}`` of every table that belongs to storefronts."""
    counted = {}
    for model, path in all_apps.owned():
        for owner in model._base_manager.values_list(path, flat=True):
            counted[model._meta.label, owner] = counted.get((model._meta.label, owner), 0) + 1
    return counted


def test_emptying_deletes_all_of_the_twin_and_no_row_of_anybody_else(acme, rival, shop):
    cast.program(rival)
    for caller in (shop, secret(acme), secret(rival)):
        code = story(caller)
        caller.post("/orders/1001/refunds", {"refund_id": "R-1", "amount_minor": 100})
        caller.post("/clicks", {"code": code})
        caller.post("/shares", {"code": code})
        given = {"customer": "ext_alice", "kind": "given", "amount_minor": 500, "reason": "Sorry"}
        caller.post("/adjustments", given, HTTP_IDEMPOTENCY_KEY="a")
        drain.drain("money", at=timezone.now() + timedelta(seconds=1))
    twin = acme.test_twin
    shop.post("/test/clock", {"advance_seconds": 60})
    before = rows_by_storefront()
    of_twin = {table for table, owner in before if owner == twin.pk}
    assert of_twin > {"rewards.Transfer", "referrals.Click", "advocacy.Event", "rewards.Decision"}
    assert shop.delete("/test/data").json() == {"emptied": True}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    after = rows_by_storefront()
    others = {place: rows for place, rows in before.items() if place[1] != twin.pk}
    assert {place: rows for place, rows in after.items() if place[1] != twin.pk} == others
    # The live programs and rules are there anew, their offers and fraud checks; of events, that the rules were saved.
    left = {table for table, owner in after if owner == twin.pk}
    made_anew = {"advocacy.Program", "advocacy.Offer", "referrals.FraudPolicy", "rewards.Rule", "rewards.RuleVersion"}
    assert left == made_anew | {"advocacy.Event"}
    assert set(Event.objects.filter(storefront=twin).values_list("type", flat=True)) == {"rule_version.saved"}
    assert shop.get("/test/clock").json()["ahead_seconds"] == 0
    story(shop)
    assert balance(shop) == (1000, 0)


def test_emptying_beside_other_calls_is_done_again_and_after_three_times_refused(acme, shop, monkeypatch):
    story(shop)
    tries, customers = [], acme.test_twin.customers
    # A deadlock, a serialization failure, a row that points to one that is gone.
    failing = {1: "40P01", 2: "40001", 3: "23503", 4: "40P01", 5: "23503"}

    def meets(model, path, twin, delete=all_apps._delete):
        delete(model, path, twin)
        if model is Order:
            tries.append(failing.get(len(tries) + 1))
            if tries[-1]:
                with connection.cursor() as cursor:
                    cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '{tries[-1]}'; END $$")

    monkeypatch.setattr(all_apps, "_delete", meets)
    before = customers.count()
    answer = shop.delete("/test/data")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "try_again", "1")
    assert (tries, customers.count()) == (["40P01", "40001", "23503"], before)
    assert shop.delete("/test/data").json() == {"emptied": True}
    assert (len(tries), customers.count(), shop.get("/programs").json()["data"][0]["slug"]) == (6, 0, "friends")


def test_emptying_knows_every_table():
    labels = ("advocacy", "referrals", "rewards")
    known = {model for label in labels for model in apps.get_app_config(label).get_models()}
    models = {model for model in known if not model._meta.proxy}
    left_out = {model._meta.label for model in models - dict(all_apps.owned()).keys()}
    # A day’s salt and a month’s pepper are nobody’s, and what staff choose to be mailed about is theirs.
    assert left_out - {"referrals.VisitorSalt", "referrals.Pepper", "advocacy.AlertChoice"} <= all_apps.KEPT


def test_history_stays_append_only_after_emptying(shop):
    story(shop)
    shop.delete("/test/data")
    story(shop)
    with pytest.raises(Exception, match="Cannot update or delete"):
        Event.objects.all()._raw_delete("default")


def test_a_live_storefront_cannot_be_emptied(acme):
    with pytest.raises(all_apps.Refused, match="test twin"):
        all_apps.empty(twin=acme, at=cast.NOON)


def test_a_twin_gets_the_rules_in_force_and_codes_of_its_own(acme, program):
    pool, _ = pools.create(program=program, name="10 off", at=cast.NOON, amount_minor=1000, currency="EUR")
    old = scene.rule_of(program, advocate_form="coupon", advocate_pool=pools.text_id(pool), friend_kind="")
    later = timezone.now() + timedelta(days=1)
    rulebook.save(program=program, name="Later", terms=rulebook.terms_of(old), at=timezone.now(), starts_at=later)
    twin = twins.of(acme, at=timezone.now())
    copied = CouponPool.objects.get(storefront=twin)
    assert (copied.name, copied.source, copied.amount_minor) == ("10 off", "generated", 1000)
    (version,) = [rulebook.newest(rule) for rule in all_apps.Rule.objects.filter(program__storefront=twin)]
    assert version.rule.name == old.rule.name
    assert version.benefits["advocate"]["pool"] == pools.text_id(copied)


def test_twins_are_never_paid(acme, program, shop):
    policy = payouts_stage.policy_of(acme.test_twin)
    with pytest.raises(all_apps.Refused, match="never paid"):
        gathering.gather(policy=policy, at=cast.NOON)


def test_olga_makes_a_test_key_with_scopes_and_empties_the_test_data(client, olga, acme, program):
    scene.rule_of(program)
    client.force_login(olga)
    form = {"storefront": acme.pk, "name": "Trying out", "kind": "secret", "test": "on", "scopes": ["orders:write"]}
    made = client.post(ADD, form)
    assert b'value="sk_test_' in made.content, made.content.decode()
    twin = Storefront.objects.get(test_twin_of=acme)
    key = twin.api_keys.get()
    assert key.scopes == ["orders:write"]
    assert twin.programs.get().slug == "friends"
    assert "orders:write" in client.get(f"/admin/advocacy/apikey/{key.pk}/change/").content.decode()
    cast.customer(twin, "fred")
    page = f"/admin/advocacy/storefront/{twin.pk}/do/empty/"
    client.post(page, {"confirmed": "1", "reason": "Begin anew"})
    assert not twin.customers.exists()
    live = client.post(page.replace(str(twin.pk), str(acme.pk)), {"confirmed": "1", "reason": "x"}, follow=True)
    assert b"nothing to do" in live.content


def test_who_was_emptied_at_this_moment_is_to_be_sent_again(acme, shop):
    story(shop)
    fred = acme.test_twin.customers.get(external_id="fred")
    assert shop.delete("/test/data").json() == {"emptied": True}
    with pytest.raises(TryAgain, match="send it again"):
        persons.lock(fred)
