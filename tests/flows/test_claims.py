"""Alice misses a friend: she names what she knows, olga decides, and alice reads what became of it."""

import json
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import jwt
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.formats import time_format

from advocacy import ids, privacy, tokens
from advocacy.models import Event
from advocacy.outbox import drain
from referrals import claims, orders
from referrals.models import Claim, Conversion, Order, Referral
from referrals.pages import late_codes
from rewards.models import Reward
from tests import cast, pages_stage
from tests.flows import admin_stage
from tests.flows.api import publishable, secret
from tests.flows.portal.stage import address, seen
from tests.mailed import mailed

_REFUSED = "This one does not count under the program’s terms."
pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, alice):
    client.force_login(pages_stage.user_of(alice))
    return client


@pytest.fixture
def desk(olga):
    """Another browser than alice's."""
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def signed_for(acme):
    """``signed_for("alice")("get", "/me")``: a widget that acts as this customer."""
    key, browser = tokens.new_secret(storefront=acme, at=timezone.now()), publishable(acme)

    def of(name):
        said = {"external_id": name, "exp": int(timezone.now().timestamp()) + 600}
        token = jwt.encode(said, key, algorithm="HS256")

        def call(method, path, body=None):
            sent = b"" if body is None else json.dumps(body).encode()
            return browser.raw(method, path, sent, **{"Customer-Token": token})

        return call

    return of


@pytest.fixture
def widget(signed_for):
    return signed_for("alice")


def misses(client, advocate, named, language="en"):
    return client.post(address(advocate, "missing/"), {"named": named}, headers={"accept-language": language})


def page_of(claim):
    return f"/admin/referrals/claim/{claim.pk}/"


def decide(desk, claim, act, **said):
    return desk.post(f"{page_of(claim)}do/{act}/", {"confirmed": "1"} | said, follow=True).content.decode()


def missed(advocate, named, at=None):
    return claims.ask(advocate=advocate, named=named, at=at or timezone.now())[0]


def answers_mailed():
    while drain.drain("out", at=timezone.now()):
        pass
    return mailed()


def told(claim):
    events = Event.objects.filter(subject_kind="claim", subject_id=claim.public_id).order_by("version")
    return [(event.type, event.facts["state"], event.facts["found"]) for event in events]


def test_a_missing_friend_is_named_found_and_counted_in_one_click(signed_in, desk, acme, program, alice):
    admin_stage.rule(program)
    admin_stage.order(acme)
    assert address(alice, "missing/") in seen(signed_in, address(alice))
    assert "Nothing yet. What you ask stands here with the answer." in seen(signed_in, address(alice, "missing/"))
    assert misses(signed_in, alice, " #1001 ").status_code == 302
    claim = Claim.objects.get()
    assert (claim.named, [each["key"] for each in claim.reasons]) == ("1001", ["no_attribution"])
    page = desk.get(page_of(claim) + "change/").content.decode()
    for words in ("Alice misses a friend and names 1001.", "Nobody brought this customer", "Count it for Alice"):
        assert words in page
    assert "Counts: 1001." in decide(desk, claim, "accept")
    assert "nothing to do" in decide(desk, claim, "refuse")
    pages_stage.settle()
    assert (Referral.objects.get().method, Reward.objects.get().pending_minor) == ("manual", 1000)
    page = seen(signed_in, address(alice, "missing/"))
    assert "It counts: your friend stands in your list." in page
    assert "fred" not in page.lower()
    assert told(claim) == [("claim.opened", "open", True), ("claim.decided", "accepted", True)]
    assert misses(signed_in, alice, "1001").status_code == 302
    assert Claim.objects.count() == 1, "the same name again is the same claim"


