"""The choice among candidates, as a table."""

import pytest

from referrals import attribution
from tests.cast import DAY, NOON


def came(method, *, days_ago=0, link="alice", obstacle="", **numbers):
    return attribution.Candidate(method=method, at=NOON - days_ago * DAY, link=link, obstacle=obstacle, numbers=numbers)


def choose(*candidates, window_days=90, click_precedence="last"):
    winner, judged = attribution.choose(candidates, window_days=window_days, click_precedence=click_precedence, at=NOON)
    assert [one.candidate for one in judged] == list(candidates)
    assert [one.candidate for one in judged if one.won] == ([winner] if winner else [])
    return winner, [one.reason for one in judged]


ALL = [came("invitation"), came("cookie"), came("click"), came("coupon"), came("code")]


@pytest.mark.parametrize("strongest", range(1, 6))
def test_a_code_counts_before_a_coupon_a_click_a_cookie_and_an_invitation(strongest):
    winner, reasons = choose(*ALL[:strongest])
    assert winner == ALL[strongest - 1]
    assert reasons == ["lost_to_precedence"] * (strongest - 1) + [""]


@pytest.mark.parametrize(
    ("click_precedence", "days_ago"),
    [("last", 1), ("first", 30)],
)
def test_among_clicks_the_program_says_whether_the_first_or_the_last_wins(click_precedence, days_ago):
    clicks = [came("click", days_ago=7), came("click", days_ago=30), came("click", days_ago=1)]
    winner, _ = choose(*clicks, click_precedence=click_precedence)
    assert winner.at == NOON - days_ago * DAY


def test_the_first_click_is_the_first_inside_the_window():
    winner, reasons = choose(
        came("click", days_ago=91), came("click", days_ago=90), came("click"), click_precedence="first"
    )
    assert winner.at == NOON - 90 * DAY
    assert reasons == ["outside_window", "", "lost_to_precedence"]


@pytest.mark.parametrize(
    ("late_by", "wins"), [(0 * DAY, True), (DAY / 86_400, False)], ids=["its last moment", "a second later"]
)
def test_the_windows_last_moment_is_inside(late_by, wins):
    click = attribution.Candidate(method="click", at=NOON - 90 * DAY - late_by)
    winner, reasons = choose(click)
    assert (winner is click) is wins
    assert reasons == [""] if wins else ["outside_window"]


def test_a_click_outside_the_window_says_by_how_much():
    _, judged = attribution.choose([came("click", days_ago=95)], window_days=90, click_precedence="last", at=NOON)
    assert judged[0].numbers == {"days": 95, "window_days": 90}


@pytest.mark.parametrize("method", ["click", "cookie"])
def test_what_came_after_the_purchase_cannot_have_brought_it(method):
    late, before = came(method, days_ago=-3), came(method, days_ago=30)
    winner, judged = attribution.choose([late, before], window_days=90, click_precedence="last", at=NOON)
    assert winner is before
    assert (judged[0].reason, judged[0].numbers) == ("came_too_late", {"days": 3})


def test_a_shops_clock_may_be_five_minutes_behind():
    assert choose(came("click", days_ago=-300 / 86_400))[1] == [""]
    _, judged = attribution.choose(
        [came("click", days_ago=-400 / 86_400)], window_days=90, click_precedence="last", at=NOON
    )
    assert (judged[0].reason, judged[0].numbers) == ("came_too_late", {"minutes": 6})


def test_an_invitation_after_the_order_is_late_at_once_and_says_so():
    _, judged = attribution.choose(
        [came("invitation", days_ago=-20 / 86_400)], window_days=90, click_precedence="last", at=NOON
    )
    assert (judged[0].reason, judged[0].numbers) == ("came_too_late", {"minutes": 1})


def test_what_is_typed_has_no_window():
    assert choose(came("code", days_ago=500))[0].method == "code"


def test_an_obstacle_lets_the_next_one_win_and_is_kept_with_its_numbers():
    code = came("code", obstacle="existing_customer", orders=2)
    click = came("click")
    winner, judged = attribution.choose([code, click], window_days=90, click_precedence="last", at=NOON)
    assert winner is click
    assert (judged[0].reason, judged[0].numbers) == ("existing_customer", {"orders": 2})


def test_equals_keep_the_order_given():
    assert choose(came("coupon", link="alice"), came("coupon", link="mallory"))[0].link == "alice"


def test_nothing_came_and_nobody_wins():
    assert choose() == (None, [])
