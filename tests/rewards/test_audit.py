"""The audit finds every kind of difference: one row is spoilt behind the verbs' backs for each thing it recounts."""

import pytest
from django.db import transaction

from rewards import audit, limits, redemptions
from rewards.audit import CHECKS
from rewards.models import (
    Account,
    Adjustment,
    Counter,
    Coupon,
    Decision,
    Payee,
    Payout,
    PayoutBatch,
    PayoutPolicy,
    Redemption,
    Reward,
    ShopCredit,
    Transfer,
)
from tests import cast
from tests.referrals.platforms_stage import connected
from tests.rewards.audit_stage import spoil
from tests.rewards.coupon_stage import pays_from, pool_of, stock
from tests.rewards.payouts_stage import OTHER_IBAN, cash_rule, earns, exported, payee_of, policy_of
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    conversion_of,
    correction_of,
    person,
    program_of,
    rule_of,
    settle,
    tell,
)
from tests.rewards.wallet_scene import lot

pytestmark = pytest.mark.django_db


@pytest.fixture
def fred():
    """Fred came by alice and bought; she has 10.00 EUR pending, he 5.00, and she got 25.00 EUR in cash besides."""
    program = program_of(acme())
    rule_of(program)
    rule_of(program, milestone_every=1, friend_kind="", hold_days=0)
    alice, fred = alice_of(program), person(program.storefront, "fred")
    tell(conversion_of(alice, fred))
    settle()
    cash_rule(program)
    payee_of(alice.customer)
    payee_of(fred, iban=OTHER_IBAN)
    earns(alice)
    policy = policy_of(program.storefront, four_eyes_above_minor=20_000)
    limits.change(of=policy, minor=10_000, by=cast.staff("olga"), at=NOW)
    exported(policy)
    pool = pool_of(program)
    stock(pool, range(2))
    pays_from(pool)
    tell(conversion_of(alice, person(program.storefront, "gina")))
    settle()
    lot(program, fred, 300)
    redemptions.reserve(storefront=program.storefront, customer=fred, unit="EUR", amount_minor=200, at=NOW)
    return fred


