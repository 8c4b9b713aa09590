"""Small words of the admin that would mislead."""

from django.contrib import admin

from advocacy.models import Standing
from config import dashboard
from rewards import rulebook
from rewards.admin import history
from rewards.models import RuleVersion
from tests.cast import DAY, NOON
from tests.flows.admin_stage import TERMS
from tests.terms import terms


def test_more_friends_than_visitors_are_told_as_counts():
    rate = {"numerator": 2, "denominator": 1, "value": 2.0, "interval": [0.5, 1.0], "definition": {"sentence": "…"}}
    told = dashboard._rate(rate, "click_to_signup", str)
    assert (told["value"], told["word"], told["between"]) == ("2 to 1", "friends to visitors", None)
    told = dashboard._rate(rate | {"numerator": 1, "value": 1.0}, "click_to_signup", str)
    assert (told["value"], told["word"]) == ("100.0 %", "of the visitors became friends")


def test_what_was_never_in_force_cannot_be_corrected(program):
    version = rulebook.save(program=program, name="Later", terms=terms(**TERMS), at=NOON, starts_at=NOON + DAY)
    rows = list(RuleVersion.objects.filter(rule=version.rule))
    assert [row["correctable"] for row in history.told(version.rule, rows, NOON)] == [False]
    assert [row["correctable"] for row in history.told(version.rule, rows, NOON + 2 * DAY)] == [True]


def test_one_order_is_one_order_and_what_is_empty_has_one_sign():
    assert str(Standing(orders=1, friends_converted=2)) == "1 order, 2 friends converted"
    assert admin.site.empty_value_display == "–"