def test_what_is_somebody_elses_and_what_is_not_there_are_answered_alike(signed_in, acme, rival, alice, widget):
    mallory = cast.mallory(alice.program)
    admin_stage.order(acme, "1001", name="gina", referral_code=mallory.code)
    admin_stage.order(rival, "1002")
    named = ("1001", "1002", "1003", "gina@example.com", "nobody@example.com")
    answers = [widget("post", "/me/claims", {"named": each}) for each in named]
    assert [answer.status_code for answer in answers] == [201] * 5
    own = ("id", "named", "claimed_at", "decide_by", "named_by")
    assert len({json.dumps({k: v for k, v in a.json().items() if k not in own}) for a in answers}) == 1
    assert [answer.json()["named"] for answer in answers] == ["1001", "1002", "1003", "", ""]
    assert seen(signed_in, address(alice, "missing/")).count("We are looking into it. You read the answer here by") == 5
    assert [len(claim.reasons) for claim in Claim.objects.order_by("pk")] == [1, 0, 0, 0, 0]
    # Two addresses, which are not kept, are told apart by their times.
    asked = Claim.objects.filter(named="").values_list("claimed_at", flat=True)
    times = {time_format(timezone.localtime(each, ZoneInfo(alice.program.time_zone))) for each in asked}
    page = seen(signed_in, address(alice, "missing/"))
    assert sum(page.count(f", {time}</span>") for time in times) == 2
    assert widget("post", "/me/claims", {"named": "1004"}).json()["code"] == "too_many_claims"
    assert widget("post", "/me/claims", {"named": "1001"}).status_code == 200
    page = misses(signed_in, alice, "1004").content.decode()
    assert 'role="alert">You named 5 friends within a day' in page
    assert len(widget("get", "/me/claims").json()["data"]) == 5


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("", "Write one order number, one code or one e-mail address."),
        ("Fred from work", "Write one order number, one code or one e-mail address."),
        ("fred@", "Write one order number, one code or one e-mail address."),
        ("Alice@example.com", "This is your own address. Write your friend’s."),
    ],
)
def test_what_is_no_name_is_said_beside_the_field(signed_in, alice, named, words):
    answer = misses(signed_in, alice, named)
    assert (answer.status_code, words in answer.content.decode(), Claim.objects.count()) == (422, True, 0)


def test_a_program_may_take_none_and_the_page_is_german(signed_in, alice):
    type(alice.customer).objects.filter(pk=alice.customer_id).update(locale="de")
    misses(signed_in, alice, "1001")
    page = seen(signed_in, address(alice, "missing/"))
    assert "Fehlt jemand?" in page
    assert "Wir sehen nach. Die Antwort steht hier bis zum" in page
    type(alice.program).objects.update(claim_days=0)
    assert "missing/" not in seen(signed_in, address(alice))
    assert misses(signed_in, alice, "1002").status_code == 404


def test_refused_by_somebody_or_by_nobody_in_time_it_is_said_in_words(signed_in, desk, acme, program, alice):
    type(program).objects.update(mail_kinds=["claim"])
    admin_stage.order(acme)
    first, second = missed(alice, "1001"), missed(alice, "1002")
    decide(desk, first, "refuse", reason="Fred says no")
    page = seen(signed_in, address(alice, "missing/"))
    assert _REFUSED in page
    assert "Fred says no" not in page
    assert (Referral.objects.count(), Conversion.objects.count()) == (0, 0)
    Claim.objects.filter(pk=second.pk).update(decide_by=timezone.now() - cast.MINUTE)
    assert "It was to be decided by" in decide(desk, second, "accept", about="1001")
    assert claims.end_overdue(at=timezone.now()) == 1
    assert claims.end_overdue(at=timezone.now()) == 0
    assert "We could not confirm it in time, so it does not count." in seen(signed_in, address(alice, "missing/"))
    assert told(second)[-1] == ("claim.decided", "refused", False)
    # The same in a mail, and nothing of the friend; the last one is accepted.
    decide(desk, missed(alice, "1003"), "accept", about="1001")
    said = answers_mailed()
    assert [(mail.to, mail.subject) for mail in said] == [
        (["alice@example.com"], "About the friend you missed at Acme Coffee")
    ] * 3
    for mail, words in zip(said, (_REFUSED, "We could not confirm it in time", "It counts: your friend"), strict=True):
        assert words in mail.body
        assert not re.search("fred|1001", mail.body, re.IGNORECASE)
        assert "List-Unsubscribe" in mail.extra_headers