SPOILT = {
    "balances": (
        "UPDATE rewards_account SET balance_minor = balance_minor + 1 WHERE kind = 'pending' AND customer_id = {fred}",
        "Account {account} says 501; its transfers add up to 500.",
    ),
    "balances below nothing": (
        "ALTER TABLE rewards_account DROP CONSTRAINT only_available_may_be_below_nothing; "
        "UPDATE rewards_account SET balance_minor = -1 WHERE kind = 'pending' AND customer_id = {fred}",
        "Account {account} (pending) is below nothing: -1.",
    ),
    "rewards' amounts": (
        "UPDATE rewards_reward SET pending_minor = 7 WHERE id = {reward}",
        "Reward {reward} says 7 pending; its transfers say 500.",
    ),
    "rewards' states": (
        "UPDATE rewards_reward SET status = 'spent' WHERE id = {reward}",
        "Reward {reward} is spent; where its amount is says pending.",
    ),
    "rewards' grants": (
        "UPDATE rewards_reward SET granted_minor = 499 WHERE id = {reward}",
        "Reward {reward} holds 500, more than its grant of 499 and the 0 that were waived.",
    ),
    "what was waived": (
        "UPDATE rewards_reward SET waived_minor = 1 WHERE id = {reward}",
        "Reward {reward} waives 1; only 0 of it were spent or paid.",
    ),
    "subjects": (
        "UPDATE rewards_subject SET settled_version = 9 WHERE id = {subject}",
        "Subject {subject} says 1 decisions, settled at version 9; there are 1, the last of number 1 and version 1.",
    ),
    "what is owed": (
        "UPDATE rewards_decision SET verdicts = jsonb_set(verdicts, '{{0,owed,friend}}', '400') "
        "WHERE subject_id = {subject}",
        "Reward {reward} of rule {rule} for the friend of subject {subject} holds 500; the newest decision says 400.",
    ),
    "caps": (
        "UPDATE rewards_counter SET used = 5 WHERE id = {counter}",
        "Counter {counter} says 5 used; the newest decisions say 1.",
    ),
    "month ends": (
        "INSERT INTO rewards_monthend (storefront_id, program_id, form, unit, until, owed_minor) "
        "SELECT storefront_id, id, 'credit', 'EUR', '2020-01-01 00:00+00', 5 FROM advocacy_program",
        "The month until 2020-01-01 00:00:00+00:00 of program {program} (credit, EUR) ends with 5; its transfers add "
        "up to 0.",
    ),
    "closed periods": (
        "UPDATE rewards_counter SET closed_at = '2026-03-10 00:00+00' WHERE id = {counter}",
        "Counter {counter} of all was closed 2026-03-10 00:00:00+00:00, which was no end of a period that was worked "
        "out.",
    ),
    "top-ups": (
        "UPDATE rewards_counter SET cap = 'tier/conversions', period = '2026-03', closed_at = '2026-04-01' "
        "WHERE id = {friends}; UPDATE rewards_subject SET trigger = 'tier' WHERE id = {step}; "
        'UPDATE rewards_decision SET facts = \'{{"period": "2026-03", "position": 5}}\' '
        "WHERE id = {step_decision}",
        "The top-up {step} of 2026-03 was worked out at 5; what counts in the period is 3.",
    ),
    "top-ups' amounts": (
        "UPDATE rewards_counter SET cap = 'tier/conversions', period = '2026-03', closed_at = '2026-04-01' "
        "WHERE id = {friends}; UPDATE rewards_subject SET trigger = 'tier' WHERE id = {step}; UPDATE rewards_decision "
        'SET facts = \'{{"period": "2026-03", "position": 3, "missing_minor": 5}}\' WHERE id = {step_decision}',
        "The top-up {step} of 2026-03 was worked out to be 5; the period's conversions say 0.",
    ),
    "converted friends": (
        "UPDATE rewards_counter SET used = 1 WHERE id = {friends}",
        "Counter {friends} says 1 friends; 3 are converted.",
    ),
    "milestones": (
        "UPDATE rewards_decision SET facts = facts || '{{\"threshold\": 9}}' WHERE id = {step_decision}",
        "Step {step} says that it stands: true; it needs 9 friends, and there are 3.",
    ),
    "what was spent": (
        "UPDATE rewards_transfer SET amount_minor = 2400 WHERE reference = '{payout}'",
        "Transfers of {payout} (payout) move 2400 by reserve; it says 2500.",
    ),
    "what was given": (
        "UPDATE rewards_adjustment SET amount_minor = 301",
        "The adjustment {adjustment} gives 301; its reward grants 300.",
    ),
    "codes": (
        "UPDATE rewards_coupon SET state = 'revoked' WHERE state = 'assigned'",
        "The code of reward {coded}, which has 1000 available, is nowhere, or another's.",
    ),
    "copies in rewards": (
        "UPDATE rewards_reward SET recipient_id = {alice} WHERE id = {reward}",
        "Reward {reward} names others than its subject and its rule version do.",
    ),
    "copies in subjects": (
        "UPDATE rewards_subject SET friend_id = {alice} WHERE id = {subject}",
        "Subject {subject} names others than its event does.",
    ),
    "subjects' people": (
        "UPDATE rewards_subject SET friend_id = 0 WHERE id = {subject}",
        "Subject {subject} names people or a program that are not of its storefront.",
    ),
    "codes' states": (
        "UPDATE rewards_coupon SET state = 'used' WHERE id = {coupon}",
        "Code {coupon} is used, 0 of it used; the newest event says assigned and 0, or names others.",
    ),
    "rewards' expiry": (
        "UPDATE rewards_reward SET expires_at = '2027-01-01' WHERE id = {reward}",
        "Reward {reward} expires 2027-01-01 00:00:00+00; the newest event says never.",
    ),
    "payouts' states": (
        "UPDATE rewards_payout SET state = 'frozen' WHERE public_id = '{payout}'",
        "Payout {paid} is frozen with 2500; the newest event says sent and 2500, or names others.",
    ),
    "batches' totals": (
        "UPDATE rewards_payoutbatch SET total_minor = 9",
        "Batch {batch} says 9 to 1 people, 0 waiting; its payouts say 2500 to 1, 0 waiting.",
    ),
    "batches' states": (
        "UPDATE rewards_payoutbatch SET state = 'settled'",
        "Batch {batch} is settled, and 1 of its payouts cannot be in it.",
    ),
    "limits for a second person": (
        "UPDATE rewards_payoutpolicy SET four_eyes_above_minor = 90000",
        "The limit for a second person of policy {policy} is 90000; the last change of it says 10000.",
    ),
    "batches for two": (
        "UPDATE rewards_payoutbatch SET total_minor = 10001",
        "Batch {batch} of 10001 is above the limit of 10000, but needs no second person.",
    ),
    "payees": (
        "UPDATE rewards_payee SET name = 'Mallory' WHERE id = {payee}",
        "Payee {payee} of customer {alice} is not what its last change says, or of another customer or storefront.",
    ),
    "payouts' destinations": (
        "UPDATE rewards_payout SET destination_end = '1234'",
        "Payout {paid} goes to an account that ends in 1234, which its customer had not given when it was made.",
    ),
    "holds": (
        "UPDATE rewards_reward SET due_at = '2026-01-01' WHERE id = {reward}",
        "Reward {reward} is due 2026-01-01 00:00:00+00; what was decided says 2026-03-16 12:00:00+00.",
    ),
    "rates": (
        "UPDATE rewards_decision SET verdicts = jsonb_set(verdicts, '{{0,rate}}', "
        '\'{{"rate": "0.9", "day": "2026-03-02"}}\') WHERE subject_id = {subject}',
        "Storefront {storefront} has no rate of 0.9 on 2026-03-02, and rewards were decided by it.",
    ),
    "what was granted": (
        "UPDATE rewards_reward SET granted_minor = 600 WHERE id = {reward}",
        "Reward {reward} grants 600 by rule version {version}; the newest decision says 500 by {version}.",
    ),
    "reviews": (
        "UPDATE rewards_reward SET reviewed = TRUE WHERE id = {reward}",
        "Reward {reward} is held by a review: True; what was decided last says otherwise.",
    ),
    "crediting": (
        "UPDATE rewards_reward SET credited_at = '2026-01-01' WHERE id = {reward}",
        "Reward {reward} was credited 2026-01-01 00:00:00+00; its transfers say never.",
    ),
    "rows that somebody recorded": (
        "UPDATE rewards_adjustment SET public_id = gen_random_uuid()",
        "No event tells of adjustment {given}: nobody recorded it.",
    ),
    "rule versions": (
        "UPDATE rewards_ruleversion SET hold_days = 0, "
        "benefits = jsonb_set(benefits, '{{advocate,amount_minor}}', '9000') WHERE id = {version}",
        "Rule version {version} is not as it was saved: benefits, hold_days.",
    ),
    "credit in shops": (
        "UPDATE rewards_shopcredit SET given_minor = 5",
        "A shop has 5 of ours by account {credit}; its entries say 0.",
    ),
    "uses of codes": (
        'INSERT INTO rewards_couponuse (coupon_id, "order", amount_minor, used_at) '
        "VALUES ({coupon}, gen_random_uuid(), 5, now())",
        "Code {coupon} says 0 of it used; orders used 5.",
    ),
    "corrections for two": (
        "UPDATE rewards_correction SET state = 'done', needs_second = FALSE, corrected_id = {version}, "
        "approved_by_id = (SELECT MIN(id) FROM auth_user), approved_at = now(), "
        'difference = \'{{"moved": {{"EUR": 999999}}}}\'',
        "Correction {correction} moves 999999, above the limit of {limit}, but needed no second person.",
    ),
    "redemptions": (
        "UPDATE rewards_redemption SET order_external_id = '1002'",
        "Redemption {redemption} is reserved with 200 for order “1002”; the newest event says otherwise, or “”.",
    ),
    "sealed accounts": (
        "UPDATE rewards_payout SET destination = (SELECT destination FROM rewards_payee WHERE customer_id = {fred})",
        "Payout {paid} goes to another account than the one that ends in 3000, which was given.",
    ),
    "days of rewards": (
        "UPDATE rewards_rewardday SET pending_minor = pending_minor + 1 "
        "WHERE id = (SELECT min(id) FROM rewards_rewardday WHERE pending_minor <> 0 AND side = 'friend')",
        "Program {program}, EUR of the friend, 2026-03-02 (occurred): pending_minor 1501, rewards say 1500.",
    ),
    "transfers' accounts": (
        "UPDATE rewards_account SET unit = 'USD' WHERE id = {account}",
        "Transfer {transfer} (grant) is not of its reward: of another storefront or unit, between accounts of other "
        "kinds or owners, or of a version that never was.",
    ),
}


