"""What the checks of fraud add to settling: the same conversions with and without them, in turn, in one database.

``python -m bench.fraud [conversions of a round]``. Everything that a check can ask about is there: addresses, digests
of networks and browsers, fingerprints of payments, hashes of addresses. Nobody cheats but one friend in a hundred, who
is held: two of an advocate paid with one card.
"""

import statistics
import sys
import time
from datetime import timedelta

from bench import ground, rules

GOAL, ROUNDS, USUAL, ADVOCATES = 120, 3, 2_000, 500
_PEOPLE = """
    UPDATE advocacy_customer SET email = made.email, email_key = made.email
    FROM (SELECT id, translate(md5(id::text), '0123456789', 'ghijklmnop') || '@example.com' AS email
        FROM advocacy_customer) made
    WHERE made.id = advocacy_customer.id AND advocacy_customer.email_key IS NULL
"""
# Friends come one by one, some hours apart, and one in two hundred has the card of the advocate's friend before.
_BONDS = """
    UPDATE referrals_referral SET bound_at = bound_at - make_interval(hours => (id / %s)::int * 7) WHERE bound_at = %s
"""
_ORDERS = """
    UPDATE referrals_order SET shipping_hash = md5('to' || id),
        payment_fingerprint = md5('card' || CASE WHEN id %% 100 = 0 AND id / %s %% 2 = 0 THEN id - %s ELSE id END)
    WHERE COALESCE(payment_fingerprint, '') = ''
"""
# Intake counts the event of a conversion in its row, where the backlog's writes events only.
_VERSIONS = "UPDATE referrals_conversion SET version = 1 WHERE version = 0"
_TRACES = """
    INSERT INTO referrals_trace (storefront_id, customer_id, network, network_before, device, device_before, at)
    SELECT storefront_id, id, md5('n' || id)::bytea, md5('m' || id)::bytea, md5('d' || id)::bytea,
        md5('e' || id)::bytea, %s
    FROM advocacy_customer person
    WHERE NOT EXISTS (SELECT FROM referrals_trace known WHERE known.customer_id = person.id)
"""


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL
    with ground.database():
        from bench import backlog  # noqa: PLC0415 (Django is set up first)

        program, advocates = backlog.program(rules.FIVE, advocates=ADVOCATES)
        _settled(backlog, program, advocates, ADVOCATES, checked=True)
        ratios = []
        for turn in range(ROUNDS):
            seconds = {
                checked: _settled(backlog, program, advocates, number, checked=checked)
                for checked in ((False, True), (True, False))[turn % 2]
            }
            ratios.append(seconds[True] / seconds[False])
            rates = {checked: round(number / each) for checked, each in seconds.items()}
            print(f"{rates[False]} conversions a second without checks, {rates[True]} with: {ratios[-1]:.2f}")
        _told(number)
    return ground.at_most("settling with the checks of fraud ÷ without (%)", 100 * statistics.median(ratios), GOAL)


def _settled(backlog, program, advocates, number, *, checked):
    """The seconds in which so many new conversions are settled."""
    from advocacy.outbox import drain  # noqa: PLC0415
    from referrals.models import FraudPolicy  # noqa: PLC0415

    backlog.convert(program, advocates, number=number)
    _furnish()
    FraudPolicy.objects.filter(program=program).update(active=checked)
    began, done = time.perf_counter(), 0
    while taken := drain.drain("money", at=ground.NOW + timedelta(seconds=1)):
        done += taken
    if done < number:
        raise SystemExit(f"{done} events were settled where {number} waited.")
    return time.perf_counter() - began


def _furnish():
    """What shops tell of people and orders, and the statistics of a database in use."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE)
        cursor.execute(_BONDS, [ADVOCATES, ground.NOW])
        cursor.execute(_ORDERS, [ADVOCATES, ADVOCATES])
        cursor.execute(_VERSIONS)
        cursor.execute(_TRACES, [ground.NOW])
        cursor.execute("ANALYZE")


def _told(number):
    from referrals.models import ReviewCase  # noqa: PLC0415

    screened = number * ROUNDS + ADVOCATES
    held = ReviewCase.objects.filter(held=True).count()
    print(f"{held} of {screened} were held")
    if not 0 < held < screened / 50:
        raise SystemExit("About one in a hundred should be held: the checks do not see what they should.")


if __name__ == "__main__":
    sys.exit(main())
