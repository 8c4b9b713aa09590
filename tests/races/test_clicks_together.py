"""Visits at the same moment share a statement, and each gets its own answer."""

import io
import threading

import pytest
from django.db import connections

from config.wsgi import application
from referrals import clicks, links
from referrals.models import Click
from referrals.pages.redirect import Door
from referrals.together import Together
from tests import cast
from tests.cast import NOON
from tests.races.test_settlement_races import together

pytestmark = pytest.mark.django_db(transaction=True)


class Work:
    """Answers with the double; the first batch waits until the test has let others come."""

    def __init__(self):
        self.batches, self.began, self.go_on = [], threading.Event(), threading.Event()

    def __call__(self, questions):
        self.batches.append(questions)
        self.began.set()
        self.go_on.wait(10)
        if 13 in questions:
            raise ValueError("unlucky")
        return [2 * question for question in questions]


def ask(work, *questions, most=200):
    """The first question alone, then the others while it is worked on: ``{question: answer or error}``."""
    shared, said = Together(work, most=most), {}

    def one(question):
        try:
            said[question] = shared.ask(question)
        except ValueError as error:
            said[question] = str(error)

    threads = [threading.Thread(target=one, args=(question,)) for question in questions]
    threads[0].start()
    work.began.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(shared._waiting) < len(questions) - 1:
        pass
    work.go_on.set()
    for thread in threads:
        thread.join()
    return said


def test_who_leads_after_a_crowd_waits_for_those_on_their_way_and_a_caller_alone_for_nobody(monkeypatch):
    paused = []
    monkeypatch.setattr("referrals.together.time.sleep", paused.append)
    shared = Together(lambda questions: questions, pause=5)
    assert (shared.ask(1), paused) == (1, [])
    shared._crowded = True
    assert (shared.ask(2), shared.ask(3), paused) == (2, 3, [5])


def test_who_comes_meanwhile_is_answered_by_one_more_statement():
    work = Work()
    assert ask(work, 1, 2, 3, 4) == {1: 2, 2: 4, 3: 6, 4: 8}
    assert [sorted(batch) for batch in work.batches] == [[1], [2, 3, 4]]


def test_a_batch_has_an_end_and_whoever_is_left_leads_the_next():
    work = Work()
    assert ask(work, 1, 2, 3, 4, 5, 6, most=2) == {n: 2 * n for n in range(1, 7)}
    assert [len(batch) for batch in work.batches] == [1, 2, 2, 1]


def test_an_error_is_told_to_its_batch_and_to_nobody_else():
    work = Work()
    said = ask(work, 1, 13, 14)
    assert said == {1: 2, 13: "unlucky", 14: "unlucky"}


def test_visits_of_many_threads_are_each_stored_once_and_answered_with_their_own_link():
    program = cast.program(cast.acme())
    codes = {name: links.create(advocate=cast.advocate(program, name), code=f"{name}-own", at=NOON) for name in "abcd"}
    wrong = []

    def visit(name):
        for number in range(25):
            opened = clicks.open_link(
                host="testserver",
                code=f"{name}-own",
                counted=True,
                visitor=b"",
                referrer="",
                query={"n": number},
                at=NOON,
            )
            if opened.link != codes[name].public_id:
                wrong.append(opened)

    together(*[lambda name=name: visit(name) for name in "abcdabcd"])
    assert wrong == []
    for link in codes.values():
        assert Click.objects.filter(link_id=link.pk).count() == 50


def visit_wsgi(path, **environ):
    """Status and headers that the server's own entry point answers with."""
    said = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "203.0.113.7",
        "HTTP_HOST": "testserver",
        "HTTP_USER_AGENT": "Mozilla/5.0",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
    } | environ
    answer = application(environ, lambda status, headers: said.append((status, dict(headers))))
    if hasattr(answer, "close"):
        answer.close()
    connections.close_all()
    return said[0]


@pytest.fixture
def alice(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    return cast.alice(cast.program(cast.acme()))


def test_the_door_before_django_answers_a_link_and_leaves_the_rest_to_django(alice):
    status, headers = visit_wsgi("/r/alice-link")
    assert status == "302 Found"
    assert headers["Location"].startswith("/a/ALICE-LINK?click=clk_")
    assert headers["Cache-Control"] == "no-store"
    assert Click.objects.count() == 1
    assert visit_wsgi("/r/nobody")[0].startswith("404")
    assert visit_wsgi("/r/alice-link", REQUEST_METHOD="POST")[0].startswith("405")
    assert visit_wsgi("/r/alice-link", HTTP_HOST="evil.example")[0].startswith("400")
    assert Click.objects.count() == 1


def test_the_door_and_django_answer_what_is_odd(alice, settings):
    settings.ALLOWED_HOSTS = ["testserver", ".acme.example"]
    unreadable = {"CONTENT_TYPE": "application/json; charset*=klingon''%ff", "CONTENT_LENGTH": "2"}
    for odd in (
        {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_FORWARDED": "host=evil"},
        {"HTTP_HOST": "new.acme.example"} | unreadable,
        {"HTTP_USER_AGENT": "\xff\xed\xa0\x80", "HTTP_REFERER": "\xff\0"},
        {"QUERY_STRING": "utm_source=%ED%A0%80%00%0d%0aSet-Cookie:%20a=b&utm_x=\xff"},
    ):
        status, headers = visit_wsgi("/r/alice-link", **odd)
        assert (status, headers["Location"][:23]) == ("302 Found", "/a/ALICE-LINK?click=clk")
        assert headers["Location"].isascii() and headers["Location"].isprintable()
    for odd in ("testserver,evil.example", "testserver@evil.example", "", "\xe9vil.example"):
        assert visit_wsgi("/r/alice-link", HTTP_HOST=odd)[0].startswith("400"), odd
    many = "&".join(f"utm_{number}=1" for number in range(1500))
    assert visit_wsgi("/r/alice-link", QUERY_STRING=many)[0].startswith("400")
    sent = {"REQUEST_METHOD": "POST"} | unreadable
    assert visit_wsgi("/api/v1/orders", **sent, **{"wsgi.input": io.BytesIO(b"{}")})[0].startswith("401")
    assert visit_wsgi("/in/shopify/con_x", **sent, **{"wsgi.input": io.BytesIO(b"{}")})[0].startswith("404")


def test_the_door_leaves_plain_http_to_django_where_https_is_wanted(alice, settings, rf):
    settings.SECURE_SSL_REDIRECT = True
    door = Door(lambda environ, start_response: "Django's")
    assert door(rf.get("/r/alice-link").environ, None) == "Django's"
    assert Click.objects.count() == 0
