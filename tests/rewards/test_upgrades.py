"""Rows of before a migration say the same afterwards: the audit and the rebuild find nothing."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from referrals import events as catalogue
from rewards import audit, rebuild
from rewards.models import Counter
from tests.rewards.scene import acme, alice_of, conversion_of, person, program_of, rule_of, settle, tell
from tests.rewards.test_audit import spoil

pytestmark = pytest.mark.django_db
# As milestones counted before: by the friend alone, and nobody under review apart.
BEFORE = """
    UPDATE rewards_decision SET verdicts = replace(verdicts::text, '{pair}', '{friend}')::jsonb;
    UPDATE rewards_decision SET verdicts = jsonb_set(verdicts, '{{0,uses}}', (
        SELECT jsonb_agg(use) FROM jsonb_array_elements(verdicts -> 0 -> 'uses') AS use
        WHERE use ->> 0 <> 'once/friend/held')) WHERE verdicts::text LIKE '%%once/friend/held%%';
    DELETE FROM rewards_counter WHERE cap = 'once/friend/held';
    UPDATE rewards_counter SET key = '{friend}' WHERE cap = 'once/friend'
"""


def test_a_friend_who_was_counted_for_all_advocates_together_is_not_counted_again():
    program = program_of(acme())
    rule_of(program, milestone_every=2, friend_kind="", frequency="first_order")
    alice, fred = alice_of(program), person(program.storefront, "fred")
    first = conversion_of(alice, fred)
    tell(first)
    tell(first, catalogue.CONVERSION_HELD, advocate_review="held", friend_review="held")
    settle()
    pair = Counter.objects.get(cap="once/friend").key
    spoil(BEFORE.format(pair=pair, friend=fred.public_id))
    import_module("rewards.migrations.0016_count_friends_of_each_advocate").rename(apps, connection.schema_editor())
    assert Counter.objects.get(cap="once/friend").key == pair
    assert [said for said in rebuild.verify() if isinstance(said, str)] == []
    tell(first, catalogue.CONVERSION_RELEASED, advocate_review="clear", friend_review="clear")
    tell(conversion_of(alice, fred))
    settle()
    used = dict(Counter.objects.exclude(used=0).values_list("cap", "used"))
    assert used == {"once/friend": 2, "friends": 1}
    assert list(audit.differences()) == []
