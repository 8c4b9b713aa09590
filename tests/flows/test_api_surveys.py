import pytest

from advocacy.models import Answer, Event
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db
SAID = {"answer_id": "A-1", "customer": "ext_fred", "kind": "nps", "score": 9}


@pytest.fixture
def shop(acme, program, fred):
    return secret(acme)


def test_an_answer_is_told_as_an_event(shop, program, fred):
    made = shop.post("/surveys/answers", SAID)
    assert made.status_code == 201
    assert (made.json()["scale_min"], made.json()["scale_max"]) == (0, 10)
    event = Event.objects.get(type="survey.answered")
    assert (event.program, event.customer, event.advocate) == (program, fred, None)
    assert event.facts == {
        "survey": "",
        "kind": "nps",
        "touchpoint": "",
        "score": 9,
        "scale_min": 0,
        "scale_max": 10,
        "country": "",
        "stands": True,
        "program_status": "active",
    }
    assert shop.get("/surveys/answers", kind="nps").json()["data"] == [made.json()]
    for name in (made.json()["id"], "ext_A-1"):
        assert shop.get(f"/surveys/answers/{name}").json() == made.json()


def test_an_answer_belongs_to_the_survey_of_its_address(shop, rival):
    made = shop.post("/surveys/after delivery/answers", SAID)
    assert (made.status_code, made.json()["survey"]) == (201, "after delivery")
    assert Event.objects.get(type="survey.answered").facts["survey"] == "after delivery"
    shop.post("/surveys/answers", SAID | {"answer_id": "A-2"})
    again = shop.post("/surveys/answers", SAID | {"survey": "after delivery"})
    assert (again.status_code, again.json()) == (200, made.json())
    assert shop.post("/surveys/other/answers", SAID).status_code == 409
    assert shop.get("/surveys/after delivery/answers").json()["data"] == [made.json()]
    assert shop.get("/surveys/other/answers").json()["code"] == "unknown_survey"
    assert secret(rival).get("/surveys/after delivery/answers").status_code == 404
    assert "survey" in shop.post("/surveys/x/answers", SAID | {"survey": "x"}).json()["errors"]


def test_an_advocates_answer_names_the_advocate(shop, alice):
    shop.post("/surveys/answers", SAID | {"customer": "ext_alice", "kind": "csat", "score": 4})
    assert Event.objects.get(type="survey.answered").advocate == alice


def test_an_answer_counts_once(shop):
    made = shop.post("/surveys/answers", SAID)
    again = shop.post("/surveys/answers", SAID)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", made.json())
    problem = shop.post("/surveys/answers", SAID | {"score": 3})
    assert (problem.status_code, problem.json()["code"]) == (409, "idempotency_conflict")
    assert (Answer.objects.count(), Event.objects.filter(type="survey.answered").count()) == (1, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"score": 11}, "score"),
        ({"kind": "csat", "score": 0}, "score"),
        ({"kind": "csat", "score": 6, "scale_max": 5}, "score"),
        ({"kind": "ces", "score": 5, "scale_min": 5, "scale_max": 5}, "scale_max"),
        ({"score": 4, "scale_max": 5}, "scale_max"),
        ({"kind": "mood"}, "kind"),
        ({"answer_id": ""}, "answer_id"),
    ],
)
def test_what_is_off_its_scale_is_refused(shop, counted, change, field):
    before = counted()
    problem = shop.post("/surveys/answers", SAID | change)
    assert problem.status_code == 422
    assert field in problem.json()["errors"]
    assert counted() == before


def test_rivals_customer_and_program_are_unknown(shop, rival):
    cast.program(rival, slug="tea")
    other = secret(rival)
    assert other.post("/surveys/answers", SAID).status_code == 404
    assert shop.post("/surveys/answers", SAID | {"program": "tea"}).status_code == 404
    assert other.get("/surveys/answers").json()["data"] == []
