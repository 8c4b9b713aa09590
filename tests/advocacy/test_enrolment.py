import pytest

from advocacy import enrolment
from advocacy.models import Advocate, AdvocateStatus, Event
from advocacy.refusals import NotFound, Refused
from tests import cast
from tests.cast import DAY, NOON


def enrolled():
    return Event.objects.filter(type="advocate.enrolled")


def test_a_customer_enrols_once(acme, program):
    fred = cast.fred(acme, country="DE", traits={"segments": ["vip", 7, "vip", "press"], "tier": "gold"})
    advocate, created = enrolment.enrol(program=program, customer=fred, display_name="Fred", terms_version=1, at=NOON)
    again, created_again = enrolment.enrol(program=program, customer=fred, at=NOON + DAY)
    assert (created, created_again) == (True, False)
    assert (again.pk, again.display_name, again.enrolled_at) == (advocate.pk, "Fred", NOON)
    event = enrolled().get()
    assert event.facts == {
        "status": "active",
        "terms_version": 1,
        "country": "DE",
        "advocate_segments": ["vip", "press"],
        "advocate_tier": "gold",
        "program_status": "active",
    }
    assert (event.advocate, event.program, event.customer) == (advocate, program, fred)


def test_nobody_joins_what_has_ended(program, fred):
    program.ends_at = NOON
    with pytest.raises(Refused, match="ended") as refusal:
        enrolment.enrol(program=program, customer=fred, at=NOON)
    assert refusal.value.code == "program_ended"
    assert not Advocate.objects.exists()


def test_rivals_customer_is_not_found(program, rival):
    with pytest.raises(NotFound):
        enrolment.enrol(program=program, customer=cast.fred(rival), at=NOON)


def test_a_status_is_told_when_it_changes(alice):
    for status in ("banned", "banned", "active"):
        alice = enrolment.set_status(advocate=alice, status=AdvocateStatus(status), at=NOON)
    told = Event.objects.filter(type="advocate.changed").order_by("version")
    assert [(event.version, event.facts["status"]) for event in told] == [(2, "banned"), (3, "active")]
    assert Advocate.objects.get().status == "active"
