"""The rows of the rule form, from what a browser sends to the version and back; and a budget's bar in the list."""

from html.parser import HTMLParser

import pytest
from django.utils import timezone

from advocacy.outbox.drain import drain
from rewards import rulebook
from rewards.models import RuleVersion
from rewards.settlement import budgets
from tests import cast
from tests.flows.admin_stage import order, rule, rule_form

ADD = "/admin/rewards/rule/add/"
TYPED = {
    "frequency": "every_order",
    "minimum_order": "40",
    "advocate_kind": "tiered",
    "advocate_tiers_measure": "conversions",
    "advocate_tiers_period": "month",
    "advocate_tiers_reading": "marginal",
    "advocate_tiers-0-from": "1",
    "advocate_tiers-0-percent": "5",
    # A row that was taken away leaves a gap, and one that was not filled in is no row.
    "advocate_tiers-2-from": "5",
    "advocate_tiers-2-percent": "7.5",
    "advocate_tiers-3-from": "",
    "advocate_maximum": "15",
    "caps-0-limit": "5",
    "caps-0-measure": "count",
    "caps-0-period": "month",
    "caps-0-scope": "advocate",
    "caps-0-side": "",
    "conditions_how": "all",
    "conditions-0-field": "new_customer",
    "conditions-0-op": "is",
    "conditions-0-value": "yes",
    "conditions-0-group": "",
    "conditions-1-field": "country",
    "conditions-1-op": "one_of",
    "conditions-1-value": "DE, AT",
    "conditions-1-group": "1",
    "conditions-2-field": "channel",
    "conditions-2-op": "is",
    "conditions-2-value": "whatsapp",
    "conditions-2-group": "1",
    "per_currency-0-currency": "usd",
    "per_currency-0-minimum_order": "45",
    "per_currency-0-advocate_maximum": "16.50",
}
STEPS = [{"from": 1, "percent_bp": 500}, {"from": 5, "percent_bp": 750}]
TIERS = {"measure": "conversions", "period": "month", "reading": "marginal", "steps": STEPS}
GROUP = [
    {"field": "country", "op": "one_of", "value": ["DE", "AT"]},
    {"field": "channel", "op": "is", "value": "whatsapp"},
]
SAVED = {
    "benefits": {"advocate": {"form": "credit", "kind": "tiered", "tiers": TIERS, "maximum_minor": 1500}},
    "caps": [{"scope": "advocate", "period": "month", "measure": "count", "limit": 5}],
    "conditions": [{"field": "new_customer", "op": "is", "value": True}, {"any": GROUP}],
    "per_currency": {"USD": {"minimum_order_minor": 4500, "advocate": {"maximum_minor": 1650}}},
}


class _Boxes(HTMLParser):
    """What a browser would send of the rule form, nothing being changed; templates of rows are not part of it."""

    def __init__(self, html):
        super().__init__()
        self.sent, self._select, self._inert = {}, None, 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self._inert += tag == "template"
        if self._inert:
            return
        if tag == "input" and said.get("name") and said.get("type") not in ("checkbox", "submit"):
            self.sent[said["name"]] = said.get("value") or ""
        if tag == "select" and said.get("name"):
            self._select = said["name"]
        if tag == "option" and self._select and ("selected" in said or self._select not in self.sent):
            self.sent[self._select] = said.get("value") or ""

    def handle_endtag(self, tag):
        self._inert -= tag == "template"
        self._select = None if tag == "select" else self._select


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def test_rows_are_saved_and_stand_in_the_form_again(desk, program):
    answer = desk.post(ADD, rule_form(program, **TYPED))
    assert answer.status_code == 302, answer.context["errors"]
    first = RuleVersion.objects.get()
    assert {column: getattr(first, column) for column in SAVED} == SAVED
    page = f"/admin/rewards/rule/{first.rule_id}/change/"
    boxes = _Boxes(desk.get(page).content.decode()).sent
    assert (boxes["advocate_tiers-1-percent"], boxes["per_currency-0-currency"]) == ("7.5", "USD")
    assert desk.post(page, boxes).status_code == 302
    second = RuleVersion.objects.get(number=2)
    assert rulebook.terms_of(second) == rulebook.terms_of(first) | {"ends_at": None}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"advocate_tiers-2-percent": "750"}, "Row 2: A percentage is at most 100."),
        ({"advocate_tiers-0-from": "first"}, "Row 1: Write a whole number such as 5."),
        ({"caps-0-scope": "everybody"}, "Row 1: choose one of the list for “for”."),
        ({"conditions-0-value": "maybe"}, "Row 1: write yes or no."),
        ({"per_currency-0-currency": "XXX"}, "Row 1: XXX is no currency; write one as USD."),
        (
            {"per_currency-0-advocate_maximum": ""},
            "USD: the advocate needs exactly the same amounts as in EUR: maximum.",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_blamed_by_its_number_and_stays(desk, program, typed, said):
    answer = desk.post(ADD, rule_form(program, **TYPED | typed))
    assert said in answer.content.decode()
    assert not RuleVersion.objects.exists()
    assert _Boxes(answer.content.decode()).sent["conditions-1-value"] == "DE, AT"


def test_the_list_shows_how_much_of_a_budget_is_used(desk, acme, alice, program):
    budget = {"scope": "program", "period": "month", "measure": "amount", "limit": 4000}
    mine = rule(program, caps=[budget], hold_days=0)
    for number in range(3):
        order(acme, f"order-{number}", name=f"friend-{number}", referral_code=alice.code)
    while drain("money", at=timezone.now()):
        pass
    shown = desk.get("/admin/rewards/rule/").content.decode()
    assert '<progress value="3000" max="4000"></progress><span>30.00 EUR of 40.00 EUR this month</span>' in shown
    assert "Budgets that run out" not in desk.get("/admin/").content.decode()
    order(acme, "order-4", name="friend-4", referral_code=alice.code)
    drain("money", at=timezone.now())
    first = desk.get("/admin/").content.decode().split("Budgets that run out")[1].split("</section>")[0]
    assert f'<a class="text-link" href="/admin/rewards/rule/{mine.pk}/change/"><b>Give 10, get 10</b></a>' in first
    assert 'value="4000" max="4000"' in first
    assert "<b>Used up</b>: it pays nothing" in first
    assert "40.00 of 40.00 EUR this month" in first
    for page in (f"/admin/rewards/rule/{mine.pk}/change/", f"/admin/budgets/{program.pk}/"):
        assert "40.00 of 40.00 EUR this month" in desk.get(page).content.decode()
    assert (
        f'hx-get="/admin/budgets/{program.pk}/"'
        in desk.get(f"/admin/advocacy/program/{program.pk}/change/").content.decode()
    )
    # More money: no longer a worry.
    at = timezone.now()
    more = rulebook.terms_of(mine.versions.get()) | {"caps": [budget | {"limit": 40_000}]}
    rulebook.save(program=program, rule=mine, name=mine.name, terms=more, at=at)
    assert [low.said for low in budgets.running_out(at=at)] == ["40.00 of 40.00 EUR this month"]
    assert budgets.running_out(at=at + rulebook.NOTICE) == []
    # A rule without a budget has no bar.
    rule(cast.program(acme, slug="partners", name="Partners"))
    assert desk.get("/admin/rewards/rule/").content.decode().count("<progress") == 1