def names(fred):
    reward = Reward.objects.get(recipient=fred, rule__isnull=False)
    steps = Decision.objects.filter(subject__trigger="milestone").order_by("id")
    return {
        "fred": fred.pk,
        "alice": reward.subject.advocate.customer_id,
        "reward": reward.pk,
        "rule": reward.rule_id,
        "subject": reward.subject_id,
        "account": Account.objects.get(customer=fred, kind="pending").pk,
        "transfer": Transfer.objects.get(reward=reward).pk,
        "counter": Counter.objects.get(rule=reward.rule, key=fred.public_id).pk,
        "friends": Counter.objects.get(cap="friends").pk,
        "step": steps[0].subject_id,
        "step_decision": steps[0].pk,
        "payout": Transfer.objects.get(leg="reserve", unit="EUR", reward__form="cash").reference,
        "adjustment": Adjustment.objects.get().public_id,
        "given": Adjustment.objects.get().pk,
        "coded": Reward.objects.get(form="coupon").pk,
        "coupon": Coupon.objects.get(state="assigned").pk,
        "storefront": fred.storefront_id,
        "program": reward.program_id,
        "redemption": Redemption.objects.get().pk,
        "version": reward.rule_version_id,
        "correction": correction_of(reward.rule_version).pk,
        "limit": reward.program.four_eyes_above_minor,
        "paid": Payout.objects.get().pk,
        "batch": PayoutBatch.objects.get().pk,
        "policy": PayoutPolicy.objects.get().pk,
        "payee": Payee.objects.get(customer__name="alice").pk,
    }


def test_nothing_differs_where_nothing_was_spoilt(fred):
    assert list(audit.differences()) == []
    assert list(audit.parts()) == [check.name for check in CHECKS]


def test_each_difference_is_found_and_said(fred):
    assert set(SPOILT) == {check.name for check in CHECKS}
    shop = connected(fred.storefront, "shopify")
    credit = ShopCredit.objects.create(storefront=fred.storefront, connection=shop, customer=fred, unit="EUR")
    told = names(fred) | {"credit": credit.pk}
    for name, (statement, sentence) in SPOILT.items():
        with transaction.atomic():
            spoil(statement.format(**told))
            assert sentence.format(**told) in list(audit.parts()[name]())
            transaction.set_rollback(True)
