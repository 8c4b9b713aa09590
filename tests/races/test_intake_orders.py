"""The same thing said by many at once is one thing."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from advocacy import customers
from advocacy.models import Customer, Event
from advocacy.refusals import Refused
from referrals import conversions, orders, signups
from referrals.models import Conversion, Order, Referral, Refund
from referrals.orders import finding, taking
from tests import cast
from tests.cast import DAY, HOUR, NOON

SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run these in threads that start together; answers their results, or the refusal that each raised."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        try:
            return call()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


@pytest.fixture
def acme(transactional_db):
    return cast.acme()


def counts(**kinds):
    return {kind: Event.objects.filter(type=kind.replace("_", ".")).count() for kind in kinds} == kinds


@pytest.mark.parametrize("customer", [{"external_id": "fred"}, {"email": "fred@example.com"}, None])
def test_an_order_sent_50_times_at_once_is_one_order(acme, customer):
    cast.alice(cast.program(acme))
    known = Customer.objects.count()
    fields = cast.order(customer=customer, referral_code="ALICE-LINK")
    answers = at_once(*[lambda: orders.record(storefront=acme, orders=[fields], at=NOON)[0]] * 50)
    assert sorted(answer.created for answer in answers) == [False] * 49 + [True]
    assert {answer.order.pk for answer in answers} == {Order.objects.get().pk}
    assert {answer.conversion.pk for answer in answers} == {Conversion.objects.get().pk}
    assert Customer.objects.count() == known + 1
    assert counts(order_recorded=1, conversion_recorded=1, referral_created=1)


@pytest.mark.parametrize("known", [True, False])
def test_two_advocates_who_bring_a_friend_at_once_get_one_bond(acme, known):
    if known:
        cast.customer(acme, "fred", at=NOON - DAY)
    program = cast.program(acme)
    cast.alice(program)
    cast.mallory(program)

    def sign_up(code):
        person = "ext_fred" if known else {"external_id": "fred"}
        return lambda: signups.record(storefront=acme, customer=person, code=code, at=NOON)[1]

    answers = at_once(*[sign_up("ALICE-LINK"), sign_up("MALLORY-LINK")] * 5)
    bond = Referral.objects.get()
    assert {answer.referral for answer in answers} == {bond}
    assert sum(answer.created for answer in answers) == 1
    others = [answer for answer in answers if answer.reasons]
    assert [answer.reasons[0]["key"] for answer in others] == ["attributed_to_other"] * 5
    assert counts(referral_created=1)


def test_a_guest_who_orders_twice_at_once_is_one_guest(acme):
    def buy(number):
        fields = cast.order(str(number), customer={"email": f"Fred+{number}@example.com"})
        return lambda: orders.record(storefront=acme, orders=[fields], at=NOON)[0]

    at_once(*[buy(number) for number in range(10)])
    assert Customer.objects.get().orders.count() == 10
    assert counts(customer_created=1, order_recorded=10)


@pytest.mark.parametrize("known", [True, False])
def test_a_friends_orders_at_once_are_numbered_without_gaps(acme, known):
    if known:
        cast.customer(acme, "fred", at=NOON - DAY)
    cast.alice(cast.program(acme))

    def buy(number):
        fields = cast.order(str(number), customer={"external_id": "fred"}, referral_code="ALICE-LINK")
        return lambda: orders.record(storefront=acme, orders=[fields], at=NOON)[0]

    at_once(*[buy(number) for number in range(10)])
    assert sorted(Conversion.objects.values_list("sequence", flat=True)) == list(range(1, 11))
    bond = Referral.objects.get()
    assert (bond.last_sequence, bond.standing_conversions) == (10, 10)
    changes = Event.objects.filter(type="conversion.recorded").values_list("facts__friends_change", flat=True)
    assert sorted(changes) == [0] * 9 + [1]


def test_refunds_and_reviews_at_once_end_in_the_state_of_all_of_them(acme):
    cast.alice(cast.program(acme))
    fields = cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK")
    answer = orders.record(storefront=acme, orders=[fields], at=NOON)[0]

    def refund(number):
        body = {"refund_id": f"r{number}", "amount_minor": 1080}
        return lambda: orders.refund(order=answer.order, refund=body, at=NOON + DAY)

    def review(verdict):
        wanted = {"conversion": answer.conversion, "side": "both", "review": verdict, "at": NOON + DAY}
        return lambda: conversions.review(**wanted)

    answers = at_once(*[refund(number) for number in range(6)], review("held"), review("rejected"))
    refused = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert refused == ["refund_above_order"]
    assert Refund.objects.count() == 5
    assert Order.objects.get().refunded_minor == 5400
    conversion, bond = Conversion.objects.get(), Referral.objects.get()
    assert (conversion.stands, bond.standing_conversions, bond.converted_at) == (False, 0, None)
    events = Event.objects.filter(subject_kind="conversion")
    assert sum(events.values_list("facts__friends_change", flat=True)) == 0
    assert events.order_by("-version").first().facts["refunded_minor"] == 5400


def test_an_order_paid_by_many_at_once_converts_once(acme):
    cast.alice(cast.program(acme))
    fields = cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK", status="pending")
    orders.record(storefront=acme, orders=[fields], at=NOON)
    pay = {"storefront": acme, "external_id": "1001", "fields": {"status": "paid", "updated_at": NOON}, "at": NOON}
    at_once(*[lambda: orders.change(**pay)] * 10)
    assert counts(order_changed=1, conversion_recorded=1)


def test_two_orders_that_each_name_the_others_customer_do_not_wait_for_each_other_in_a_circle(acme):
    people = [cast.customer(acme, name, at=NOON - DAY) for name in ("fred", "gina")]
    for person in people:
        fields = cast.order(person.external_id, customer=f"ext_{person.external_id}")
        orders.record(storefront=acme, orders=[fields], at=NOON)
    told = threading.Event()

    def name_the_first_on_the_order_of_the_second():
        told.wait()
        return orders.change(storefront=acme, external_id="gina", fields={"customer": {"external_id": "fred"}}, at=NOON)

    def hold_the_first_then_take_the_second():
        with transaction.atomic():
            customers.lock(people[0])
            told.set()
            time.sleep(0.5)  # the other one waits for the first, and must not hold the second meanwhile
            return Customer.objects.select_for_update(no_key=True, nowait=True).get(pk=people[1].pk)

    answer, second = at_once(name_the_first_on_the_order_of_the_second, hold_the_first_then_take_the_second)
    assert [warning["code"] for warning in answer.warnings] == ["customer_differs"]
    assert second == people[1]


def test_reviews_of_a_friends_conversions_at_once_are_all_counted(acme):
    cast.alice(cast.program(acme))
    each = [cast.order(str(n), customer={"external_id": "fred"}, referral_code="ALICE-LINK") for n in range(10)]
    made = [answer.conversion for answer in orders.record(storefront=acme, orders=each, at=NOON)]

    def reject(conversion):
        return lambda: conversions.review(conversion=conversion, side="advocate", review="rejected", at=NOON + DAY)

    at_once(*[reject(conversion) for conversion in made])
    bond = Referral.objects.get()
    assert (bond.standing_conversions, bond.converted_at) == (0, None)
    changes = Event.objects.filter(type="conversion.rejected").values_list("facts__friends_change", flat=True)
    assert sorted(changes) == [-1] + [0] * 9


def test_a_review_waits_for_a_refund_that_is_not_yet_committed(acme):
    cast.alice(cast.program(acme))
    fields = cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK")
    answer = orders.record(storefront=acme, orders=[fields], at=NOON)[0]
    refunded = threading.Event()

    def refund():
        with transaction.atomic():
            orders.refund(order=answer.order, refund={"refund_id": "r1", "amount_minor": 1080}, at=NOON + DAY)
            refunded.set()
            time.sleep(0.5)  # the review reads meanwhile, or waits

    def review():
        refunded.wait()
        conversions.review(conversion=answer.conversion, side="both", review="held", at=NOON + DAY)

    at_once(refund, review)
    newest = Event.objects.filter(subject_kind="conversion").order_by("-version").first()
    assert (newest.type, newest.facts["refunded_minor"]) == ("conversion.held", 1080)


def test_puts_of_one_new_order_at_once_do_not_deadlock_and_the_newest_wins(acme):
    cast.alice(cast.program(acme))
    fields = [
        cast.order(customer={"external_id": "fred"}, referral_code="ALICE-LINK", updated_at=NOON + second * SECOND)
        | {"metadata": {"n": second}}
        for second in range(20)
    ]
    at_once(
        *[
            lambda said=said: orders.change(storefront=acme, external_id="1001", fields=said, at=NOON + HOUR)
            for said in fields
        ]
    )
    assert Order.objects.get().metadata == {"n": 19}
    assert Conversion.objects.count() == 1


def test_orders_at_the_same_moment_share_a_commit_and_each_gets_its_own_answer(acme):
    cast.alice(cast.program(acme))
    named = {
        str(n): cast.order(str(n), customer={"external_id": f"f{n}"}, referral_code="ALICE-LINK") for n in range(9)
    }
    named["bad"] = cast.order("bad", total_minor=7)

    def send(name):
        return lambda: orders.record(storefront=acme, orders=[named[name]], at=NOON)[0]

    def wait_until(number):
        while len(taking._meanwhile._waiting) < number:
            time.sleep(0.001)

    def hold_the_first_until_all_others_have_come():
        with transaction.atomic():
            finding.wait_for_turn(acme, [("external_id", "0")])
            held.set()
            wait_until(len(named))

    def after_the_first(name):
        def later():
            held.wait()
            while not taking._meanwhile._led:
                time.sleep(0.001)
            return send(name)()

        return later

    held = threading.Event()
    others = [name for name in named if name != "0"]

    def first():
        held.wait()
        return send("0")()

    _, *answers = at_once(
        hold_the_first_until_all_others_have_come, first, *[after_the_first(name) for name in [*others, "8"]]
    )
    assert [getattr(answer, "code", None) for answer in answers] == [None] * 9 + ["total_mismatch", None]
    assert [answer.order.external_id for answer in answers[:9]] == [str(n) for n in range(9)]
    assert [answer.created for answer in answers[:9]].count(True) + answers[-1].created == 9
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id, xmin::text FROM referrals_order ORDER BY external_id::int")
        commits = [commit for _, commit in cursor.fetchall()]
    assert len(set(commits[1:])) == 1
    assert counts(order_recorded=9, conversion_recorded=9, referral_created=9)


def test_an_order_that_waits_for_a_row_keeps_no_other_waiting(acme):
    gina, held, taken = cast.customer(acme, "gina", at=NOON - DAY), threading.Event(), threading.Event()

    def hold_her_row_until_the_other_order_is_taken():
        with transaction.atomic():
            customers.lock(gina)
            held.set()
            return taken.wait(10)

    def buy(name, *, after):
        after()
        fields = cast.order(name, customer={"external_id": name})
        answer = orders.record(storefront=acme, orders=[fields], at=NOON)[0]
        taken.set()
        return answer.created

    def she_is_first():
        while not taking._meanwhile._led:
            time.sleep(0.001)

    calls = [lambda: buy("gina", after=held.wait), lambda: buy("fred", after=she_is_first)]
    assert at_once(hold_her_row_until_the_other_order_is_taken, *calls) == [True, True, True]
