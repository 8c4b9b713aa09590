import pytest
from django.contrib.admin.models import LogEntry

from advocacy.models import Offer
from rewards.models import Rule, RuleVersion
from tests import cast
from tests.flows.admin_stage import rule, rule_form

ADD = "/admin/rewards/rule/add/"
IN_WORDS = "/admin/rewards/rule/in-words/"
GIVES_10 = (
    "Give the advocate 10.00 EUR for a friend’s first order of 40.00 EUR or more, "
    "14 days after the payment (digital goods at once)."
)
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
    assert "<li>The advocate’s percentage: 7.5 %. Before: none.</li>" in shown
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


def test_a_rule_that_could_pay_without_limit_is_activated_again_only_where_that_is_meant(desk, program):
    mine = rule(program, frequency="every_order")
    again = f"/admin/rewards/rule/{mine.pk}/do/activate/"
    desk.post(f"/admin/rewards/rule/{mine.pk}/do/archive/", {"confirmed": "1", "reason": "Season is over"})
    refused = desk.post(again, {"confirmed": "1", "reason": "Next season"}, follow=True)
    assert "This rule could pay without limit: the same for every order of a friend, for ever" in text(refused)
    assert mine.versions.count() == 1
    meant = desk.post(again, {"confirmed": "1", "reason": "Next season", "meant": "on"}, follow=True)
    assert "Activated again (This rule could pay without limit" in text(meant)
    assert mine.versions.count() == 2


def test_a_planned_version_stands_at_the_top_with_what_can_be_done(desk, program):
    mine = rule(program)
    page = f"/admin/rewards/rule/{mine.pk}/change/"
    planned = rule_form(program, when="later", starts_at_0="2099-01-01", starts_at_1="10:00", advocate_amount="20")
    desk.post(page, planned)
    top = text(desk.get(page)).split("The planned version")[1].split("</section>")[0]
    assert "Version 2 is planned to start on 1 Jan 2099, 10:00" in top
    assert f'href="{page.removesuffix("change/")}do/cancel/"' in top
    refused = text(desk.post(page, rule_form(program, advocate_amount="15")))
    assert "Version 2 is planned to start on 1 Jan 2099, 10:00 (UTC): replace it, cancel it, or let" in refused
    assert mine.versions.count() == 2
    desk.post(page, rule_form(program, advocate_amount="15", replaces="on"))
    second, third = mine.versions.filter(number__gt=1).order_by("number")
    assert (second.cancelled, third.benefits["advocate"]["amount_minor"]) == (True, 1500)
    assert "Cancelled" in text(desk.get(page))
    desk.post(page, planned)
    desk.post(f"/admin/rewards/rule/{mine.pk}/do/cancel/", {"confirmed": "1", "reason": "Not this year"})
    assert mine.versions.get(number=4).cancelled
    assert mine.versions.get(number=3).ends_at is None


def test_times_are_read_and_shown_in_the_programs_zone_and_say_so(desk, program):
    program.time_zone = "Europe/Berlin"
    program.save()
    desk.post(ADD, rule_form(program, when="later", starts_at_0="2099-07-01", starts_at_1="00:00"))
    version = RuleVersion.objects.get()
    assert version.starts_at.isoformat() == "2099-06-30T22:00:00+00:00"
    mine = f"/admin/rewards/rule/{version.rule_id}/change/"
    desk.post(
        mine,
        rule_form(
            program,
            when="later",
            starts_at_0="2099-07-02",
            starts_at_1="00:00",
            ends_at_0="2099-08-01",
            ends_at_1="00:00",
        ),
    )
    shown = text(desk.get(mine))
    assert "It ends (time of Europe/Berlin)" in shown
    assert 'name="ends_at_0" value="2099-08-01"' in shown
    assert 'name="ends_at_1" value="00:00"' in shown
    # The scripts of the form keep a value for each box.
    assert 'x-model.fill="ends_at_0"' in shown
    assert 'name="ends_at_1" value="00:00"' in text(desk.get(f"{ADD}?recipe=double-until-sunday"))
    assert "1 Jul 2099, 00:00" in shown
    assert "Times of Europe/Berlin." in shown


def test_a_recipe_is_for_the_only_program_or_for_the_one_it_was_reached_from(desk, acme, program):
    twin = cast.program(cast.acme(slug="twin", test_twin_of=acme))
    other = f"program={program.pk}"
    assert f"?recipe=give-10-get-10&amp;{other}" in text(desk.get("/admin/rewards/rule/recipes/"))
    assert f'<option value="{program.pk}" selected>' in text(desk.get(f"{ADD}?recipe=give-10-get-10"))
    cast.program(acme, slug="partners", name="Partners")
    assert other not in text(desk.get("/admin/rewards/rule/recipes/"))
    assert f"?recipe=give-10-get-10&amp;{other}" in text(desk.get(f"/admin/rewards/rule/recipes/?{other}"))
    assert f'<option value="{twin.pk}" selected>' in text(desk.get(f"{ADD}?program={twin.pk}"))


def test_a_currency_that_is_said_twice_is_refused(desk, program):
    twice = {f"per_currency-{row}-currency": code for row, code in enumerate(["USD", "usd"])}
    twice |= {f"per_currency-{row}-{part}": "11" for row in (0, 1) for part in ("advocate_amount", "minimum_order")}
    answer = desk.post(ADD, rule_form(program) | twice)
    assert "Row 2: USD stands above already; say it once." in text(answer)
    assert not Rule.objects.exists()
