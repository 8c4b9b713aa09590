"""What alice has to share, in words, and when there is nothing to share."""

import pytest
from django.utils import timezone

from advocacy.models import Advocate
from tests import cast, pages_stage
from tests.cast import DAY
from tests.flows.portal.stage import address, day, seen

NO_BREAK = "\u00a0"
GOLD = {"field": "advocate_tier", "op": "is", "value": "gold"}
ONCE = {"milestone_repeats": False, "hold_days": 0}


def test_the_offer_leads_and_the_link_is_there_to_copy(signed_in, alice, offer):
    page = seen(signed_in, address(alice))
    assert "<h1>Give €10, get €10</h1>" in page
    assert "Your friends get €10 for their first order from €40. You get €10 once they keep it." in page
    assert ">localhost:8000/r/ALICE-LINK</output>" in page
    assert 'data-copy="http://localhost:8000/r/ALICE-LINK"' in page
    assert "I%20get%20a%20reward%20too." in page
    assert "<svg" in page


def test_a_second_rule_for_the_advocate_is_said_too(signed_in, alice, offer):
    pages_stage.rule(
        alice.program,
        frequency="every_order",
        friend_kind="",
        advocate_kind="percent",
        advocate_percent_bp=500,
        advocate_maximum_minor=1500,
    )
    page = seen(signed_in, address(alice))
    assert "Give €10, get €10" in page
    assert "You get 5% of every order they keep, up to €15 each." in page


def test_of_two_rules_that_refuse_an_order_the_row_names_what_is_nearest(signed_in, alice, acme, offer):
    large = {"field": "goods_minor", "op": "at_least", "value": 9000}
    pages_stage.rule(alice.program, conditions=[{"any": [large, GOLD]}], minimum_order_minor=0)
    pages_stage.buys(acme, "jonas", alice.code, subtotal=1000)
    pages_stage.settle()
    assert "This order was below the offer’s minimum of €40." in seen(signed_in, address(alice))
    Advocate.objects.update(status="paused")
    assert "Your participation is paused. Write to us to go on." in seen(signed_in, address(alice))


def test_a_budget_that_is_used_up_is_said_instead_of_promised(signed_in, acme, alice):
    budget = {"scope": "program", "period": "month", "measure": "amount", "limit": 1000, "side": "advocate"}
    pages_stage.rule(alice.program, caps=[budget])
    assert "<h1>Give €10, get €10</h1>" in seen(signed_in, address(alice))
    pages_stage.buys(acme, "fred", "ALICE-LINK")
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "<h1>Give €10</h1>" in page
    assert f"€10 for you is not available now: the budget is used up. It opens again on {next_month()}." in page
    assert "You get €10" not in page
    lines = seen(signed_in, address(alice, "rewards/"))
    assert "A friend’s order" in lines
    assert "Give 10, get 10" not in lines


def next_month():
    return day((timezone.now().replace(day=1, hour=12) + 32 * DAY).replace(day=1))


def test_nothing_is_promised_that_this_advocate_cannot_get(signed_in, acme, alice):
    mine = {"scope": "advocate", "period": "month", "measure": "count", "limit": 1}
    partners = [{"any": [{"field": "advocate_segments", "op": "one_of", "value": ["partner"]}, GOLD]}]
    pages_stage.rule(alice.program, caps=[mine], hold_days=0)
    pages_stage.rule(alice.program, friend_kind="", advocate_amount_minor=9900, conditions=partners)
    pages_stage.rule(alice.program, friend_kind="", advocate_amount_minor=700, milestone_every=1, **ONCE)
    page = seen(signed_in, address(alice))
    assert "<h1>Give €10, get €10</h1>" in page
    assert "You get €7 once 1 friends have ordered." in page
    assert "€99" not in page
    pages_stage.buys(acme, "fred", "ALICE-LINK")
    pages_stage.buys(acme, "jonas", "ALICE-LINK", subtotal=1000)
    pages_stage.settle()
    page = seen(signed_in, address(alice))
    assert "<h1>Tell your friends</h1>" in page
    assert f"the most that one person can get. It opens again on {next_month()}." in page
    assert "€10 for your friends is not available now: as many as may have it through you have it." in page
    assert ("You get €7" in page, "With%20my%20link" in page) == (False, False)
    # What is full is asked only of an order that would qualify; that it is full stands above.
    assert "below the offer" in page
    type(alice.customer).objects.filter(pk=alice.customer_id).update(traits={"tier": "gold"})
    assert "You get €99 once they keep their first order." in seen(signed_in, address(alice))


@pytest.mark.parametrize(
    ("status", "words"), [("paused", "The program is taking a break"), ("ended", "This program has ended")]
)
def test_sharing_stops_with_the_program(signed_in, alice, offer, status, words):
    type(alice.program).objects.update(status=status)
    page = seen(signed_in, address(alice))
    assert words in page
    assert "/r/ALICE-LINK" not in page


def test_a_banned_advocate_reads_so(signed_in, alice, offer):
    Advocate.objects.update(status="banned")
    page = seen(signed_in, address(alice))
    assert "You no longer take part" in page
    assert "/r/ALICE-LINK" not in page


def test_the_page_is_german_for_who_reads_german(client, program, acme, offer):
    anna = cast.advocate(program, "anna")
    type(anna.customer).objects.update(locale="de-AT")
    pages_stage.buys(acme, "fred", anna.code)
    pages_stage.settle()
    client.force_login(pages_stage.user("anna@example.com"))
    page = seen(client, address(anna))
    assert f"<h1>10{NO_BREAK}€ geben, 10{NO_BREAK}€ bekommen</h1>" in page
    assert f"10,00{NO_BREAK}€" in page
    assert "Bestellt." in page


def test_a_page_that_is_not_there_says_so(client, acme):
    assert "There is no page here" in seen(client, "/nothing", status=404)


def test_an_error_of_ours_is_told_without_anything_that_could_fail_too(client, alice, monkeypatch):
    client.raise_request_exception = False
    client.force_login(pages_stage.user_of(alice))
    monkeypatch.setattr("config.portal.pages.offers.in_force", lambda **_: 1 / 0)
    assert "Something broke on our side" in seen(client, address(alice), status=500)
