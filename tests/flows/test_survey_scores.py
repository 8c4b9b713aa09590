"""What answers to surveys come to: each survey, kind and scale by itself, with its interval."""

import pytest
from django.utils import timezone

from advocacy import surveys
from tests import cast
from tests.cast import DAY
from tests.flows.api import secret

pytestmark = pytest.mark.django_db


def answered(storefront, survey, kind, marks, *, at, **scale):
    """``marks``: ``{score: how often}``."""
    fred = cast.fred(storefront)
    for number, score in enumerate(score for score, often in marks.items() for _ in range(often)):
        name = f"{survey}-{kind}-{scale}-{number}"
        surveys.answer(
            storefront=storefront, customer=fred, answer_id=name, survey=survey, kind=kind, score=score, **scale, at=at
        )


def test_scores_are_told_by_survey_and_scale_with_their_intervals(acme, rival):
    """Check values: 50, 30 and 20 of a hundred are 30 [14.05, 44.20]; ten promoters of ten at least 47.5."""
    now = timezone.now()
    answered(acme, "after", "nps", {10: 50, 7: 30, 0: 20}, at=now)
    answered(acme, "small", "nps", {9: 10}, at=now)
    answered(acme, "after", "csat", {5: 3, 4: 3, 1: 4}, at=now)
    answered(acme, "after", "ces", {7: 1, 5: 1}, at=now)
    answered(acme, "after", "ces", {3: 2}, at=now, scale_max=5)
    answered(acme, "late", "nps", {0: 1}, at=now - 40 * DAY)
    told = secret(acme).get("/surveys/scores").json()
    found = [
        (each["survey"], each["kind"], each["scale_max"], each["answers"], each["value"], each["interval"])
        for each in told["scores"]
    ]
    assert [each[:5] for each in found] == [
        ("after", "ces", 5, 2, 3.0),
        ("after", "ces", 7, 2, 6.0),
        ("after", "csat", 5, 10, 0.6),
        ("after", "nps", 10, 100, 30.0),
        ("small", "nps", 10, 10, 100.0),
    ]
    assert found[3][5] == pytest.approx([14.05, 44.20], abs=0.01)
    assert found[4][5] == pytest.approx([47.5, 100], abs=0.1)
    assert found[2][5] == pytest.approx([0.3127, 0.8318], abs=0.0001)
    other = secret(rival).get("/surveys/scores").json()
    assert (other["scores"], "POST /surveys/answers" in other["reason"]) == ([], True)


@pytest.mark.parametrize(
    ("query", "words"),
    [("from=2026-13-01", "from"), ("from=2026-02-02&to=2026-02-01", "the first day comes first"), ("kind=nps", "kind")],
)
def test_a_period_that_cannot_be_is_refused_in_words(acme, query, words):
    answer = secret(acme).get(f"/surveys/scores?{query}")
    assert (answer.status_code, words in answer.json()["detail"]) == (400, True)
