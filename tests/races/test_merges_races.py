"""Merges that meet each other, and settlements: real threads on PostgreSQL."""

import pytest

from advocacy import merging
from advocacy.models import Customer, Merge
from rewards import audit, rebuild
from tests.races.test_settlement_races import drain_all, together
from tests.rewards.scene import NOW, acme, alice_of, conversion_of, person, program_of, rule_of, tell
from tests.rewards.wallet_scene import balance

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_merged_into_the_other_at_once_while_their_rewards_are_settled():
    program = program_of(acme())
    cap = {"scope": "advocate", "period": "all", "measure": "count", "limit": 3}
    rule_of(program, caps=[cap], hold_days=0)
    alice, bella = alice_of(program), alice_of(program, "bella")
    merge = [
        lambda: merging.merge(survivor=alice.customer, merged=bella.customer, source="api", at=NOW),
        lambda: merging.merge(survivor=bella.customer, merged=alice.customer, source="api", at=NOW),
    ]
    for number in range(2):
        for each in (alice, bella):
            tell(conversion_of(each, person(program.storefront, f"{each} {number}")))
    together(*merge, drain_all, drain_all)
    drain_all()
    assert Merge.objects.count() == 1
    assert Customer.objects.filter(absorbed=True).count() == 1
    for number in range(4):
        tell(conversion_of(alice, person(program.storefront, f"later {number}")))
    together(drain_all, drain_all)
    # What was decided before the merge stays: four rewards at most; with it, as many as one person can get.
    assert balance(alice.customer) + balance(bella.customer) in (3000, 4000)
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []
