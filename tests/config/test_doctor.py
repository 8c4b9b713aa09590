"""``manage.py doctor``: what it finds, what it says to do, and that what nobody answered is not taken for good."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from advocacy.models import Storefront
from config import doctor
from config.doctor import here, links, names, senders
from config.doctor.findings import Findings
from tests import dns_server

pytestmark = pytest.mark.django_db
SPF = ("acme.example", "TXT")
DMARC, ABOVE = ("_dmarc.mail.acme.example", "TXT"), ("_dmarc.acme.example", "TXT")
KEY = ("pm._domainkey.mail.acme.example", "TXT")
SENDER = ("mail.acme.example", "TXT")
GOOD = {
    SENDER: ["some-site-verification=1", "v=spf1 include:spf.mtasv.net ~all"],
    KEY: ["k=rsa; p=MIGfMA0G"],
    ABOVE: ["v=DMARC1; p=reject; rua=mailto:postmaster@acme.example"],
    ("mail.acme.example", "MX"): ["10 mx.acme.example."],
    ("go.acme.example", "A"): ["203.0.113.5"],
}


@pytest.fixture
def sender(acme, settings):
    settings.MAIL_SPF = "include:spf.mtasv.net"
    acme.mail_from, acme.dkim_selector, acme.link_domain = "friends@mail.acme.example", "pm", ""
    acme.save()
    return acme


@pytest.mark.parametrize(
    ("records", "selector", "told"),
    [
        ({}, "pm", "SPF ok, DKIM ok, DMARC ok, answers ok"),
        ({}, "", "SPF ok, DKIM ok, DMARC ok, answers ok"),
        ({SENDER: ["v=spf1 a -all"]}, "pm", "SPF fail, DKIM ok, DMARC ok, answers ok"),
        ({SENDER: ["v=spf1 include:spf.mtasv.net +all"]}, "pm", "SPF fail, DKIM ok, DMARC ok, answers ok"),
        ({SENDER: ["v=spf1 -all", "v=spf1 ~all"]}, "pm", "SPF fail, DKIM ok, DMARC ok, answers ok"),
        ({SENDER: None}, "pm", "SPF fail, DKIM ok, DMARC ok, answers ok"),
        ({}, "other", "SPF ok, DKIM fail, DMARC ok, answers ok"),
        ({KEY: ["k=rsa; p="]}, "pm", "SPF ok, DKIM fail, DMARC ok, answers ok"),
        ({KEY: None}, "", "SPF ok, DKIM warn, DMARC ok, answers ok"),
        ({ABOVE: None}, "pm", "SPF ok, DKIM ok, DMARC fail, answers ok"),
        ({DMARC: ["v=DMARC1; p=none"]}, "pm", "SPF ok, DKIM ok, DMARC warn, answers ok"),
        ({ABOVE: ["v=DMARC1; p=reject; sp=none"]}, "pm", "SPF ok, DKIM ok, DMARC warn, answers ok"),
        ({ABOVE: ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}, "pm", "SPF ok, DKIM ok, DMARC fail, answers ok"),
        ({("mail.acme.example", "MX"): ["0 ."]}, "pm", "SPF ok, DKIM ok, DMARC ok, answers warn"),
    ],
)
def test_a_senders_domain_must_let_us_send_for_it(sender, records, selector, told):
    sender.dkim_selector = selector
    with dns_server.running(GOOD | records) as address:
        found = list(senders.findings(storefront=sender, names=names.Names(address)))[1:]
    assert ", ".join(f"{each.check} {each.level}" for each in found) == told
    assert all(each.todo for each in found if each.level != "ok")


def test_a_registrys_record_is_no_shops(sender):
    sender.mail_from = "hello@acme.co.uk"
    with dns_server.running({("_dmarc.co.uk", "TXT"): ["v=DMARC1; p=reject"]}) as address:
        found = {each.check: each for each in senders.findings(storefront=sender, names=names.Names(address))}
    assert found["DMARC"].level == "fail"
    assert found["DMARC"].todo.startswith("Add _dmarc.acme.co.uk TXT")


def test_what_nobody_answers_is_not_taken_for_good(sender, monkeypatch):
    monkeypatch.setattr(names, "SECONDS", 0.05)
    sender.link_domain = "go.acme.example"
    silent = names.Names("127.0.0.1:9")
    found = [*senders.findings(storefront=sender, names=silent), *links.findings(storefront=sender, names=silent)]
    assert [each.level for each in found] == ["ok", *["unchecked"] * 4, "fail", *["unchecked"] * 2]
    assert "ALLOWED_HOSTS" in found[5].todo


def test_a_link_domain_must_lead_here(sender, settings):
    settings.ALLOWED_HOSTS = ["go.acme.example", "gone.acme.example"]
    sender.link_domain = "gone.acme.example"
    with dns_server.running(GOOD) as address:
        found = list(links.findings(storefront=sender, names=names.Names(address)))
    assert [(each.level, each.todo) for each in found] == [("fail", "Point it to this server.")]
    levels = {status: links.judged(Findings("acme"), "https://x", status).level for status in (200, 302, 400, 404, 502)}
    assert levels == {200: "ok", 302: "ok", 400: "fail", 404: "fail", 502: "fail"}


def test_the_command_tells_all_as_a_table_and_as_json_and_fails_where_something_fails(sender, settings, monkeypatch):
    monkeypatch.setattr(here, "WORKERS_ANSWER_SECONDS", 0.05)
    settings.BASE_URL, settings.ALLOWED_HOSTS = "http://127.0.0.1:1", ["127.0.0.1"]
    every = IntervalSchedule.objects.create(every=5, period="seconds")
    sent = PeriodicTask.objects.create(name="x", task="x", interval=every, last_run_at=timezone.now())
    answers = []
    with dns_server.running(GOOD) as address:
        for options in ({"json": True}, {}):
            out = StringIO()
            with pytest.raises(CommandError) as failed:
                call_command("doctor", resolver=address, stdout=out, no_color=True, **options)
            assert failed.value.returncode == 1
            answers.append(out.getvalue())
            PeriodicTask.objects.filter(pk=sent.pk).update(last_run_at=timezone.now() - timedelta(minutes=11))
    found = {(each["about"], each["check"]): each["level"] for each in json.loads(answers[0])["findings"]}
    assert found.pop(("server", "database")) == "ok"
    found.pop(("server", "SECRET_KEY"))  # of whoever runs the tests
    assert {check for (_, check), level in found.items() if level == "fail"} == {"workers", "links"}
    assert [found["server", check] for check in ("clock", "Redis", "beat", "work", "mail", "sealed")] == [
        "ok", "ok", "ok", "ok", "warn", "ok",
    ]  # fmt: skip
    assert "FAIL  beat" in answers[1]
    assert "\n" + Storefront.objects.get().name + "\n  ok    sender" in answers[1]
    assert "0 could not be checked" in answers[1]


def test_tables_of_another_version_end_it_in_words(monkeypatch):
    monkeypatch.setattr(here, "findings", lambda *, at: ())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE advocacy_storefront RENAME COLUMN name TO another")
    [found] = doctor.examine(names=None, at=timezone.now())
    assert (found.level, found.about) == ("unchecked", "storefronts")
    assert found.todo == "Mend the database first, then run this again."
