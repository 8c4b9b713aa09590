"""A budget tells when it is nearly used up, and when it is: once a period."""

from datetime import timedelta

import pytest

from advocacy import alerts
from advocacy.models import Alert, Event
from advocacy.outbox.drain import drain
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, tell

pytestmark = pytest.mark.django_db
BUDGET = {"scope": "program", "period": "month", "measure": "amount", "limit": 5000, "side": "advocate"}


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def friends(alice, count, at=NOW):
    for number in range(count):
        tell(conversion_of(alice, person(alice.storefront, f"{at} {number}")), at=at, converted_at=at.isoformat())
    while drain("money", at=at):
        pass


def told():
    rows = Event.objects.filter(subject_kind="rule").order_by("id")
    return [(row.type, row.facts["used_minor"], row.facts["period"]) for row in rows]


def test_a_budget_tells_at_four_fifths_and_when_it_is_used_up_once(alice):
    rule = rule_of(alice.program, caps=[BUDGET]).rule
    friends(alice, 3)
    assert told() == []
    friends(alice, 1, NOW + timedelta(seconds=1))
    assert told() == [("rule.budget_low", 4000, "2026-03")]
    alerts.watch(at=NOW + timedelta(seconds=1))
    friends(alice, 3, NOW + timedelta(seconds=2))
    alerts.watch(at=NOW + timedelta(seconds=2))
    about_budgets = Alert.objects.filter(kind__startswith="budget").order_by("pk")
    assert [(one.kind, one.facts["percent"], one.closed_at is None) for one in about_budgets] == [
        ("budget_low", 80, False),
        ("budget_gone", 100, True),
    ]
    assert told()[1:] == [("rule.budget_exhausted", 5000, "2026-03")]
    assert balances(alice.customer) == {"pending": 5000}
    friends(alice, 2, NOW + timedelta(seconds=3))
    assert len(told()) == 2
    rule.refresh_from_db()
    assert rule.version == 2, "its events are numbered"


def test_the_next_month_tells_for_itself(alice):
    rule_of(alice.program, caps=[BUDGET])
    friends(alice, 5)
    friends(alice, 4, NOW + timedelta(days=31))
    assert [(name, period) for name, _, period in told()] == [
        ("rule.budget_low", "2026-03"),
        ("rule.budget_exhausted", "2026-03"),
        ("rule.budget_low", "2026-04"),
    ]


def test_the_admins_first_page_names_the_budgets_that_run_out_now(alice, client, olga):
    rule_of(alice.program, "Spring", caps=[BUDGET | {"period": "all"}])
    client.force_login(olga)
    assert "Spring" not in client.get("/admin/").content.decode()
    friends(alice, 4)
    page = client.get("/admin/").content.decode()
    assert "Budgets that run out" in page
    assert "<b>Spring</b>" in page
    assert "80 % used" in page
    assert "40.00 of 50.00 EUR" in page
