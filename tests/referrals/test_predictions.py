"""The night's models: from what people bought to what is expected of each, and whom that tells something of."""

import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db.models import Sum

from advocacy import enrolment, expectations, jobs, merging, privacy
from advocacy.expectations import Expected
from advocacy.models import AdvocateStatus, Customer, Event, Job, Pending, Standing
from referrals import predictions
from referrals.models import Buyer, Fit
from referrals.predictions import expecting, left, working
from tests.cast import DAY, NOON
from tests.referrals.history import brought, person

pytestmark = pytest.mark.django_db

TODAY = NOON.date()
# The paper's parameters of how often, in days instead of weeks, and of how much.
OFTEN = {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}
MUCH = {"p": 6.25, "q": 3.74, "v": 1544.0}


def history(customer, repeats, recency, age, spent=0):
    """Bought first ``age`` days ago, last ``recency`` days later, on so many days after the first one."""
    first = TODAY - timedelta(days=age)
    counts = [field.name for field in Buyer._meta.fields if field.name[:6] in ("value_", "orders")]
    told = dict.fromkeys(counts, 0) | {"first_minor": 100, "band": 3, "left_out": 0, "channel": "direct"}
    told |= {"first_at": NOON - age * DAY, "last_at": NOON - (age - recency) * DAY, "first_day": first}
    told |= {"last_day": first + timedelta(days=recency), "repeat_days": repeats, "repeat_minor": spent}
    told |= {"kept_minor": spent, "months": [0], "months_minor": [0], "referred": False, "rejected": False}
    return Buyer(customer=customer, storefront_id=customer.storefront_id, **told)


def buyer(customer, *, repeats, recency, age, spent=0):
    history(customer, repeats, recency, age, spent).save()


def many(storefront, histories):
    """A customer of each ``(repeats, recency, age, spent)``."""
    times = dict.fromkeys(("created_at", "updated_at", "recorded_at"), NOON - 400 * DAY)
    people = Customer.objects.bulk_create([Customer(storefront=storefront, **times) for _ in histories])
    Buyer.objects.bulk_create([history(each, *told) for each, told in zip(people, histories, strict=True)])


def some(number):
    """Histories of people who buy at random at a rate of their own, until they leave after some purchase."""
    chance, histories = np.random.default_rng(3), []
    for age in range(150, 150 + 2 * number, 2):
        rate, leaves, mean = chance.gamma(1, 1 / 60), chance.beta(0.8, 2.5), chance.gamma(6) * 1000
        days, now = set(), chance.exponential(1 / rate)
        while now < age:
            days.add(int(now) + 1)
            now = age if chance.random() < leaves else now + chance.exponential(1 / rate)
        spent = sum(int(chance.gamma(4, mean / 4)) for _ in days)
        histories.append((len(days), max(days, default=0), age, spent))
    return histories


def night(storefront, *, at=NOON, fit=None):
    """The whole job; ``fit``: columns of the model, in place of one that is fitted. The Fit it leaves."""
    predictions.begin(at=at)
    job = Job.objects.filter(storefront=storefront, kind=predictions.JOB).latest("pk")
    if fit is not None:
        made = Fit.objects.create(storefront=storefront, day=job.parameters["day"], fitted_at=at, customers=1, **fit)
        Job.objects.filter(pk=job.pk).update(cursor={"fit": made.pk, "after": 0})
    worker, first = uuid.uuid4(), True
    while jobs.step(pk=job.pk, worker=worker, first=first, at=at):
        first = False
    job.refresh_from_db()
    assert job.state == "done", job.error
    return Fit.objects.get(storefront=storefront, day=job.parameters["day"])


def expected(customer):
    columns = ("alive_percent", "expected_orders_e2", "expected_value_minor", "at_risk_since")
    return Standing.objects.filter(customer=customer).values_list(*columns).first()


def write(storefront, customer, alive, *, orders=150, value=7400, at=NOON):
    one = Expected(customers=[customer.pk], alive=[alive], orders_e2=[orders], value_minor=[value])
    return expectations.write_down(storefront=storefront, expected=one, at=at, above=customer.pk - 1)


