"""Rules as they are kept: versions that do not change, offers, refusals."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from advocacy.models import Offer
from advocacy.outbox.drain import drain
from advocacy.refusals import Refused
from rewards import rulebook
from rewards.models import RuleVersion
from tests.rewards.scene import (
    GIVE_10,
    NOW,
    acme,
    alice_of,
    conversion_of,
    person,
    program_of,
    rule_of,
    tell,
)
from tests.terms import terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return program_of(acme())


@pytest.fixture
def alice(program):
    return alice_of(program)


@pytest.fixture
def fred(program):
    return person(program.storefront, "fred")


def test_a_rule_version_is_not_changed(program):
    rule_of(program)
    with pytest.raises(DatabaseError, match="save the rule to make a new version"):
        RuleVersion.objects.update(minimum_order_minor=1)


def test_an_end_is_moved_only_while_it_is_to_come_and_never_over_what_happened(program, alice, fred):
    version, at = rule_of(program), timezone.now()
    tell(conversion_of(alice, fred))
    drain("money", at=NOW)
    with pytest.raises(DatabaseError, match="would give another rule version"), transaction.atomic():
        RuleVersion.objects.update(ends_at=NOW - timedelta(days=1))
    RuleVersion.objects.update(ends_at=at + timedelta(hours=1))
    RuleVersion.objects.update(ends_at=at - timedelta(seconds=1))
    for other in (None, at + timedelta(days=9), at - timedelta(days=1)):
        with pytest.raises(DatabaseError, match="that is over stays"), transaction.atomic():
            RuleVersion.objects.filter(pk=version.pk).update(ends_at=other)


def test_a_planned_version_is_replaced_or_cancelled_and_the_one_before_goes_on_as_it_said(program):
    at, day = timezone.now(), timedelta(days=1)
    said = {"program": program, "name": "Give 10", "terms": terms(**GIVE_10) | {"ends_at": at + 9 * day}}
    first = rulebook.save(**said, at=at)
    rule, said["terms"] = first.rule, terms(**GIVE_10)

    def spans():
        versions = rule.versions.order_by("number")
        return [((one.starts_at - at) / day, one.ends_at and (one.ends_at - at) / day) for one in versions]

    begun = rulebook.NOTICE / day
    rulebook.save(**said, rule=rule, starts_at=at + 5 * day, at=at + day)
    assert spans() == [(begun, 5), (5, None)]
    with pytest.raises(Refused, match="Version 2 is planned to start on") as refused:
        rulebook.save(**said, rule=rule, at=at + day)
    assert refused.value.code == "version_planned"
    rulebook.save(**said, rule=rule, starts_at=at + 3 * day, at=at + day, replace=True)
    assert spans() == [(begun, 3), (5, 5), (3, None)]
    rulebook.cancel(rule=rule, at=at + day)
    assert spans() == [(begun, 9), (5, 5), (3, 3)]
    assert [offer.ends_at for offer in Offer.objects.filter(side="friend").order_by("pk")] == [
        one.ends_at for one in rule.versions.order_by("number")
    ]
    with pytest.raises(Refused, match="No version of this rule is planned"):
        rulebook.cancel(rule=rule, at=at + day)
    assert rulebook.newest(rule) == first


def test_asking_whether_terms_can_be_writes_nothing(program, django_assert_max_num_queries):
    with django_assert_max_num_queries(30) as asked, pytest.raises(Refused) as refused:
        rulebook.check(program=program, terms=terms(**GIVE_10) | {"hold_days": 4000})
    assert set(refused.value.errors) == {"hold_days"}
    writing = ("INSERT", "UPDATE", "DELETE")
    assert [each["sql"] for each in asked.captured_queries if each["sql"].startswith(writing)] == []


def test_a_saved_version_writes_down_what_it_promises(program):
    version = rule_of(program)
    friend = Offer.objects.get(side="friend")
    assert (friend.amount_minor, friend.unit, friend.minimum_order_minor, friend.hold_days) == (500, "EUR", 2000, 14)
    rulebook.archive(rule=version.rule, at=NOW)
    assert Offer.objects.filter(ends_at=NOW + rulebook.NOTICE).count() == 2


def test_a_rule_does_not_start_in_the_past_by_itself(program):
    with pytest.raises(Refused) as refusal:
        rulebook.save(program=program, name="Give 10", terms=terms(**GIVE_10), at=NOW, starts_at=NOW)
    assert refusal.value.code == "starts_too_early"
    assert RuleVersion.objects.count() == 0


def test_a_rule_says_itself_in_a_sentence(program):
    assert rulebook.sentence(rule_of(program), currency="EUR") == (
        "Give the advocate 10.00 EUR and the friend 5.00 EUR for a friend’s first order of 20.00 EUR or more, "
        "14 days after the payment (digital goods at once)."
    )


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"advocate_amount_minor": 0}, "advocate_amount_minor"),
        ({"advocate_kind": "percent", "advocate_percent_bp": 10_001}, "advocate_percent_bp"),
        ({"advocate_kind": "percent", "advocate_percent_bp": 1, "advocate_maximum_minor": 0}, "advocate_maximum_minor"),
        ({"advocate_kind": "", "friend_kind": ""}, "benefits"),
    ],
)
def test_an_impossible_rule_is_refused_by_its_field(program, terms, field):
    with pytest.raises(Refused) as refusal:
        rule_of(program, **terms)
    assert field in refusal.value.errors
