"""A mail service in place of a mail server: django-anymail asks its real API, here a server of this machine."""

import base64
import hmac
import json

import pytest
from django.core import mail as outgoing

from advocacy import mails
from advocacy.mails.sending import NO_SERVER_WAIT, NoServer
from advocacy.models import Mail, MailKind, Suppression
from advocacy.outbox import drain
from tests import cast
from tests.cast import MINUTE, NOON
from tests.receiver import receiving

pytestmark = pytest.mark.django_db
SECRET = "mail:correct-horse-battery"


@pytest.fixture
def postmark(settings):
    settings.MAIL_SERVICE, settings.MAIL_SERVICE_SECRET = "postmark", SECRET
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "token", "WEBHOOK_SECRET": SECRET}
    return settings


def welcomed(program, *names):
    program.mail_kinds = [MailKind.WELCOME]
    program.save()
    for name in names:
        cast.advocate(program, name)
    while drain.drain("out", at=NOON):
        pass
    return list(Mail.objects.order_by("pk"))


def tell(client, body, secret=SECRET, **options):
    signed = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    body, options = (body, options) if options else (json.dumps(body), {"content_type": "application/json"})
    return client.post("/mails/service", body, headers=signed, **options)


def of_postmark(mail, kind, address, **more):
    return {"RecordType": kind, "MessageID": "1", "Metadata": {"mail": mail.name}, "Recipient": address, **more}


def test_a_service_is_asked_by_its_api_and_its_no_is_told_apart_from_its_trouble(program, postmark):
    """Bob's mail is refused as such; then the service is in trouble, which is no news of any mail."""
    welcomed(program, "alice", "bob", "carol")
    taken = {"ErrorCode": 0, "Message": "OK", "To": "alice@example.com", "MessageID": "m1"}
    says = [(200, {}, json.dumps(taken).encode()), (422, {}), (500, {})]

    def answer():
        return says[len(service.got) - 1]

    with receiving(answer) as service:
        postmark.ANYMAIL["POSTMARK_API_URL"] = service.url + "/"
        api = outgoing.get_connection("anymail.backends.postmark.EmailBackend")
        assert mails.send_next(at=NOON, connection=api)
        assert mails.send_next(at=NOON, connection=api)
        with pytest.raises(NoServer):
            mails.send_next(at=NOON, connection=api)
    first = Mail.objects.order_by("pk")[0]
    headers, said = service.got[0][0], json.loads(service.got[0][1])
    assert headers["x-postmark-server-token"] == "token"
    assert (said["To"], said["Metadata"]) == ("alice@example.com", {"mail": first.name})
    sent = {each["Name"]: each["Value"] for each in said["Headers"]}
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    told = Mail.objects.order_by("pk").values_list("state", "tries", "failure", "next_attempt_at")
    assert list(told) == [
        ("sent", 1, "", None),
        ("waiting", 1, "The mail service answered 422.", NOON + MINUTE),
        ("waiting", 0, "The mail server cannot be reached.", NOON + NO_SERVER_WAIT),
    ]


def test_a_code_to_an_address_that_it_turns_away_stops_no_other_mail(acme, postmark):
    """Of such a mail no storefront is known."""
    for to in ("nobody@example.com", "olga@example.com"):
        mails.hand_over(to=to, subject="1234", text="1234", html="", storefront=None, until=NOON + MINUTE, at=NOON)
    no = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'nobody@example.com'."}
    yes = {"ErrorCode": 0, "Message": "OK", "To": "olga@example.com", "MessageID": "m1"}
    says = [(422, {}, json.dumps(no).encode()), (200, {}, json.dumps(yes).encode())]
    with receiving(lambda: says[len(service.got) - 1]) as service:
        postmark.ANYMAIL["POSTMARK_API_URL"] = service.url + "/"
        api = outgoing.get_connection("anymail.backends.postmark.EmailBackend")
        assert mails.send_next(at=NOON, connection=api)
        assert mails.send_next(at=NOON, connection=api)
    assert list(Mail.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "sent"]


def test_its_news_are_heard_from_who_knows_the_password_in_any_order(client, program, rival, postmark):
    alice, bob, carol, dora = welcomed(program, "alice", "bob", "carol", "dora")
    cast.customer(rival, "bob")
    gone = of_postmark(bob, "Bounce", "", Type="HardBounce", Email="Bob@example.com")
    for secret in ("", "mail:wrong-horse-battery", "other:correct-horse-battery"):
        assert tell(client, gone, secret).status_code == 400, secret
    for wrong in ([], "x", {"RecordType": {}}, {"RecordType": "Bounce", "Metadata": 3}):
        assert tell(client, wrong).status_code == 400, wrong
    assert not Suppression.objects.exists()
    unknown = gone | {"Email": "nobody@example.com", "Metadata": {"mail": "mai_nonsense"}}
    nobodys = gone | {"Email": "a\0@b.example", "Metadata": {"mail": "mai_\0"}}
    news = [
        gone,
        unknown,
        nobodys,
        of_postmark(alice, "SpamComplaint", "", Type="SpamComplaint", Email="alice@example.com"),
        of_postmark(alice, "Delivery", "alice@example.com"),
        of_postmark(carol, "Open", "carol@example.com"),
        of_postmark(carol, "SubscriptionChange", "carol@example.com", SuppressionReason="ManualSuppression"),
        of_postmark(dora, "Bounce", "", Type="Blocked", Email="dora@example.com"),
    ]
    for _ in range(2):
        assert [tell(client, each).status_code for each in news] == [200] * len(news)
    outcomes = Mail.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["complained", "bounced", "delivered", "rejected"]
    told = [(row.storefront.slug, row.reason) for row in Suppression.objects.order_by("reason", "storefront__slug")]
    assert told == [("acme", "bounced"), ("rival", "bounced"), ("acme", "complained"), ("acme", "unsubscribed")]


def test_another_service_signs_besides_and_one_that_is_not_chosen_is_not_heard(client, program, postmark):
    """Mailgun signs its news with a key of its own."""
    [alice] = welcomed(program, "alice")
    key, stamp = "mailgun-key", "1795348800"
    postmark.MAIL_SERVICE = "mailgun"
    postmark.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": key, "WEBHOOK_SECRET": SECRET}
    event = {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "recipient": "alice@example.com",
        "timestamp": 1795348800.5,
        "id": "e1",
        "message": {"headers": {"message-id": "1@acme.example"}},
        "user-variables": {"mail": alice.name},
        "delivery-status": {"code": 550, "message": "No such user"},
    }

    def signed(by):
        digest = hmac.new(by.encode(), f"{stamp}token".encode(), "sha256").hexdigest()
        return {"signature": {"timestamp": stamp, "token": "token", "signature": digest}, "event-data": event}

    assert tell(client, signed("guessed")).status_code == 400
    assert tell(client, signed(key)).status_code == 200
    assert Mail.objects.get().outcome == "bounced"
    for service, secret in (("", SECRET), ("mailgun", ""), ("console", SECRET)):
        postmark.MAIL_SERVICE, postmark.MAIL_SERVICE_SECRET = service, secret
        assert tell(client, signed(key)).status_code == 404, service
