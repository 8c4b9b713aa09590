"""What customers expected of touchpoints against what they met, and what is said of brands in public."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy import reports, surveys
from advocacy.models import Customer, Mention
from tests import cast
from tests.cast import DAY
from tests.flows.api import secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme):
    return secret(acme)


def said(storefront, name, touchpoint, *, at, **scores):
    """One person's answers of a touchpoint: expectation, experience, importance."""
    person = Customer.objects.filter(storefront=storefront, external_id=name).first() or cast.customer(storefront, name)
    for kind, score in scores.items():
        answer_id = f"{name} {touchpoint} {kind} {at}"
        given = {"storefront": storefront, "customer": person, "answer_id": answer_id, "kind": kind, "score": score}
        surveys.answer(**given, touchpoint=touchpoint, answered_at=at, at=timezone.now())
    return person


def test_a_touchpoint_that_falls_short_where_it_matters_comes_first(shop, acme, rival):
    now = timezone.now()
    for number, (expected, met) in enumerate([(7, 4), (6, 4), (7, 5), (6, 5), (5, 3)]):
        said(acme, f"c{number}", "support", at=now - DAY, expectation=expected, experience=met, importance=7)
        said(acme, f"c{number}", "packaging", at=now - DAY, expectation=4, experience=6, importance=1)
    # Only the newest experience counts, and of who said one thing none.
    said(acme, "c0", "support", at=now - 2 * DAY, experience=1)
    said(acme, "alone", "support", at=now - DAY, experience=1)
    said(acme, "few", "checkout", at=now - DAY, expectation=7, experience=1)
    said(rival, "x", "support", at=now - DAY, expectation=7, experience=1)
    for number in range(4):
        visitor = cast.customer(acme, f"v{number}")
        seen = {"event_id": f"e{number}", "type": "visited", "touchpoint": "packaging", "occurred_at": now - DAY}
        reports.report(storefront=acme, customer=visitor, **seen, at=now)
    told = shop.get("/gaps").json()
    assert [each["touchpoint"] for each in told["gaps"]] == ["support", "checkout", "packaging"]
    support, checkout, packaging = told["gaps"]
    # Differences -3, -2, -2, -1, -2: their mean, and t(4) = 2.776 times their error of 0.3162.
    assert (support["pairs"], support["value"], support["expectation"], support["experience"]) == (5, -2.0, 6.2, 4.2)
    assert support["interval"] == pytest.approx([-2.878, -1.122], abs=0.001)
    # Six said how support was, of eleven whom any touchpoint met.
    assert support["reach"] == pytest.approx(6 / 11, abs=0.0001)
    assert (support["importance"], support["quadrant"]) == (1.0, "fix_first")
    assert support["priority"] == pytest.approx(2 * 6 / 11, abs=0.0001)
    assert (packaging["value"], packaging["priority"], packaging["quadrant"]) == (2.0, None, "possible_overkill")
    assert (checkout["pairs"], checkout["value"], checkout["experience"]) == (1, None, None)
    assert checkout["reason"].startswith("Not enough answers")
    rows = shop.get("/figures/gap.pairs/rows", key="support:1-7").json()
    assert (rows["number"], rows["sums"]) == (5, [{"unit": "", "amount": "-10"}])


def test_a_gap_is_of_a_segment_and_is_compared_with_before(shop, acme, program, client, olga):
    now = timezone.now()
    for number in range(5):
        person = said(acme, f"c{number}", "chat", at=now - 40 * DAY, expectation=6, experience=2 + number % 2)
        Customer.objects.filter(pk=person.pk).update(traits={"segments": ["regulars"]} if number else {})
        said(acme, f"c{number}", "chat", at=now - DAY, experience=5)
    (gap,) = shop.get("/gaps", compare="true").json()["gaps"]
    assert (gap["value"], gap["reason"]) == (-1.0, "Nobody said how much it matters.")
    assert gap["previous"] | {"interval": None} == {"pairs": 5, "value": -3.6, "interval": None, "improved": True}
    (some,) = shop.get("/gaps", segment="regulars").json()["gaps"]
    assert (some["pairs"], some["value"]) == (4, None)
    assert shop.get("/gaps", segment="nobody").json()["reason"].startswith("Nobody said both")
    client.force_login(olga)
    page = client.get("/admin/metrics/", {"part": "said"}).content.decode()
    assert "chat falls short most: −1.00" in page
    assert "chat (1 to 7)" in page


