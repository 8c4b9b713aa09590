import pytest
from django.contrib.admin.models import LogEntry

from advocacy.models import Offer
from rewards.models import Rule, RuleVersion
from tests.flows.admin_stage import rule, rule_form

ADD = "/admin/rewards/rule/add/"
IN_WORDS = "/admin/rewards/rule/in-words/"
GIVES_10 = "Give the advocate 10.00 EUR for a friend’s first order of 40.00 EUR or more, 14 days after the payment."
TEN = {"form": "credit", "kind": "fixed", "amount_minor": 1000}


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def text(response):
    return response.content.decode()


def test_olga_writes_a_rule_in_money_and_it_is_an_offer_at_once(desk, program):
    answer = desk.post(ADD, rule_form(program), follow=True)
    assert answer.redirect_chain == [("/admin/rewards/rule/", 302)]
    assert GIVES_10 in text(answer)
    version = RuleVersion.objects.get()
    assert (version.number, version.benefits, version.minimum_order_minor) == (1, {"advocate": TEN}, 4000)
    assert Offer.objects.get().amount_minor == 1000
    assert LogEntry.objects.get().get_change_message() == f"Version 1: {GIVES_10}"


def test_money_follows_the_decimals_of_the_currency(desk, program):
    program.currency = "JPY"
    program.save()
    refused = desk.post(ADD, rule_form(program, advocate_amount="10.50", minimum_order=""))
    assert "JPY has no decimal places. Write an amount such as 10." in text(refused)
    desk.post(ADD, rule_form(program, advocate_amount="1500", minimum_order=""))
    assert RuleVersion.objects.get().benefits["advocate"]["amount_minor"] == 1500


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("advocate_amount", "ten", "Write an amount such as 10.00."),
        ("advocate_amount", "10.005", "EUR has 2 decimal places."),
        ("advocate_amount", "-10", "Write an amount such as 10.00."),
        ("advocate_amount", "1,000", "Is 1,000 a thousand?"),
        ("advocate_amount", "", "Write an amount above 0, or choose that this side gets nothing."),
        ("advocate_kind", "", "Choose what the advocate or the friend gets."),
        ("hold_days", "400", "365"),
        ("name", "", "This field is required."),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(desk, program, field, typed, said):
    answer = desk.post(ADD, rule_form(program, **{field: typed}))
    assert said in text(answer)
    assert not Rule.objects.exists()


def test_an_edit_is_a_new_version_and_the_page_says_what_changed(desk, program):
    mine = rule(program)
    page = f"/admin/rewards/rule/{mine.pk}/change/"
    desk.post(page, rule_form(program, advocate_kind="percent", advocate_percent="7.5", advocate_maximum="20"))
    newest = mine.versions.get(number=2)
    share = {"form": "credit", "kind": "percent", "percent_bp": 750, "maximum_minor": 2000}
    assert newest.benefits == {"advocate": share}
    shown = text(desk.get(page))
    assert "<td>The advocate’s percentage</td>" in shown
    assert "7.5 %" in shown
    assert "Planned" in shown
    assert "In force" in shown


def test_a_percentage_of_every_order_without_a_maximum_must_be_confirmed(desk, program):
    endless = rule_form(program, advocate_kind="percent", advocate_percent="10", frequency="every_order")
    answer = desk.post(ADD, endless)
    assert "This rule could pay without limit" in text(answer)
    assert not Rule.objects.exists()
    desk.post(ADD, endless | {"confirmed": "on"})
    assert RuleVersion.objects.get().benefits["advocate"]["percent_bp"] == 1000


def test_the_sentence_follows_the_typing_and_writes_nothing(desk, program):
    assert GIVES_10 in text(desk.post(IN_WORDS, rule_form(program)))
    half = desk.post(IN_WORDS, rule_form(program, advocate_kind="", name=""))
    assert "Choose who gets what" in text(half)
    assert not Rule.objects.exists()


def test_only_a_first_version_starts_in_the_past_and_only_when_asked_to(desk, program):
    past = {"starts_at_0": "2026-01-01", "starts_at_1": "00:00:00"}
    refused = desk.post(ADD, rule_form(program, when="later", **past))
    assert "Choose a time that is still to come." in text(refused)
    assert not Rule.objects.exists()
    desk.post(ADD, rule_form(program, when="past", **past))
    version = RuleVersion.objects.get()
    assert version.starts_at.isoformat() == "2026-01-01T00:00:00+00:00"
    again = desk.post(f"/admin/rewards/rule/{version.rule_id}/change/", rule_form(program, when="past", **past))
    assert "past is not one of the available choices" in text(again)


def test_an_archived_rule_can_be_activated_again_with_its_terms(desk, program):
    mine = rule(program)
    desk.post(f"/admin/rewards/rule/{mine.pk}/do/archive/", {"confirmed": "1", "reason": "Season is over"})
    mine.refresh_from_db()
    assert mine.status == "archived"
    assert mine.versions.get().ends_at is not None
    desk.post(f"/admin/rewards/rule/{mine.pk}/do/activate/", {"confirmed": "1", "reason": "Next season"})
    mine.refresh_from_db()
    second = mine.versions.get(number=2)
    assert (mine.status, second.benefits, second.ends_at) == ("active", {"advocate": TEN}, None)
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("id")] == [
        "Archived: Season is over",
        "Activated again: Next season",
    ]
