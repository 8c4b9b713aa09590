"""What would this rule have cost? Small histories, counted by hand."""

from datetime import timedelta

import pytest

from advocacy import ids
from advocacy.models import Event
from advocacy.refusals import Refused
from referrals import events as catalogue
from rewards import rulebook, simulation
from rewards.models import Rate, Rule, RuleVersion
from rewards.settlement import settle
from rewards.simulation import working
from tests.rewards.scene import GIVE_10, NOW, alice_of, conversion_of, person, program_of, rule_of, tell
from tests.rewards.scene import acme as acme_of
from tests.terms import terms as terms_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# After all that happens here.
LATER = NOW + 40 * DAY
ADVOCATE_10 = GIVE_10 | {"friend_kind": ""}


@pytest.fixture
def acme(db):
    return acme_of()


@pytest.fixture
def alice(acme):
    return alice_of(program_of(acme))


def bought(alice, name, *, at=NOW, **facts):
    """A new friend's order."""
    conversion = conversion_of(alice, person(alice.storefront, name))
    again(conversion, at=at, **facts)
    return conversion


def again(conversion, type=catalogue.CONVERSION_RECORDED, *, at=NOW, **facts):
    tell(conversion, type=type, at=at, **facts)


def another(conversion, *, at, **facts):
    """A further order of the same friend."""
    again(conversion_of(conversion.advocate, conversion.friend), at=at, **facts)


def simulate(program, *, rule=None, start=NOW - DAY, until=NOW + 30 * DAY, gone=False, **terms):
    """The result by unit, of a draft that gives what ``tests.terms`` says."""
    terms = None if gone else terms_of(**ADVOCATE_10 | terms)
    job = simulation.start(program=program, name="Draft", terms=terms, rule=rule, start=start, until=until, at=LATER)
    assert job.state == "done", job.error
    return {each["unit"]: each for each in job.result["units"]}


def sums(sheet):
    """What today's rules and the draft's come to, and how many rewards were added, removed and changed."""
    amounts = sheet["today"]["amount_minor"], sheet["draft"]["amount_minor"]
    return amounts, tuple(sheet[kind]["rewards"] for kind in ("added", "removed", "changed"))