def told():
    return list(Event.objects.filter(type="customer.at_risk").order_by("pk"))


def test_the_papers_customer_has_their_numbers_in_their_standing(acme, rival, fred):
    buyer(fred, repeats=2, recency=213, age=272, spent=10000)
    once, gone, theirs = person(acme, "once"), person(acme, "gone"), person(rival, "theirs")
    buyer(once, repeats=0, recency=0, age=272)
    buyer(gone, repeats=2, recency=40, age=272, spent=10000)
    buyer(theirs, repeats=2, recency=213, age=272)
    found = night(acme, fit=OFTEN | MUCH)
    # P(alive) = 0.72658 and 0.14260; 1.56233, 0.25270 and 0.30662 orders, of 47.34 and 35.22.
    assert expected(fred) == (73, 156, 7400, None)
    assert expected(once) == (100, 25, 890, None)
    assert expected(gone) == (14, 31, 1500, NOON)
    assert expected(theirs) is None
    assert (found.expected_of, found.changed, found.at_risk, found.told) == (3, 3, 1, 0)
    assert (found.orders_e2, found.value_minor, found.written_at) == (212, 9790, NOON)
    acme.refresh_from_db()
    assert acme.expected_on == TODAY


def test_a_night_fits_what_was_bought_and_the_next_that_changes_nothing_writes_nothing(acme):
    many(acme, some(150))
    first = night(acme)
    assert (first.reason, first.customers, first.expected_of, first.changed) == ("", 150, 150, 150)
    assert first.alpha > 0
    assert predictions.begin(at=NOON + timedelta(hours=1)) == 0
    rows = list(Standing.objects.order_by("pk").values())
    parameters = {name: getattr(first, name) for name in (*OFTEN, *MUCH)}
    # The same models on a day that is as far from what was bought.
    Fit.objects.all().delete()
    Job.objects.all().delete()
    again = night(acme, fit=parameters)
    assert (again.expected_of, again.changed) == (150, 0)
    assert list(Standing.objects.order_by("pk").values()) == rows


def test_who_falls_below_the_limit_is_told_once_and_who_comes_back_is_at_risk_no_more(acme, alice):
    alice, standing = alice.customer, {"friends_joined": 4, "friends_converted": 3}
    Standing.objects.create(customer=alice, **standing)
    version = alice.version
    assert write(acme, alice, 60).told == 0
    fell = write(acme, alice, 43, at=NOON + DAY)
    assert (fell.changed, fell.told) == (1, 1)
    assert expected(alice) == (43, 150, 7400, NOON + DAY)
    (event,) = told()
    alice.refresh_from_db()
    assert (event.subject_id, event.version, alice.version) == (alice.public_id, version + 1, version + 1)
    assert (event.customer_id, event.occurred_at) == (alice.pk, NOON + DAY)
    assert event.facts == {
        "alive_percent": 43,
        "expected_orders_e2": 150,
        "expected_value_minor": 7400,
        "currency": "EUR",
        "advocate": True,
        "friends": 3,
    }
    assert Pending.objects.filter(event=event, lane="money").exists()
    assert write(acme, alice, 41, at=NOON + 2 * DAY).told == 0
    assert expected(alice)[3] == NOON + DAY
    write(acme, alice, 50, at=NOON + 3 * DAY)
    assert expected(alice)[3] is None
    assert write(acme, alice, 49, at=NOON + 4 * DAY).told == 1
    assert len(told()) == 2


def test_nobody_is_told_of_who_is_below_when_first_looked_at_or_by_a_limit_that_was_raised(acme, fred, alice):
    assert write(acme, fred, 10).told == 0
    assert expected(fred)[3] == NOON
    write(acme, alice.customer, 60)
    acme.at_risk_below = 70
    assert write(acme, alice.customer, 60, at=NOON + DAY).told == 0
    assert expected(alice.customer)[3] == NOON + DAY
    assert told() == []