def test_an_order_that_was_too_old_when_it_was_missed_is_refused_in_words(acme, program, alice):
    shop, at = secret(acme), timezone.now()
    said = cast.order(at=at - timedelta(days=31), customer={"external_id": "fred"})
    orders.record(storefront=acme, orders=[said], at=at)
    claim = missed(alice, "1001")
    name = ids.encode("clm", claim.public_id)
    answer = shop.post(f"/claims/{name}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "claim_too_late")
    assert answer.json()["detail"] == "The order was placed more than 31 days before; the program takes 30 days."
    assert [each["key"] for each in shop.get(f"/claims/{name}").json()["reasons"]] == [
        "no_attribution",
        "claim_too_late",
    ]
    assert shop.post(f"/claims/{name}/refuse", {"reason": "Too old"}).json()["refusal"] == "claim_refused"
    assert shop.post(f"/claims/{name}/accept", {}).json()["code"] == "claim_decided"
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("existing_customer", "The friend had ordered before (1 earlier orders); the program is for new customers."),
        ("order_cancelled", "The order was cancelled: there is nothing to count."),
        ("wholly_refunded", "The order was wholly refunded: there is nothing to count."),
        ("advocate_banned", "The advocate is banned, and brings nobody."),
        ("claim_too_late", "The order was placed more than 30 days before; the program takes 30 days."),
    ],
)
def test_what_stands_against_a_claim_is_shown_and_it_is_not_counted(desk, acme, alice, key, words):
    """Nor does anybody lose what they had."""
    at = timezone.now()
    placed = at - timedelta(days=30, hours=20) if key == "claim_too_late" else at - timedelta(days=2)
    before = [placed - timedelta(days=9)] if key == "existing_customer" else []
    for number, moment in enumerate([*before, placed], start=2 - len(before)):
        told = cast.order(str(1000 + number), at=moment, customer={"external_id": "fred"})
        orders.record(storefront=acme, orders=[told], at=at)
    shop = secret(acme)
    if key == "wholly_refunded":
        shop.post("/orders/ext_1002/refunds", {"refund_id": "1", "amount_minor": 5400})
    if key == "order_cancelled":
        shop.put("/orders/ext_1002", {"status": "cancelled", "updated_at": at.isoformat()})
    claim = missed(alice, "1002")
    if key == "advocate_banned":
        type(alice).objects.update(status="banned")
    name = ids.encode("clm", claim.public_id)
    answer = shop.post(f"/claims/{name}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (422, key)
    assert answer.json()["detail"].startswith(words)
    page = desk.get(page_of(claim) + "change/").content.decode()
    assert ("Count it for" in page, words.split(";")[0].split(":")[0] in page) == (False, True)
    assert not Referral.objects.exists()
    assert words in decide(desk, claim, "accept")


def test_who_may_not_see_customers_decides_without_reading_who_it_is(acme, program, alice):
    admin_stage.order(acme, "1001", name="fred")
    claim, otto = missed(alice, "1001"), admin_stage.otto("referrals.view_claim", "referrals.change_claim")
    client = Client()
    client.force_login(otto)
    page = client.get(page_of(claim) + "change/").content.decode()
    assert ("That is an order, placed on" in page, "Count it for" in page) == (True, True)
    shown = page + client.get("/admin/referrals/claim/").content.decode()
    assert not [word for word in ("fred", "Fred", "/admin/why/?q=") if word in shown]


def test_a_friend_whose_earlier_orders_counted_for_another_is_not_taken_by_a_claim(acme, program, alice, mallory):
    type(program).objects.update(new_customers_only=False)
    at = timezone.now()
    for number, ago in (("1001", 60), ("1002", 5)):
        said = cast.order(number, at=at - timedelta(days=ago), customer={"external_id": "ida"})
        orders.record(storefront=acme, orders=[said | {"referral_code": mallory.code}], at=at)
    claim, shop = missed(alice, "1002"), secret(acme)
    answer = shop.post(f"/claims/{ids.encode('clm', claim.public_id)}/accept", {})
    assert (answer.json()["code"], "Mallory brought this friend" in answer.json()["detail"]) == ("counted_before", True)
    assert set(Conversion.objects.values_list("referral__advocate", "ended")) == {(mallory.pk, False)}


def test_what_was_refused_may_be_asked_again_a_week_later(signed_in, acme, program, alice):
    claim, at = missed(alice, "1001"), timezone.now()
    claims.refuse(claim=claim, at=at)
    assert misses(signed_in, alice, "1001").status_code == 302
    assert "This was answered already" in seen(signed_in, address(alice, "missing/"))
    Claim.objects.update(decided_at=at - timedelta(days=8))
    admin_stage.order(acme)
    assert misses(signed_in, alice, "#1001").status_code == 302
    again = Claim.objects.get()
    assert (again.pk, again.state, again.order.external_id, again.version) == (claim.pk, "open", "1001", 3)
    assert told(claim)[-1] == ("claim.opened", "open", True)


def test_who_was_erased_misses_nobody(acme, program, alice):
    name = ids.encode("adv", alice.public_id)
    privacy.erase_rows(customer=alice.customer, at=timezone.now())
    answer = secret(acme).post("/claims", {"advocate": name, "named": "1001"})
    assert (answer.json()["code"], Claim.objects.count()) == ("customer_erased", 0)


def test_an_address_is_not_kept_and_its_owner_is_known_again_when_they_come(desk, acme, program, alice):
    claim = missed(alice, "Fred+x＠example.com")
    assert (claim.named, claim.friend, bytes(claim.digest)) == (
        "", None, privacy.digest_of(acme, "fred@example.com")
    )  # fmt: skip
    assert "Nobody with that address is known here." in desk.get(page_of(claim) + "change/").content.decode()
    assert "Nothing of what was named is here." in decide(desk, claim, "accept", about="")
    assert "Nothing is called 77." in decide(desk, claim, "accept", about="77")
    bought = pages_stage.buys(acme, "fred", None)
    assert "That is order order of fred" in desk.get(page_of(claim) + "change/").content.decode()
    decide(desk, claim, "accept")
    assert Conversion.objects.get().order == bought.order
    privacy.erase_rows(customer=bought.order.customer, at=timezone.now())
    assert (Claim.objects.count(), Referral.objects.count()) == (0, 1)


def test_a_friend_of_another_advocate_changes_hands_and_one_who_came_later_is_theirs_from_the_order_on(
    desk, acme, program, alice, mallory
):
    admin_stage.rule(program, hold_days=0)
    admin_stage.order(acme, "1001", referral_code=mallory.code)
    pages_stage.settle()
    claim = missed(alice, "1001")
    assert "Mallory loses what the friend earned." in desk.get(page_of(claim) + "change/").content.decode()
    decide(desk, claim, "accept")
    pages_stage.settle()
    owed = {reward.recipient.external_id: reward.available_minor for reward in Reward.objects.all()}
    assert owed == {"mallory": 0, "alice": 1000}
    # Mallory had missed him too, and is right after all.
    client = Client()
    client.force_login(pages_stage.user_of(alice))
    assert "It counts: your friend stands" in seen(client, address(alice, "missing/"))
    decide(desk, missed(mallory, "1001"), "accept")
    assert "It counted. By now your friend is not in your list" in seen(client, address(alice, "missing/"))
    why = secret(acme).get("/explain", q="1001").json()["data"][0]
    # Who decided what, once each, and no review that nobody made.
    assert (why["summary"].count("lost the friend"), "in review" in json.dumps(why["steps"])) == (2, False)
    assert re.search(r"Mallory lost the friend to Alice on .+, by the claim of .+, counted by olga\.", why["summary"])
    bound = [step for step in why["steps"] if step["title"].startswith("Bound to")]
    assert [re.sub(r"of .+, \d\d:\d\d", "of today", step["title"]) for step in bound] == [
        "Bound to Mallory, by code",
        "Bound to Alice, by the claim of today, counted by olga",
        "Bound to Mallory, by the claim of today, counted by olga",
    ]
    assert bound[1]["at"] > Claim.objects.order_by("pk").first().claimed_at.isoformat()
    assert "Alice reads" in desk.get("/admin/why/?q=1001").content.decode()
    told = why["steps"]
    told = [(step["title"], step["detail"]) for step in told if "missed" in step["title"]]
    assert told == [
        ("Alice missed this friend", "They named 1001."),
        ("That Alice missed them was counted, by olga", "It was counted; the friend is not theirs any more."),
        ("Mallory missed this friend", "They named 1001."),
        ("That Mallory missed them was counted, by olga", ""),
    ]
    assert "not theirs any more" in desk.get(page_of(claim) + "change/").content.decode()
    client.force_login(pages_stage.user_of(mallory))
    assert "It counts: your friend stands" in seen(client, address(mallory, "missing/"))
    # Gina ordered, and signed up with alice's code three hours later.
    type(program).objects.update(new_customers_only=False)
    at = timezone.now() - 3 * cast.HOUR
    orders.record(storefront=acme, orders=[cast.order("1002", at=at, customer={"external_id": "gina"})], at=at)
    secret(acme).post("/signups", {"customer": {"external_id": "gina"}, "referral_code": alice.code})
    claim = missed(alice, "1002")
    assert [each["key"] for each in claim.reasons] == ["before_binding"]
    decide(desk, claim, "accept")
    assert Conversion.objects.get(order__external_id="1002").referral.bound_at == at
    # A friend who counts already does so without another bond.
    bonds = Referral.objects.count()
    again = missed(alice, "gina@nowhere.example")
    assert "Counts" in decide(desk, again, "accept", about="1002")
    assert Referral.objects.count() == bonds


def test_a_code_that_was_passed_on_leads_to_the_one_order_that_came_with_it(acme, program, alice):
    admin_stage.order(acme, "1001", coupon_codes=["SPRING"])
    admin_stage.order(acme, "1002", name="gina", referral_code="ALCIE")
    assert missed(alice, "spring").order.external_id == "1001"
    assert missed(alice, "alcie").order.external_id == "1002"
    admin_stage.order(acme, "1003", name="hugo", coupon_codes=["SUMMER"])
    admin_stage.order(acme, "1004", name="ida", coupon_codes=["SUMMER"])
    assert missed(alice, "SUMMER").order is None, "which of them is for somebody to say"


def enters(client, code, language="en"):
    return client.post("/portal/code/", {"code": code}, headers={"accept-language": language})


def test_fred_enters_the_code_after_his_order_where_the_program_allows(client, acme, program, alice):
    admin_stage.rule(program)
    pages_stage.buys(acme, "fred", None, days_ago=3)
    Order.objects.update(recorded_at=timezone.now() - 3 * cast.DAY)
    client.force_login(pages_stage.user("fred@example.com"))
    assert "late" not in seen(client, "/a/ALICE-LINK")
    assert "/portal/code/" not in seen(client, "/portal/")
    assert "This code counts only with the order itself." in enters(client, "alice-link").content.decode()
    type(program).objects.update(late_code_days=7)
    assert "/portal/code/?code=ALICE-LINK" in seen(client, "/a/ALICE-LINK")
    assert "/portal/code/" in seen(client, "/portal/")
    assert 'value="ALICE-LINK"' in seen(client, "/portal/code/?code=ALICE-LINK")
    for code, words in {
        "": "Write the code, such as ANNA-7QX2.",
        "ALCIE": "Nobody has this code. Ask your friend how it is written.",
    }.items():
        answer = enters(client, code)
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    before = Order.objects.get().updated_at
    assert enters(client, "alice-link").status_code == 302
    pages_stage.settle()
    order, conversion = Order.objects.get(), Conversion.objects.get()
    assert (order.referral_code, order.updated_at, order.unattributed) == ("ALICE-LINK", before, [])
    assert (conversion.referral.method, conversion.referral.bound_at) == ("code", order.placed_at)
    assert Reward.objects.get().pending_minor == 1000
    told = [step["title"] for step in secret(acme).get("/explain", q="order of fred").json()["data"][0]["steps"]]
    assert "The code of Alice was entered afterwards" in told
    assert "Your order counts as if the code had come with it." in seen(client, "/portal/code/")
    # The same again, as after an answer that was lost.
    assert enters(client, "alice-link").status_code == 302
    assert Conversion.objects.count() == 1
    mallory = cast.mallory(program)
    type(mallory).objects.filter(pk=mallory.pk).update(status="banned")
    refused = enters(client, mallory.code)
    assert "You have no order to which this code could still be entered." in refused.content.decode()


def test_who_guesses_codes_is_stopped_for_an_hour(client, acme, program, alice):
    type(program).objects.update(late_code_days=7)
    pages_stage.buys(acme, "fred", None, days_ago=1)
    client.force_login(pages_stage.user("fred@example.com"))
    for number in range(late_codes.MOST_WRONG):
        assert "Nobody has this code." in enters(client, f"GUESS-{number}").content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=59), tick=False):
        assert "These were many codes." in enters(client, "alice-link").content.decode()
        assert not Referral.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=121), tick=False):
        assert enters(client, "alice-link").status_code == 302