def test_a_draft_that_doubles_the_advocates_amount_costs_twice_as_much(alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    first = bought(alice, "fred")
    bought(alice, "frida", at=NOW + DAY, goods_minor=1500)
    bought(alice, "late", at=NOW + 31 * DAY)
    found = simulate(alice.program, rule=rule, advocate_amount_minor=2000)["EUR"]
    assert sums(found) == ((1000, 2000), (0, 0, 1))
    assert found["difference_minor"] == 1000
    assert found["days"] == [{"day": "2026-03-02", "today_minor": 1000, "draft_minor": 2000, "difference_minor": 1000}]
    [change] = found["biggest"]
    assert change["subject"] == ids.encode("cnv", first.public_id)
    assert change["advocate"] == ids.encode("adv", alice.public_id)
    assert (change["before_minor"], change["after_minor"]) == (1000, 2000)


def test_a_lower_minimum_adds_and_says_why_nothing_was_given(alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    bought(alice, "fred", goods_minor=1500)
    found = simulate(alice.program, rule=rule, minimum_order_minor=1000)["EUR"]
    assert sums(found) == ((0, 1000), (1, 0, 0))
    assert found["biggest"][0]["reason_before"] == "below_minimum"


def test_a_new_rule_adds_and_a_rule_taken_away_removes(alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    bought(alice, "fred")
    assert sums(simulate(alice.program)["EUR"]) == ((1000, 2000), (1, 0, 0))
    assert sums(simulate(alice.program, rule=rule, gone=True)["EUR"]) == ((1000, 0), (0, 1, 0))


def test_a_cap_cuts_in_order_of_time(alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    bought(alice, "later", at=NOW + 3 * DAY)
    bought(alice, "fred")
    bought(alice, "frida", at=NOW + DAY)
    cap = {"scope": "advocate", "period": "month", "measure": "amount", "limit": 1500}
    found = simulate(alice.program, rule=rule, caps=[cap])["EUR"]
    assert sums(found) == ((3000, 1500), (0, 1, 1))
    assert [(day["day"][-2:], day["draft_minor"]) for day in found["days"]] == [("02", 1000), ("03", 500), ("05", 0)]
    assert found["biggest"][0]["reason_after"] == "cap_reached"


def test_what_was_used_before_the_time_asked_about_counts(alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    fred = bought(alice, "fred", at=NOW - 5 * DAY)
    another(fred, at=NOW)
    bought(alice, "frida", at=NOW)
    every = simulate(alice.program, rule=rule, frequency="every_order")["EUR"]
    assert sums(every) == ((1000, 2000), (1, 0, 0))
    cap = {"scope": "advocate", "period": "month", "measure": "count", "limit": 1}
    assert sums(simulate(alice.program, rule=rule, caps=[cap])["EUR"]) == ((1000, 1000), (0, 0, 0))
    cap |= {"period": "year"}
    assert sums(simulate(alice.program, rule=rule, caps=[cap])["EUR"]) == ((1000, 0), (0, 1, 0))


def test_rules_of_one_group_compete_with_the_draft(alice):
    rule_of(alice.program, **ADVOCATE_10, exclusive_group="welcome", priority=1)
    rule_of(alice.program, name="Not in it", **ADVOCATE_10)
    bought(alice, "fred")
    lost = simulate(alice.program, exclusive_group="welcome", advocate_amount_minor=5000)["EUR"]
    assert sums(lost) == ((2000, 2000), (0, 0, 0))
    won = simulate(alice.program, exclusive_group="welcome", priority=2, advocate_amount_minor=5000)["EUR"]
    assert sums(won) == ((2000, 6000), (1, 1, 0))


def test_a_refund_takes_its_share_of_both(alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    fred = bought(alice, "fred")
    again(fred, catalogue.CONVERSION_ADJUSTED, at=NOW + DAY, refunded_minor=2500)
    found = simulate(alice.program, rule=rule, advocate_amount_minor=2000)["EUR"]
    assert sums(found) == ((500, 1000), (0, 0, 1))


def test_an_order_in_another_currency_converts_at_its_days_rate(acme, alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    bought(alice, "fred", currency="USD")
    bought(alice, "frida", currency="CHF")
    Rate.objects.create(
        storefront=acme, day=NOW.date(), currency="USD", target="EUR", rate="0.9", source="ecb", recorded_at=NOW
    )
    percent = {"advocate_kind": "percent", "advocate_percent_bp": 1000}
    found = simulate(alice.program, rule=rule, **percent)
    assert sums(found["EUR"]) == ((1000, 450), (0, 0, 1))
    francs = {"CHF": {"minimum_order_minor": 2000, "advocate": {"amount_minor": 700}}}
    own = simulate(alice.program, rule=rule, per_currency=francs)
    assert (sums(own["EUR"]), sums(own["CHF"])) == (((1000, 1000), (0, 0, 0)), ((0, 700), (1, 0, 0)))


def test_milestones_pay_their_steps(alice):
    rule_of(alice.program, **ADVOCATE_10)
    for number in range(5):
        bought(alice, f"friend {number}", at=NOW + number * DAY)
    found = simulate(alice.program, milestone_every=2, advocate_amount_minor=3000)["EUR"]
    assert sums(found) == ((5000, 11000), (2, 0, 0))


def test_segments_and_advocates_have_their_sums(acme, alice):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    mia = alice_of(alice.program, "mia")
    bought(alice, "fred", advocate_segments=["vip", "berlin"])
    bought(mia, "frida", advocate_segments=["vip"])
    bought(mia, "franz")
    found = simulate(alice.program, rule=rule, advocate_amount_minor=1500)["EUR"]
    assert [(each["segment"], each["difference_minor"]) for each in found["segments"]] == [
        ("vip", 1000),
        ("", 500),
        ("berlin", 500),
    ]
    assert [(each["advocate"], each["difference_minor"]) for each in found["advocates"]] == [
        (ids.encode("adv", mia.public_id), 1000),
        (ids.encode("adv", alice.public_id), 500),
    ]


def test_it_says_how_far_that_is_from_what_was_really_paid(alice):
    rule_of(alice.program, **ADVOCATE_10)
    bought(alice, "fred")
    settle(events=list(Event.objects.order_by("pk")), at=NOW + DAY)
    rule = Rule.objects.get()
    rulebook.save(program=alice.program, rule=rule, name="Now 15", terms=terms(advocate_amount_minor=1500), at=NOW)
    found = simulate(alice.program, rule=rule, advocate_amount_minor=2000)["EUR"]
    assert found["really"] == {"amount_minor": 1000, "rewards": 1, "simulated_less_really_minor": 500}


def terms(**changes):
    return terms_of(**ADVOCATE_10 | changes)


def test_nothing_is_written_and_a_draft_is_refused_like_a_rule(alice):
    bought(alice, "fred")
    simulate(alice.program)
    assert not RuleVersion.objects.exists()
    with pytest.raises(Refused) as refused:
        simulate(alice.program, advocate_kind="percent", advocate_percent_bp=20_000)
    assert refused.value.code == "invalid_rule"
    with pytest.raises(Refused, match="begins before it ends"):
        simulate(alice.program, start=NOW, until=NOW)
    with pytest.raises(Refused, match="has happened"):
        simulate(alice.program, start=LATER, until=LATER + DAY)


def test_step_by_step_it_comes_to_the_same(alice, monkeypatch):
    rule = rule_of(alice.program, **ADVOCATE_10).rule
    fred = bought(alice, "fred")
    for number in range(1, 6):
        another(fred, at=NOW + number * DAY)
        bought(alice, f"friend {number}", at=NOW + number * DAY)
    draft = {"frequency": "every_order", "order_limit": 3}
    draft |= {"caps": [{"scope": "pair", "period": "all", "measure": "amount", "limit": 2500}]}
    whole = simulate(alice.program, rule=rule, **draft)
    assert sums(whole["EUR"]) == ((6000, 7500), (2, 0, 0))
    steps = []
    monkeypatch.setattr("rewards.simulation.reading.SLICE", 1)
    monkeypatch.setattr(working.Run, "step", lambda run, step=working.Run.step: (steps.append(run.read), step(run)))
    assert simulate(alice.program, rule=rule, **draft) == whole
    assert steps == [0, 1, 3, 5, 7, 9]