@pytest.mark.parametrize(
    ("stands", "found", "written"),
    [
        ((60, 200, 7400), (60, 190, 7030), False),
        ((60, 200, 7400), (60, 189, 7400), True),
        ((60, 200, 7400), (60, 211, 7400), True),
        ((60, 200, 7400), (60, 200, 7029), True),
        ((60, 200, 7400), (59, 199, 7400), True),
        ((60, 8, 7400), (60, 7, 7400), True),
        ((60, 200, 7400), (60, 200, None), True),
        ((60, 200, None), (60, 200, 7400), True),
        ((60, 200, None), (60, 199, None), False),
    ],
)
def test_only_of_whom_something_else_is_expected_it_is_written(acme, fred, stands, found, written):
    write(acme, fred, stands[0], orders=stands[1], value=stands[2])
    told = write(acme, fred, found[0], orders=found[1], value=found[2], at=NOON + DAY)
    assert expected(fred)[:3] == (found if written else stands)
    assert (told.changed, told.orders_e2, told.value_minor) == (int(written), *expected(fred)[1:3])


def test_small_steps_of_many_nights_add_up_and_the_limit_is_crossed_on_its_night(acme, fred):
    nights = [(52, 200), (51, 196), (51, 192), (51, 188), (51, 184), (50, 183), (49, 182), (49, 181)]
    found = [
        (write(acme, fred, alive, orders=orders, at=NOON + number * DAY), expected(fred)[1])
        for number, (alive, orders) in enumerate(nights)
    ]
    assert [stands for _, stands in found] == [200, 196, 196, 196, 184, 183, 182, 182]
    assert [said.told for said, _ in found] == [0, 0, 0, 0, 0, 0, 1, 0]
    (event,) = told()
    assert (event.facts["alive_percent"], event.facts["expected_orders_e2"]) == (49, 182)
    assert event.occurred_at == expected(fred)[3] == NOON + 6 * DAY


def test_what_a_night_adds_up_to_is_what_stands_at_its_customers(acme):
    many(acme, some(150))
    parameters = {name: getattr(night(acme), name) for name in (*OFTEN, *MUCH)}
    later = night(acme, at=NOON + DAY, fit=parameters)
    stands = Standing.objects.aggregate(orders=Sum("expected_orders_e2"), value=Sum("expected_value_minor"))
    assert {"orders": later.orders_e2, "value": later.value_minor} == stands
    assert 0 < later.changed < 50


def test_too_few_customers_and_a_model_that_does_not_converge_say_so_and_leave_what_was_expected(acme, fred):
    buyer(fred, repeats=2, recency=213, age=272, spent=10000)
    night(acme, fit=OFTEN | MUCH)
    before = expected(fred)
    few = night(acme, at=NOON + DAY)
    assert few.reason == (
        "1 customers bought, 1 of them on a second day. It takes 100 and 20 to tell habit from chance."
    )
    many(acme, [(1, 10, 11, 1000)] * 120)
    odd = night(acme, at=NOON + 2 * DAY)
    assert odd.reason.startswith("The model did not converge"), odd.reason
    assert (odd.r, odd.written_at, odd.changed, expected(fred)) == (None, None, 0, before)
    newest, written = predictions.told(storefront=acme)
    assert (newest, written.day) == (odd, TODAY)
    acme.refresh_from_db()
    assert acme.expected_on == TODAY


def test_without_a_model_of_how_much_orders_are_expected_and_no_value(acme, fred):
    buyer(fred, repeats=2, recency=213, age=272, spent=10000)
    found = night(acme, fit=OFTEN | {"spend_reason": "The model did not converge."})
    assert expected(fred) == (73, 156, None, None)
    assert found.value_minor is None


