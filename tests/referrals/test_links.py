import re

import pytest

from advocacy import enrolment
from advocacy.models import Event
from advocacy.refusals import Conflict, Refused
from referrals import links
from referrals.models import Link
from tests import cast
from tests.cast import DAY, NOON

LETTERS = "[0-9A-HJKMNP-TV-Z]"


def enrol(program, person, **fields):
    return links.enrol(program=program, customer=person, at=NOON, **fields)


def test_enrolling_makes_the_first_link_and_the_advocates_code(program, fred):
    advocate, link, created = enrol(program, fred, code="fred-2026")
    assert created
    assert (advocate.code, link.code, link.advocate, link.status) == ("FRED-2026", "FRED-2026", advocate, "active")
    event = Event.objects.get(type="link.created")
    assert event.facts == {"link": str(link.public_id), "status": "active"}
    assert (event.subject_id, event.advocate, event.customer) == (link.public_id, advocate, fred)


def test_enrolling_again_answers_with_the_same_link(program, fred):
    first = enrol(program, fred)
    again = enrol(program, fred)
    assert (again[0].pk, again[1].pk, again[2]) == (first[0].pk, first[1].pk, False)
    assert enrol(program, fred, code=first[1].code.lower())[1] == first[1]
    with pytest.raises(Conflict) as refusal:
        enrol(program, fred, code="another")
    assert refusal.value.code == "already_enrolled"
    assert Link.objects.count() == 1


@pytest.mark.parametrize(
    ("display_name", "shows_name", "shape"),
    [
        ("Zoë Müller", True, f"ZOE{LETTERS}{{4}}"),
        ("Zoë Müller", False, f"{LETTERS}{{8}}"),
        ("李", True, f"{LETTERS}{{8}}"),
        ("", True, f"{LETTERS}{{8}}"),
        ("Maximilian-Alexander", True, f"MAXIMILIANAL{LETTERS}{{4}}"),
    ],
)
def test_a_made_code_holds_only_a_name_that_friends_may_read(program, fred, display_name, shows_name, shape):
    _, link, _ = enrol(program, fred, display_name=display_name, shows_name=shows_name)
    assert re.fullmatch(shape, link.code)


@pytest.mark.parametrize("code", ["ab", "a" * 41, "über", "a b c", "-abc", "abc-", "admin", "Portal", "a/b"])
def test_a_code_that_could_mislead_is_refused(program, fred, code):
    with pytest.raises(Refused) as refusal:
        enrol(program, fred, code=code)
    assert refusal.value.code == "invalid_code"
    assert not Link.objects.exists()


def test_a_taken_code_is_refused_and_nobody_is_enrolled(program, alice, fred):
    with pytest.raises(Conflict) as refusal:
        enrol(program, fred, code="ALICE-link")
    assert refusal.value.code == "code_taken"
    assert list(program.advocates.all()) == [alice]


def test_a_code_is_taken_on_a_shared_host_by_a_rival_too(alice, rival):
    with pytest.raises(Conflict):
        cast.alice(cast.program(rival))
    rival.link_domain = "go.rival.example"
    rival.save()
    assert cast.alice(cast.program(rival, slug="own-host")).code == "ALICE-LINK"


@pytest.mark.parametrize(
    "destination",
    ["https://evil.example/", "http://acme.example/", "https://acme.example@evil.example/", "//acme.example", "acme"],
)
def test_a_link_leads_only_to_the_programs_hosts(alice, destination):
    with pytest.raises(Refused) as refusal:
        links.create(advocate=alice, destination=destination, at=NOON)
    assert refusal.value.code == "unsafe_destination"


def test_an_advocate_may_have_links_of_their_own_ends(alice):
    link = links.create(
        advocate=alice,
        code="alice-mug",
        channel="whatsapp",
        destination="https://ACME.example/mug?x={code}",
        expires_at=NOON + 30 * DAY,
        at=NOON,
    )
    assert (link.code, link.channel, link.expires_at) == ("ALICE-MUG", "whatsapp", NOON + 30 * DAY)
    with pytest.raises(Refused, match="over"):
        links.create(advocate=alice, expires_at=NOON, at=NOON)


def test_an_address_is_on_the_storefronts_own_host_where_it_has_one(acme, alice, settings):
    settings.BASE_URL = "https://base.example"
    assert links.address(alice.links.get()) == "https://base.example/r/ALICE-LINK"
    acme.link_domain = "Go.acme.example"
    acme.save()
    alice.storefront = acme
    assert links.address(links.create(advocate=alice, code="own", at=NOON)) == "https://go.acme.example/r/OWN"


def test_the_handler_gives_a_first_link_to_who_has_none(program, fred):
    advocate, _ = enrolment.enrol(program=program, customer=fred, at=NOON)
    event = Event.objects.get(type="advocate.enrolled")
    for _ in range(2):
        links.first_link_for(events=[event], at=NOON)
    advocate.refresh_from_db()
    assert [advocate.code] == [link.code for link in advocate.links.all()]


def test_the_handler_asks_once_for_those_who_have_a_link(program, django_assert_num_queries):
    for name in ("alice", "carol", "dora"):
        cast.advocate(program, name)
    events = list(Event.objects.filter(type="advocate.enrolled"))
    with django_assert_num_queries(1):
        links.first_link_for(events=events, at=NOON)
    assert Link.objects.count() == 3


def test_a_link_can_be_switched_off_and_on(alice):
    link = alice.links.get()
    assert links.set_status(link=link, status="disabled", at=NOON).status == "disabled"
    for _ in range(2):
        links.set_status(link=link, status="active", at=NOON + DAY)
    told = Event.objects.filter(subject_kind="link").order_by("version")
    assert [(event.type, event.version, event.facts["status"], event.advocate) for event in told] == [
        ("link.created", 1, "active", alice),
        ("link.changed", 2, "disabled", alice),
        ("link.changed", 3, "active", alice),
    ]
    assert (Link.objects.get().status, Link.objects.get().version) == ("active", 3)
    with pytest.raises(Refused):
        links.set_status(link=link, status="gone", at=NOON)