def test_a_friend_with_two_records_enters_the_code_for_the_one_that_ordered(client, acme, program, alice, mallory):
    type(program).objects.update(late_code_days=7)
    cast.customer(acme, "nia1", email="nia@example.com")
    at = timezone.now() - cast.DAY
    said = cast.order("1001", at=at, customer={"external_id": "nia2", "email": "nia@example.com"})
    orders.record(storefront=acme, orders=[said], at=at)
    client.force_login(pages_stage.user("nia@example.com"))
    type(mallory).objects.filter(pk=mallory.pk).update(status="banned")
    answer = enters(client, mallory.code)
    assert (answer.status_code, "This code is switched off." in answer.content.decode()) == (422, True)
    assert enters(client, "alice-link").status_code == 302
    assert Conversion.objects.get().order.external_id == "1001"


def test_too_late_not_theirs_or_against_the_terms_nothing_is_written(acme, program, alice, signed_for, counted):
    type(program).objects.update(late_code_days=7)
    for number, name, days in (("1001", "fred", 8), ("1002", "gina", 1), ("1003", "gina", 2), ("1004", "alice", 1)):
        at = timezone.now() - timedelta(days=days)
        orders.record(storefront=acme, orders=[cast.order(number, at=at, customer={"external_id": name})], at=at)
    for number, name, more in (("1005", "lex", {"status": "cancelled"}), ("1006", "lee", {})):
        at = timezone.now() - cast.DAY
        said = cast.order(number, at=at, customer={"external_id": name}, **more)
        orders.record(storefront=acme, orders=[said], at=at)
    secret(acme).post("/orders/ext_1006/refunds", {"refund_id": "1", "amount_minor": 5400})
    before = counted()
    for name, call, code in (
        ("fred", {"code": "alice-link"}, "no_order_in_time"),
        ("fred", {"code": "alice-link", "order": "ext_1001"}, "late_code_over"),
        ("fred", {"code": "alice-link", "order": "ext_1002"}, "unknown_order"),
        ("fred", {"code": "alcie"}, "unknown_code"),
        ("gina", {"code": "alice-link", "order": "ext_1002"}, "existing_customer"),
        ("alice", {"code": "alice-link"}, "self_referral"),
        ("lex", {"code": "alice-link"}, "no_order_in_time"),
        ("lex", {"code": "alice-link", "order": "ext_1005"}, "order_cancelled"),
        ("lee", {"code": "alice-link"}, "no_order_in_time"),
        ("lee", {"code": "alice-link", "order": "ext_1006"}, "wholly_refunded"),
    ):
        assert signed_for(name)("post", "/me/code", call).json()["code"] == code, (name, call)
    assert (counted(), Order.objects.exclude(referral_code="").count()) == (before, 0)
    # The first of her orders is no earlier order of hers; what came after it counts, too.
    assert signed_for("gina")("post", "/me/code", {"code": "alice-link"}).status_code == 200
    assert signed_for("gina")("post", "/me/code", {"code": "alice-link", "order": "ext_1003"}).status_code == 200
    assert list(Conversion.objects.order_by("pk").values_list("order__external_id", flat=True)) == ["1003", "1002"]