def test_of_merged_and_erased_people_nothing_is_expected_but_of_the_survivor(acme, alice, fred):
    ron, other = person(acme, "ron"), person(acme, "other")
    for each in (alice.customer, fred, ron, other):
        buyer(each, repeats=2, recency=40, age=272, spent=10000)
    night(acme, fit=OFTEN | MUCH)
    merging.merge(survivor=fred, merged=other, source="api", at=NOON)
    privacy.erase_rows(customer=ron, at=NOON)
    assert expected(ron) == (None, None, None, None)
    Standing.objects.filter(customer=ron).update(alive_percent=90)  # as if the erasure came between two statements
    night(acme, at=NOON + DAY, fit=OFTEN | MUCH)
    assert [expected(each)[:1] for each in (fred, ron, other)] == [(14,), (None,), (None,)]
    ron = Customer.objects.get(pk=ron.pk)
    write(acme, ron, 60)
    assert write(acme, ron, 40, at=NOON + DAY).told == 0
    assert told() == []


def test_friends_of_an_advocate_who_left_are_flagged_until_they_come_back(acme, program, alice, mallory, fred):
    ginny, ron = person(acme, "ginny"), person(acme, "ron")
    brought(alice, fred, at=NOON)
    brought(mallory, ginny, at=NOON)
    merging.merge(survivor=ron, merged=ginny, source="api", at=NOON)

    def flagged(at=NOON):
        left.flag(storefront=acme, at=at)
        return dict(Standing.objects.exclude(advocate_left_at=None).values_list("customer", "advocate_left_at"))

    assert flagged() == {}
    write(acme, alice.customer, 40)
    assert flagged() == {fred.pk: NOON}
    enrolment.set_status(advocate=mallory, status=AdvocateStatus.BANNED, at=NOON)
    assert flagged(NOON + DAY) == {fred.pk: NOON, ron.pk: NOON + DAY}
    assert left.flag(storefront=acme, at=NOON + DAY) == 0
    write(acme, alice.customer, 90)
    enrolment.set_status(advocate=mallory, status=AdvocateStatus.ACTIVE, at=NOON)
    assert flagged() == {}
    privacy.erase_rows(customer=alice.customer, at=NOON)
    assert flagged(NOON + DAY) == {fred.pk: NOON + DAY}


def test_a_worker_that_dies_between_steps_or_in_one_loses_and_doubles_nothing(acme, monkeypatch):
    monkeypatch.setattr(working, "AT_ONCE", 60)
    many(acme, some(150))
    predictions.begin(at=NOON)
    job, older, newer = Job.objects.get(), uuid.uuid4(), uuid.uuid4()
    for first in (True, False):
        assert jobs.step(pk=job.pk, worker=older, first=first, at=NOON)
    job.refresh_from_db()
    assert (job.done, job.total, Standing.objects.count()) == (60, 150, 60)

    def dies(**said):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(working, "_count", dies)
        assert not jobs.step(pk=job.pk, worker=older, first=False, at=NOON)
    assert Standing.objects.count() == 60
    jobs.retry(job=job, at=NOON)
    while jobs.step(pk=job.pk, worker=newer, first=job.worker != newer, at=NOON):
        job.refresh_from_db()
        assert not jobs.step(pk=job.pk, worker=older, first=False, at=NOON)
    job.refresh_from_db()
    found = Fit.objects.get()
    assert job.result == {
        "reason": "",
        "customers": 150,
        "changed": 150,
        "at_risk": found.at_risk,
        "told": 0,
        "friends_flagged_or_back": 0,
    }
    assert (found.expected_of, found.changed, Standing.objects.exclude(alive_percent=None).count()) == (150, 150, 150)
    assert found.at_risk == Standing.objects.exclude(at_risk_since=None).count() > 0


def test_each_storefront_begins_with_its_own_day(acme, rival, fred):
    midnight = NOON.replace(hour=23)
    assert predictions.begin(at=midnight) == 0
    buyer(fred, repeats=0, recency=0, age=10)
    acme.time_zone = "Europe/Berlin"
    acme.save()
    assert predictions.begin(at=midnight) == 1
    assert Job.objects.get().parameters == {"day": str(TODAY + timedelta(days=1))}
    assert predictions.begin(at=midnight + timedelta(hours=2)) == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, 0), (7.5, 8), (99.4, 99), (994, 990), (995, 1000), (12345, 12000), (12500, 13000), (1e6, 1e6)],
)
def test_values_keep_two_digits(value, shown):
    assert expecting.to_digits([value])[0] == shown
