"""Two of the staff decide about missing friends at the same moment: real threads on PostgreSQL."""

import pytest
from django.db import transaction

from referrals import claims, orders
from referrals.models import Claim, Conversion, Referral
from tests import cast
from tests.cast import HOUR, NOON
from tests.races.test_intake_orders import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def program(transactional_db):
    program = cast.program(cast.acme())
    orders.record(storefront=program.storefront, orders=[cast.order(customer={"external_id": "fred"})], at=NOON)
    return program


@transaction.atomic
def missed(advocate):
    return claims.ask(advocate=advocate, named="1001", at=NOON + HOUR)[0]


def test_a_claim_that_two_decide_at_once_is_decided_once(program):
    claim = missed(cast.alice(program))
    at = NOON + 2 * HOUR
    answers = at_once(
        lambda: claims.accept(claim=claim, at=at),
        lambda: claims.refuse(claim=claim, at=at),
        lambda: claims.accept(claim=claim, at=at),
    )
    assert sorted(getattr(answer, "code", "decided") for answer in answers) == ["claim_decided"] * 2 + ["decided"]
    state = Claim.objects.get().state
    assert (state, Referral.objects.count(), Conversion.objects.count()) in [("accepted", 1, 1), ("refused", 0, 0)]


def test_a_friend_whom_two_advocates_miss_is_one_s_at_the_end(program):
    mine = [missed(cast.alice(program)), missed(cast.advocate(program, "bob"))]
    at = NOON + 2 * HOUR
    at_once(*[lambda claim=claim: claims.accept(claim=claim, at=at) for claim in mine])
    assert Referral.objects.filter(ended_at=None).count() == 1
    assert Conversion.objects.filter(ended=False).count() == 1