@pytest.mark.usefixtures("program", "fred")
@pytest.mark.parametrize(
    ("change", "words"),
    [({}, "expectation is asked of one"), ({"touchpoint": "Anna Braun"}, "names no person"), ({"score": 8}, "score")],
)
def test_an_expectation_without_a_touchpoint_or_off_its_scale_is_refused(shop, counted, change, words):
    before = counted()
    sent = {"answer_id": "A-1", "customer": "ext_fred", "kind": "expectation", "score": 5} | change
    problem = shop.post("/surveys/answers", sent if "score" not in change else sent | {"touchpoint": "chat"})
    assert (problem.status_code, words in str(problem.json()["errors"])) == (422, True), problem.json()
    assert counted() == before


def mention(number, brand, sentiment, **changes):
    at = (timezone.now() - timedelta(hours=1)).isoformat()
    told = {"mention_id": f"m{number}", "brand": brand, "source": "reddit", "sentiment": sentiment, "said_at": at}
    return told | changes


def test_what_is_said_of_brands_is_weighed_and_shared(shop, rival, program, client, olga):
    feelings = ["positive"] * 3 + ["negative"] + ["neutral"] * 2
    heard = [mention(number, "acme", feeling) for number, feeling in enumerate(feelings)]
    heard += [mention(6, "rival", "neutral"), mention(7, "other", "negative")]
    assert shop.put("/mentions", {"mentions": heard}).json() == {"changed": 8}
    heard[7] |= {"sentiment": "positive"}
    assert shop.put("/mentions", {"mentions": heard}).json() == {"changed": 1}
    acme, other, _ = shop.get("/mentions/scores").json()["brands"]
    assert (acme["brand"], acme["mentions"], acme["net_sentiment"], acme["share_of_voice"]) == ("acme", 6, 0.5, 0.75)
    assert (other["brand"], other["net_sentiment"]) == ("other", 1.0)
    panel = shop.get("/mentions/scores", panel="acme, rival,quiet").json()["brands"]
    assert [(each["brand"], each["share_of_voice"], each["net_sentiment"]) for each in panel] == [
        ("acme", pytest.approx(6 / 7, abs=0.0001), 0.5),
        ("rival", pytest.approx(1 / 7, abs=0.0001), None),
        ("quiet", 0.0, None),
    ]
    rows = shop.get("/figures/mentions/rows", key="acme").json()
    assert (rows["number"], rows["figure"]["kind"], rows["data"][0]["id"]) == (6, "mention", "m5")
    assert len(shop.get("/mentions", sentiment="neutral").json()["data"]) == 3
    assert secret(rival).get("/mentions").json()["data"] == []
    client.force_login(olga)
    assert "acme is spoken of most: 6" in client.get("/admin/metrics/", {"part": "said"}).content.decode()
    assert "rival" in client.get("/admin/advocacy/mention/").content.decode()


@pytest.mark.parametrize(
    ("mentions", "words"),
    [
        ([mention(1, "acme", "angry")], "sentiment"),
        ([mention(1, "acme", "neutral"), mention(1, "acme", "neutral")], "said twice"),
        ([mention(1, "acme", "neutral", source="Anna Braun")], "source"),
        ([mention(1, "acme", "neutral", said_at="2999-01-01T00:00:00Z")], "said_at"),
        ([], "mentions"),
    ],
)
def test_what_is_no_mention_is_refused_with_all_of_it(shop, mentions, words):
    problem = shop.put("/mentions", {"mentions": mentions})
    assert (problem.status_code, words in str(problem.json()["errors"])) == (422, True)
    assert not Mention.objects.exists()
