"""Xavier’s name and address wherever something of a person can stand, beside what his story left there."""

import zlib
from datetime import timedelta
from io import BytesIO

import orjson
from allauth.account.internal.flows.login_by_code import LOGIN_CODE_STATE_KEY
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from advocacy import ids, mails, portal_sessions, privacy, secrets, surveys
from advocacy.models import (
    Alert,
    Attempt,
    Customer,
    Delivery,
    Event,
    Mail,
    Merge,
    Report,
    Testimonial,
    WebhookEndpoint,
)
from config import admin_log
from referrals import claims, imports, invitations, orders
from referrals.models import (
    Claim,
    Click,
    Conversion,
    ImportRefusals,
    Order,
    PrivacyRequest,
    Referral,
    Ruling,
    WaitingFact,
)
from tests import cast

NAME, ADDRESS = "Kerbholz", "x.kerbholz@example.com"
_FILE = f"email,name\n{ADDRESS},Xavier\nnobody@example.com,Nobody\n"


def fill(xavier, advocate):
    """``advocate`` brought him. What needs a story of several is written into its row."""
    at, shop = timezone.now(), xavier.storefront
    _bonds(xavier, at)
    _asked_by(xavier, advocate, at)
    surveys.answer(storefront=shop, customer=xavier, answer_id=f"ticket of {NAME}", kind="nps", score=9, at=at)
    Testimonial.objects.update(reason=NAME)
    Report.objects.update(event_id=f"ticket of {NAME}")
    _told(xavier, shop, at)
    _files(shop, at)
    _browsers(xavier, at)
    _alerts(advocate, at)
    guest = cast.customer(shop, "guest")
    Merge.objects.create(
        storefront=shop,
        survivor=xavier,
        merged=guest,
        source="admin",
        reason=NAME,
        undone_reason=NAME,
        kept={"filled": {"name": NAME}},
        made_at=at,
        undone_at=at,
    )
    Customer.objects.filter(pk=xavier.pk).update(locale=NAME, time_zone=NAME)
    _log(xavier)


def _bonds(xavier, at):
    bond, click = Referral.objects.get(friend=xavier), ids.uuid7()
    visit = {"storefront_id": xavier.storefront_id, "program_id": bond.program_id, "link_id": bond.link_id, "at": at}
    Click.objects.create(id=click, visitor=b"", referrer=f"https://{NAME}.example", query={"who": NAME}, **visit)
    Referral.objects.filter(pk=bond.pk).update(ended_reason=NAME, click_id=click)
    mine = Order.objects.filter(customer=xavier)
    mine.update(payment_fingerprint=NAME, shipping_hash=NAME, source={"utm": NAME})
    # As shops tell it that have the code as a coupon; who it was is erased with the advocate.
    said = cast.order("2001", at=at, customer={"external_id": "xk-77"}, coupon_codes=["zenobia-q"])
    orders.record(storefront=xavier.storefront, orders=[said], at=at)
    conversions = Conversion.objects.filter(order__in=mine)
    conversions.update(review_reason=NAME)
    Ruling.objects.create(
        conversion=conversions.first(), version=99, side="friend", was="clear", review="held", by="person", at=at,
        reason=NAME,
    )  # fmt: skip
    WaitingFact.objects.create(
        storefront=xavier.storefront, kind="refund", names=["external_id:1001"], fact_id="r0", source="api",
        state="refused", fields={"reason": NAME}, problem=NAME, received_at=at, expires_at=at,
    )  # fmt: skip


def _asked_by(xavier, advocate, at):
    # A year ago he was no customer yet.
    type(advocate.program).objects.filter(pk=advocate.program_id).update(mail_kinds=["invitation"])
    advocate.program.refresh_from_db()
    invitations.invite(advocate=advocate, email=ADDRESS, at=at, mailed=True, words=NAME)
    Mail.objects.create(
        storefront=xavier.storefront, customer=xavier, kind="confirm", state="sent", created_at=at, ended_at=at,
        mailbox=privacy.digest_of(xavier.storefront, ADDRESS),
    )  # fmt: skip
    claims.ask(advocate=advocate, named=ADDRESS, at=at)
    Claim.objects.update(reason=NAME, named=NAME)
    connection = xavier.storefront.connections.first()
    PrivacyRequest.objects.create(
        storefront=xavier.storefront, connection=connection, kind="data", customer=xavier, reference=NAME, note=NAME,
        asked_at=at, due_at=at,
    )  # fmt: skip


def _told(xavier, shop, at):
    endpoint = WebhookEndpoint.objects.create(
        storefront=shop, url="https://acme.example/hooks", secret=secrets.seal("s")
    )
    event = Event.objects.filter(customer=xavier).first()
    told = Delivery.objects.create(
        storefront=shop, endpoint=endpoint, event=event, state="delivered", created_at=at, ended_at=at
    )
    Attempt.objects.create(delivery=told, at=at, status=200, seconds=0.1, answer=f"Thank you, {NAME}")
    said = {"to": ADDRESS, "subject": "Your code", "text": "1", "html": "1"}
    mails.hand_over(**said, storefront=None, until=at + timedelta(hours=1), at=at)


def _files(shop, at):
    kept = imports.keep(storefront=shop, kind="customers", stream=BytesIO(_FILE.encode()), name="old.csv", at=at)
    lines = zlib.compress(orjson.dumps([[2, f"{ADDRESS} is another’s."]]))
    ImportRefusals.objects.create(of=kept, of_check=True, number=0, count=1, lines=lines)


def _alerts(advocate, at):
    """Of a burst on her link, which a colleague muted."""
    about = {"kind": "code_burst", "subject": ids.encode("lnk", advocate.links.get().public_id)}
    said = {"text": "A code is opened often.", "place": "/admin/", "mute_reason": "Quittenbaum is on television"}
    Alert.objects.create(storefront=advocate.storefront, opened_at=at, last_seen_at=at, **about, **said)


def _browsers(xavier, at):
    """One of his in the portal, and one in which his address was typed."""
    _, token = portal_sessions.make(customer=xavier, at=at)
    user = portal_sessions.open_once(token=token, at=at)
    for said in ({"_auth_user_id": str(user.pk), "greeting": NAME}, {LOGIN_CODE_STATE_KEY: {"email": ADDRESS}}):
        session = SessionStore()
        session.update(said)
        session.create()


def _log(xavier):
    """Of every kind of row that is his, and of his wallet, which is another page of the same."""
    olga = User.objects.filter(is_staff=True).first() or cast.olga()
    for model, paths in admin_log.ABOUT.items():
        for shown in admin_log._shown_as(model):
            kind = ContentType.objects.get_for_model(shown, for_concrete_model=False)
            for row in model.objects.filter(**{paths[-1]: xavier.pk})[:1]:
                said = {"object_id": row.pk, "object_repr": NAME, "change_message": f"Changed: {NAME}"}
                LogEntry.objects.create(user=olga, content_type=kind, action_flag=CHANGE, **said)
