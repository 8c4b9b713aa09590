"""What looks like a cheat is held, each side by itself, before it is decided; who lives together is not punished."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from advocacy import ids, merging
from advocacy.models import Event
from advocacy.outbox.drain import drain
from config.fraud_checks import CHECKS
from referrals import conversions, orders, signups
from referrals.clicks import open_link
from referrals.fraud import effect, queue
from referrals.models import Conversion, FraudPolicy, ReviewCase, Ruling
from rewards import crediting, kept_back
from rewards.models import Decision, Reward
from tests import cast
from tests.cast import DAY
from tests.flows.admin_stage import order, rule
from tests.flows.api import secret
from tests.rewards import payouts_stage

pytestmark = pytest.mark.django_db
FLAT, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def program(acme):
    made = cast.program(acme, fraud=True)
    rule(made, advocate_amount_minor=1000, friend_kind="fixed", friend_amount_minor=500, hold_days=0)
    return made


def says(program, **changes):
    """What the program says of its checks: nothing before, as of every new one, which is checked as usual."""
    FraudPolicy.objects.update_or_create(program=program, defaults=changes)


def came(program, name, *, code, ip=ELSEWHERE, agent="Firefox", **fields):
    """Signs up from there, brought by the code."""
    person = {"external_id": name, "email": f"{name}@{name}.example"} | fields
    said = {"storefront": program.storefront, "customer": person, "ip": ip, "user_agent": agent, "code": code}
    return signups.record(**said, at=timezone.now())


def buys(program, name, number="", **changes):
    return order(program.storefront, f"{name}-order{number}", name=name, **changes).conversion


def settle():
    while drain("money", at=timezone.now()):
        pass


def reviews(conversion):
    conversion.refresh_from_db()
    return conversion.advocate_review, conversion.friend_review


def found(conversion):
    case = ReviewCase.objects.filter(conversion=conversion).first()
    return case and {each["check"]: each["points"] for each in case.findings}


def available():
    return sorted(Reward.objects.values_list("recipient__external_id", "side", "available_minor", "status"))


def at_home(program, name, **said):
    """An advocate who signed up from the flat."""
    advocate = cast.advocate(program, name)
    came(program, name, code=None, ip=FLAT, email=f"{name}@example.com", **said)
    return advocate


def test_a_family_in_one_flat_is_paid(program):
    alice = at_home(program, "alice", agent="Firefox")
    order(program.storefront, "hers", name="alice", shipping_hash="our flat")
    came(program, "fred", code=alice.code, ip=FLAT, agent="Safari")
    conversion = buys(program, "fred", shipping_hash="our flat")
    settle()
    assert (reviews(conversion), found(conversion)) == (("clear", "clear"), {"same_shipping": 30, "same_network": 15})
    assert available() == [("alice", "advocate", 1000, "available"), ("fred", "friend", 500, "available")]


def test_mallory_with_two_accounts_is_held_before_anything_is_paid(program, client, olga):
    mallory = at_home(program, "mallory")
    order(program.storefront, "own", name="mallory", payment_fingerprint="card-1")
    came(program, "mall0ry", code=mallory.code, ip=FLAT)
    conversion = buys(program, "mall0ry", payment_fingerprint="card-1")
    settle()
    assert reviews(conversion) == ("held", "held")
    assert found(conversion) == {"same_payment": 60, "same_device": 50, "similar_email": 50}
    assert {row[2:] for row in available()} == {(0, "pending")}
    # Held by its first decision, which says so; days that pass change nothing.
    (decision,) = Decision.objects.filter(subject__public_id=conversion.public_id)
    assert (decision.number, decision.version) == (1, 2)
    told = Event.objects.get(subject_id=conversion.public_id, version=2)
    assert (told.type, told.facts["risk_points"], told.facts["risk_checks"]) == (
        "conversion.held",
        160,
        ["same_payment", "same_device", "similar_email"],
    )
    assert crediting.release(at=timezone.now() + 30 * DAY) == 0
    client.force_login(olga)
    page = client.get("/admin/why/?q=mall0ry-order").content.decode()
    assert "Fraud checks: 160 of 50 points, held for a review" in page
    assert "Paid with the same means of payment as an order of the advocate. 60 points" in page
    beside = page[page.index("What the advocate reads") :].partition("</aside>")[0]
    # Nothing of a review, nor of its reasons.
    assert "Ordered. Your reward is on its way." in beside
    assert not [word for word in ("review", "held", "payment", "points") if word in beside]


def test_a_card_of_another_customer_makes_no_new_customer_and_a_farm_is_no_family(program):
    says(program, points={"velocity": 0, "crowded_network": 0})
    order(program.storefront, "own", name="ordinary", payment_fingerprint="card-1")
    alice = cast.advocate(program, "alice")
    came(program, "puppet", code=alice.code)
    conversion = buys(program, "puppet", payment_fingerprint="card-1")
    settle()
    assert (reviews(conversion), found(conversion)) == (("held", "held"), {"known_payment": 50})
    type(program).objects.filter(pk=program.pk).update(new_customers_only=False)
    bought = []
    for number in range(6):
        came(program, f"farm{number}", code=alice.code, agent=f"Browser {number}", ip=f"198.51.{number}.7")
        bought.append(buys(program, f"farm{number}", shipping_hash="the farm", payment_fingerprint="card-1"[:number]))
        settle()
    assert [reviews(each)[0] for each in bought] == ["clear"] * 4 + ["held"] * 2
    assert found(bought[-1]) == {"crowded_address": 50, "same_shipping": 30}


def test_a_code_that_is_typed_beside_a_click_hides_nothing_of_the_click(program):
    says(program, banned_sites="coupons.example")
    alice = cast.alice(program)
    came_by = {
        "counted": True,
        "visitor": b"v" * 16,
        "referrer": "https://coupons.example/acme",
        "query": {"gclid": ""},
    }
    click = open_link(host="testserver", code=alice.code, at=timezone.now(), **came_by)
    conversion = buys(program, "fred", click_id=ids.encode("clk", click.click_id), referral_code=alice.code)
    settle()
    assert found(conversion) == {"too_fast": 50, "banned_site": 50, "paid_traffic": 50}
    assert conversion.referral.method == "code"


def test_who_was_merged_is_one_person_to_the_checks(program):
    old = order(program.storefront, "old", name="mgold", payment_fingerprint="card-1").order.customer
    came(program, "mgnew", code=None, ip="192.0.2.9")
    mgnew = cast.advocate(program, "mgnew")
    merging.merge(survivor=mgnew.customer, merged=old, source="api", at=timezone.now())
    came(program, "fred", code=mgnew.code)
    conversion = buys(program, "fred", payment_fingerprint="card-1")
    settle()
    assert found(conversion)["same_payment"] == 60


def test_customers_of_one_phone_company_are_not_one_person(program):
    """The same browser from addresses side by side; of IPv6 a household has 64 bits."""
    alice = at_home(program, "alice")
    came(program, "fred", code=alice.code, ip="203.0.113.8")
    far = buys(program, "fred")
    came(program, "gina", code=None, ip="2001:db8:1:2::5")
    gina = cast.advocate(program, "gina")
    came(program, "hans", code=gina.code, ip="2001:db8:1:2:aaaa::7")
    near = buys(program, "hans")
    settle()
    assert (found(far), found(near)) == (None, {"same_device": 50})


def test_only_the_side_in_doubt_is_held(program):
    bella = cast.advocate(program, "bella")
    payouts_stage.payee_of(bella.customer)
    payouts_stage.payee_of(cast.advocate(program, "carla").customer)
    came(program, "fred", code=bella.code)
    conversion = buys(program, "fred")
    settle()
    assert (reviews(conversion), found(conversion)) == (("held", "clear"), {"same_payout": 50})
    assert available() == [("bella", "advocate", 0, "pending"), ("fred", "friend", 500, "available")]


def test_loops_crowds_and_visits_are_seen(program):
    says(program, banned_sites="coupons.example", points={"velocity": 0})
    alice, mallory = cast.alice(program), cast.mallory(program)
    says(program, active=False)
    came(program, "mallory", code=alice.code, ip="192.0.2.7", email="mallory@example.com")
    says(program, active=True)
    came(program, "alice", code=mallory.code, email="alice@example.com")
    looped = buys(program, "alice")
    crowd = [came(program, name, code=alice.code, ip=FLAT, agent=name) and buys(program, name) for name in "abcd"]
    click = open_link(
        host="testserver",
        code="ALICE-LINK",
        counted=True,
        visitor=b"v" * 16,
        referrer="https://www.coupons.example/acme",
        query={"gclid": ""},
        at=timezone.now(),
    )
    fast = buys(program, "gina", click_id=ids.encode("clk", click.click_id))
    settle()
    assert found(looped) == {"loop": 60}
    assert [found(each) for each in crowd] == [None, None, None, {"crowded_network": 50}]
    assert found(fast) == {"too_fast": 50, "banned_site": 50, "paid_traffic": 50}


def test_many_refunds_and_many_friends_hold_the_advocate(program):
    mallory = cast.mallory(program)
    for number in range(6):
        email = f"{'abcdef'[number] * 8}@example.com"
        came(program, f"friend{number}", code=mallory.code, ip=f"198.51.{number}.9", email=email)
    bought = [buys(program, f"friend{number}") for number in range(6)]
    settle()
    assert [found(each) for each in bought] == [None] * 5 + [{"velocity": 50}]
    for each in bought[:2]:
        refund = {"refund_id": "r", "amount_minor": 100, "refunded_at": timezone.now()}
        orders.refund(order=each.order, refund=refund, at=timezone.now())
    again = buys(program, "friend0", "-2")
    settle()
    assert (found(again), reviews(again)) == ({"refund_rate": 50}, ("held", "clear"))


def test_a_batch_asks_each_check_once_and_one_that_fails_holds(program, monkeypatch):
    says(program, points={"velocity": 0, "crowded_network": 0})
    alice = at_home(program, "alice")

    def questions(names):
        for name in names:
            came(program, name, code=alice.code, agent=name)
            buys(program, name, payment_fingerprint=name, shipping_hash=name)
        with CaptureQueriesContext(connection) as asked:
            settle()
        return len(asked)

    questions(["lena"])
    assert questions(["anna"]) == questions(["berta", "clara"])

    def breaks(cases):
        connection.cursor().execute("SELECT 1 / 0")

    monkeypatch.setattr(CHECKS["loop"], "gather", breaks)
    came(program, "dora", code=alice.code, agent="dora", ip="192.0.2.7")
    conversion = buys(program, "dora")
    settle()
    assert (reviews(conversion), found(conversion)) == (("held", "held"), {"loop": 60})


def held(program, name="mall0ry"):
    came(program, name, code="MALLORY-LINK", ip=FLAT)
    conversion = buys(program, name)
    settle()
    return ReviewCase.objects.get(conversion=conversion)


def test_olga_decides_each_side_with_a_reason_several_at_once_and_undoes_it(program, client, olga):
    at_home(program, "mallory")
    first, second = held(program), held(program, "fred")
    client.force_login(olga)
    page = client.get("/admin/referrals/reviewcase/").content.decode()
    assert "mall0ry-order" in page
    assert "Addresses alike" in page
    assert "mall0ry-order" not in client.get("/admin/referrals/reviewcase/?check=velocity").content.decode()
    assert "mall0ry-order" not in client.get("/admin/referrals/reviewcase/?points=150").content.decode()
    both = {"action": "approve", "_selected_action": [first.pk, second.pk]}
    assert "is credited when its days are over" in client.post("/admin/referrals/reviewcase/", both).content.decode()
    client.post("/admin/referrals/reviewcase/", both | {"confirmed": "1", "side": "friend", "reason": "They are real"})
    assert [reviews(each.conversion) for each in (first, second)] == [("held", "clear")] * 2
    act = f"/admin/referrals/reviewcase/{first.pk}/do"
    client.post(f"{act}/reject/", {"confirmed": "1", "side": "both", "reason": "Two accounts"})
    assert reviews(first.conversion) == ("rejected", "clear")
    client.post(f"{act}/undo/", {"confirmed": "1", "side": "advocate", "reason": "Not sure"})
    assert reviews(first.conversion) == ("held", "clear")
    settle()
    # The friend's was credited: it is not held again, in words.
    refused = client.post(f"{act}/undo/", {"confirmed": "1", "side": "friend", "reason": "Oh"}).content.decode()
    assert "friend’s reward is credited already" in refused
    said = Ruling.objects.filter(conversion=first.conversion).order_by("pk")
    assert list(said.values_list("side", "review", "by", "person__username", "reason")) == [
        ("advocate", "held", "checks", None, ""),
        ("friend", "held", "checks", None, ""),
        ("friend", "clear", "person", "olga", "They are real"),
        ("advocate", "rejected", "person", "olga", "Two accounts"),
        ("advocate", "held", "undo", "olga", "Not sure"),
    ]
    told = (
        Event.objects.filter(subject_id=first.conversion.public_id).order_by("version").values_list("type", flat=True)
    )
    assert list(told) == [f"conversion.{each}" for each in ("recorded", "held", "released", "rejected", "held")]
    assert "Rejected: both; Two accounts" in [each.get_change_message() for each in LogEntry.objects.all()]
    assert "Undone. Not sure" in client.get(f"/admin/referrals/reviewcase/{first.pk}/change/").content.decode()


def test_what_was_rejected_or_approved_of_a_friend_is_remembered_for_their_next_order(program):
    says(program, points={"crowded_network": 0, "velocity": 0})
    at_home(program, "mallory")
    cheat, friend = held(program), held(program, "fred")
    for case, review in ((cheat, "rejected"), (friend, "clear")):
        queue.decide(case=case, side="both", review=review, reason="Looked at", by=None, at=timezone.now())
    again, good = buys(program, "mall0ry", "-2"), buys(program, "fred", "-2")
    settle()
    assert (reviews(again), found(again)["rejected_before"]) == (("held", "held"), 60)
    assert (reviews(good), found(good)) == (("clear", "clear"), None)
    # Undone, it is not approved any more.
    queue.decide(case=friend, side="both", review="rejected", reason="After all", by=None, at=timezone.now())
    third = buys(program, "fred", "-3")
    settle()
    assert reviews(third) == ("held", "held")


def test_what_was_approved_is_just_that_and_no_other_card(program):
    says(program, points={"crowded_network": 0, "velocity": 0})
    mallory = cast.mallory(program)
    order(program.storefront, "own", name="mallory", payment_fingerprint="card-m")
    for name in ("anna", "fred"):
        came(program, name, code=mallory.code, agent=name, ip=f"198.51.{len(name)}.9")
        sisters = buys(program, name, payment_fingerprint="card-a")
        settle()
    case = ReviewCase.objects.get(conversion=sisters)
    queue.decide(case=case, side="both", review="clear", reason="Sisters", by=None, at=timezone.now())
    again = buys(program, "fred", "-2", payment_fingerprint="card-a")
    own = buys(program, "fred", "-3", payment_fingerprint="card-m")
    settle()
    assert (reviews(again), reviews(own)) == (("clear", "clear"), ("held", "held"))


def test_a_server_lists_reviews_decides_several_at_once_again_and_takes_it_back(program, acme):
    at_home(program, "mallory")
    cases, shop = [held(program, name) for name in ("mall0ry", "fred")], secret(acme)
    first, second = (ids.encode("cnv", case.conversion.public_id) for case in cases)
    assert [each["id"] for each in shop.get("/reviews?state=waiting&program=friends").json()["data"]] == [second, first]
    assert [len(shop.get(f"/reviews?state={state}").json()["data"]) for state in ("decided", "noted")] == [0, 0]
    assert shop.get("/reviews?state=lost").json()["code"] == "invalid_parameter"
    body = {"side": "both", "decision": "approve", "reason": "They are real"}
    calls = [{"method": "POST", "path": f"/reviews/{each}/decide", "body": body} for each in (first, second, first)]
    results = shop.post("/batch", {"calls": calls}).json()["results"]
    assert [(each["status"], each["body"]["state"]) for each in results] == [(200, "decided")] * 3
    settle()
    undone = {"side": "both", "reason": "Oh"}
    refused = shop.post(f"/reviews/{first}/undo", undone).json()
    assert (refused["code"], "Reject it instead" in refused["detail"]) == ("credited", True)
    # Who was paid by mistake pays it back, and is given it again where that was the mistake.
    gone = shop.post(f"/reviews/{first}/decide", {"side": "friend", "decision": "reject", "reason": "Two accounts"})
    settle()
    owed = Reward.objects.filter(subject__public_id=cases[0].conversion.public_id).order_by("side")
    assert list(owed.values_list("side", "available_minor", "status")) == [
        ("advocate", 1000, "available"),
        ("friend", 0, "reversed"),
    ]
    assert [each["by"] for each in gone.json()["rulings"]] == ["checks"] * 2 + ["server"] * 3
    twice = [shop.post(f"/reviews/{first}/undo", {"side": "friend", "reason": "Oh"}).json() for _ in range(2)]
    assert twice[0] == twice[1]
    assert (twice[0]["friend_review"], len(twice[0]["rulings"])) == ("clear", 6)
    settle()
    assert owed.get(side="friend").available_minor == 500
    # And back once more: what was approved before may be rejected at any time.
    again = shop.post(f"/reviews/{first}/decide", {"side": "friend", "decision": "reject", "reason": "Sure now"})
    assert (again.status_code, again.json()["friend_review"]) == (200, "rejected")
    shop.post(f"/reviews/{first}/undo", undone | {"side": "friend"})
    assert Conversion.objects.filter(rulings__by="server").distinct().count() == 2


def test_what_nobody_decided_is_decided_as_the_program_says(program, client, olga, monkeypatch, caplog):
    at_home(program, "mallory")
    case, by_hand = held(program), held(program, "fred")
    conversions.review(conversion=by_hand.conversion, side="both", review="clear", at=timezone.now())
    conversions.review(conversion=by_hand.conversion, side="advocate", review="held", at=timezone.now())
    later = timezone.now() + 14 * DAY
    # What others said the last word about is not in the way of what waits.
    ReviewCase.objects.filter(pk=by_hand.pk).update(opened_at=case.opened_at - DAY, held=True, waiting=True)
    monkeypatch.setattr(queue, "_CHUNK", 1)
    assert queue.decide_overdue(at=later) == 0
    says(program, after_deadline="reject")
    with monkeypatch.context() as broken:
        broken.setattr(conversions, "review", lambda **_: 1 / 0)
        assert queue.decide_overdue(at=later) == 0
        assert "the others go on" in caplog.text
    assert [queue.decide_overdue(at=moment) for moment in (later - DAY, later, later)] == [0, 1, 0]
    assert (reviews(case.conversion), reviews(by_hand.conversion)) == (("rejected", "rejected"), ("held", "clear"))
    settle()
    client.force_login(olga)
    page = " ".join(client.get(f"/admin/fraud/?program={program.pk}").content.decode().split())
    assert '<dd class="value">2</dd><dt>orders held' in page
    # Nobody looked at the one that time decided.
    assert '<dd class="value">0</dd><dt>confirmed' in page
    assert '<dd class="value">1</dd><dt>decided when time was over' in page
    assert '<dd class="value">15.00 EUR</dd><dt>not paid' in page


def test_the_effect_is_of_the_sides_that_were_doubted_and_of_what_was_kept(program):
    """A friend’s rejection confirms no check of the advocate’s side; what was given back was not kept by a review."""
    says(program, after_deadline="wait", banned_sites="coupons.example")
    at_home(program, "mallory")
    case = held(program)
    queue.decide(case=case, side="friend", review="rejected", reason="Two accounts", by=None, at=timezone.now())
    queue.decide(case=case, side="advocate", review="clear", reason="Fine", by=None, at=timezone.now())
    ReviewCase.objects.filter(pk=case.pk).update(
        findings=[*case.findings, {"check": "banned_site", "points": 50, "sides": ["advocate"], "evidence": {}}]
    )
    settle()
    asked = {"program": program, "since": timezone.now() - DAY, "until": timezone.now()}
    by_check = effect.by_check(**asked)
    told = {check: (each.rejected, each.approved, each.unseen) for check, each in by_check.items()}
    assert told == {"same_device": (1, 0, 0), "similar_email": (1, 0, 0), "banned_site": (0, 1, 0)}
    assert kept_back.of(storefront=program.storefront_id, sides=effect.rejected(**asked)) == {"EUR": 500}
    refund = {"refund_id": "r", "amount_minor": 2700, "refunded_at": timezone.now()}
    orders.refund(order=case.conversion.order, refund=refund, at=timezone.now())
    assert kept_back.of(storefront=program.storefront_id, sides=effect.rejected(**asked)) == {"EUR": 250}


def test_a_program_says_what_is_checked_and_what_it_weighs(program, client, olga):
    client.force_login(olga)
    address = f"/admin/referrals/fraudprogram/{program.pk}/change/"
    form = client.get(address).context["adminform"].form
    sent = {name: field.initial for name, field in form.fields.items()} | {"same_device-points": 0, "active": "on"}
    for wrong, words in (
        ({"velocity-hour": -1}, "greater than or equal to 0"),
        ({"hold_at": 0}, "greater than or equal to 1"),
        ({"hold_at": 99_999_999_999}, "less than or equal to 1000"),
        ({"review_days": 999_999_999}, "less than or equal to 365"),
        ({"banned_sites": "deals.example\nall coupons"}, "“all coupons” is no host such as coupons.example."),
    ):
        answer = client.post(address, sent | wrong)
        assert (answer.status_code, words in answer.content.decode()) == (200, True), wrong
    assert not FraudPolicy.objects.filter(program=program, hold_at=0).exists()
    sites = "https://*.Deals.example:8443/page\nköln.example\ndeals.example"
    assert client.post(address, sent | {"banned_sites": sites}).status_code == 302
    assert FraudPolicy.objects.get(program=program).banned_sites == "deals.example\nxn--kln-sna.example"
    said = [each.get_change_message() for each in LogEntry.objects.all()]
    assert any("Unwanted sites:  → https://*.Deals.example:8443/page" in each for each in said)
    assert (
        client.post(address, sent | {"velocity-hour": 1, "hold_at": 40, "similar_email-points": 39}).status_code == 302
    )
    mallory = at_home(program, "mallory")
    came(program, "mall0ry", code=mallory.code, ip=FLAT)
    conversion = buys(program, "mall0ry")
    came(program, "fred", code=mallory.code)
    too_many = buys(program, "fred")
    settle()
    assert (found(conversion), reviews(conversion)) == ({"similar_email": 39}, ("clear", "clear"))
    assert (found(too_many), reviews(too_many)) == ({"velocity": 50}, ("held", "clear"))
    says(program, active=False)
    came(program, "ina", code=mallory.code)
    assert (settle(), found(buys(program, "ina")), settle()) == (None, None, None)
    assert Conversion.objects.filter(advocate_review="held").count() == 1


def test_programs_that_had_said_nothing_of_checks_stay_unchecked(acme):
    """The data step of the migration since which new programs are checked."""
    silent, off, on = (cast.program(acme, slug=slug, fraud=True) for slug in ("silent", "off", "on"))
    FraudPolicy.objects.filter(program__in=(silent, off, on)).delete()
    FraudPolicy.objects.create(program=off, active=False, hold_at=70)
    FraudPolicy.objects.create(program=on, active=True, hold_at=30)
    for _ in range(2):
        import_module("referrals.migrations.0011_check_new_programs").keep(apps, None)
    rows = FraudPolicy.objects.order_by("program").values_list("program", "active", "hold_at")
    assert list(rows) == [(silent.pk, False, 50), (off.pk, False, 70), (on.pk, True, 30)]
