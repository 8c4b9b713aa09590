"""What became of each friend, without what is the friend’s own."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referrals import conversions, orders
from tests import pages_stage
from tests.cast import DAY
from tests.flows.portal.stage import address, day, seen


def test_without_friends_the_page_says_what_to_do(signed_in, alice, offer):
    page = seen(signed_in, address(alice))
    assert "Nobody has joined yet." in page
    assert ">€0.00</p>" in page


def test_each_friend_s_story_is_told_in_words(signed_in, alice, acme, offer):
    chat = pages_stage.channel(alice, "whatsapp")
    pages_stage.buys(acme, "jonas", alice.code, subtotal=1000)
    pages_stage.buys(acme, "mia", alice.code, days_ago=20)
    pages_stage.buys(acme, "fred", chat.code, days_ago=4)
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    due = day(timezone.now() + 10 * DAY)
    assert "A friend, via WhatsApp" in page
    assert f"Ordered. Yours on {due}, when the return period ends." in page
    assert f"Bought. Credited on {day(timezone.now())}." in page
    reason = "This order was below the offer’s minimum of €40. The next one can still count."
    assert f'<span class="why">No reward.</span> {reason}' in page
    assert "3 joined, 3 bought" in page
    assert f"<dt>On {due}</dt>" in page
    assert "+ €10.00" in page


def test_nothing_that_is_the_friend_s_own_is_told(signed_in, alice, acme, offer):
    pages_stage.buys(acme, "fred", alice.code, subtotal=7654)
    pages_stage.settle()
    page = seen(signed_in, address(alice)) + seen(signed_in, address(alice, "rewards/"))
    # Ids and tokens are random letters, in which any word may stand.
    page = re.sub(r"[a-z]{3}_[0-9a-z]{26}|(?:nonce|value|content)=\"[^\"]*\"", "", page)
    for own in ("fred", "Fred", "76.54", "7654", "order of"):
        assert own not in page


def test_a_returned_order_takes_the_reward_back(signed_in, alice, acme, offer):
    bought = pages_stage.buys(acme, "fred", alice.code)
    pages_stage.settle()
    refund = {"refund_id": "r1", "amount_minor": 5000, "refunded_at": timezone.now()}
    orders.refund(order=bought.order, refund=refund, at=timezone.now())
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "The order, or a part of it, was returned." in page
    lines = seen(signed_in, address(alice, "rewards/"))
    assert "Taken back before it was credited" in lines
    assert "−€10.00" in lines


def test_a_reward_under_review_is_on_its_way_and_no_more_is_said(signed_in, alice, acme, offer):
    bought = pages_stage.buys(acme, "fred", alice.code)
    conversions.review(conversion=bought.conversion, side="advocate", review="held", reason="odd", at=timezone.now())
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "Ordered. Your reward is on its way." in page
    assert "review" not in page.lower()
    assert "<dt>On its way</dt>" in page


def test_long_lists_go_on_page_by_page(signed_in, alice, acme, offer, monkeypatch):
    monkeypatch.setattr("config.portal.friends.PAGE", 2)
    for name in ("ada", "ben", "cem", "dan", "eli"):
        pages_stage.buys(acme, name, alice.code)
    seen_numbers, path = [], address(alice)
    while path:
        page = seen(signed_in, path)
        seen_numbers += re.findall(r'aria-hidden="true">(\d+)</span>', page)
        more = re.search(r'href="(\?before=[^"]+)"', page)
        path = more and address(alice) + more[1]
    assert seen_numbers == ["5", "4", "3", "2", "1"]
    seen(signed_in, address(alice) + "?before=nonsense", status=404)


def test_queries_do_not_grow_with_friends(signed_in, alice, acme, offer):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            seen(signed_in, address(alice))
            seen(signed_in, address(alice, "rewards/"))
        return len(captured)

    pages_stage.buys(acme, "fred", alice.code)
    pages_stage.settle()
    few = queries()
    for number in range(10):
        pages_stage.buys(acme, f"friend{number}", alice.code)
    pages_stage.settle()
    assert queries() == few
