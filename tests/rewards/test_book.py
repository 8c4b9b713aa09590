"""The rules of a storefront, compiled once until one of them changes."""

from datetime import timedelta

import pytest

from rewards import book, rulebook
from tests.rewards.scene import GIVE_10, NOW, acme, program_of, rule_of
from tests.terms import terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return program_of(acme())


def names(program, moment=NOW):
    found = book.of_storefronts({program.storefront_id})
    return [each.name for each in found.in_force(program.pk, "conversion.recorded", moment)]


def test_it_is_kept_while_nothing_changes(program):
    rule_of(program)
    assert book.of_storefronts({program.storefront_id}) is book.of_storefronts({program.storefront_id})


def test_a_new_version_an_end_a_name_and_a_currency_are_seen_at_once(program):
    first = rule_of(program)
    assert names(program) == ["Give 10"]
    rulebook.save(program=program, rule=first.rule, name="Give 11", terms=terms(**GIVE_10), at=NOW)
    later = NOW + timedelta(minutes=1)
    assert names(program, later) == ["Give 11"]
    program.points_per_unit = 100
    program.save()
    (reckoning,) = program.reckonings.all()
    found = book.of_storefronts({program.storefront_id})
    for moment, points in ((reckoning.until - timedelta(seconds=1), None), (reckoning.until, 100)):
        (said,) = found.in_force(program.pk, "conversion.recorded", moment)
        assert said.points_per_unit == found.terms(said.version, moment).points_per_unit == points
    rulebook.archive(rule=first.rule, at=later)
    assert names(program, later + timedelta(minutes=1)) == []
