"""What is kept of people for a while only is gone after it, and what is younger stays."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from advocacy.mails.forgetting import forget as forget_mails
from advocacy.models import InvitedAddress, Mail, PortalSession
from config import forgetting, sign_ins
from referrals.models import Claim, WaitingFact
from tests import cast

pytestmark = pytest.mark.django_db


def row_of(kind, program, olga, at):
    shop = program.storefront
    if kind is Session:
        return Session.objects.create(session_key=f"s{at}"[:40], session_data="", expire_date=at)
    if kind is PortalSession:
        return PortalSession.objects.create(
            storefront=shop, customer=cast.fred(shop), made_at=at, expires_at=at + timedelta(minutes=10)
        )
    if kind is Mail:
        made = {"storefront": shop, "kind": "invitation", "content": None, "created_at": at, "ended_at": at}
        sent = Mail.objects.create(state="sent", outcome="", **made)
        # That the address was invited is known longer than the mail.
        InvitedAddress.objects.create(storefront=shop, digest=str(at)[:32].encode(), mail=sent, since=at)
        return sent
    if kind is LogEntry:
        said = {"content_type": ContentType.objects.get_for_model(Claim), "action_flag": 2, "action_time": at}
        return LogEntry.objects.create(user=olga, object_id="1", object_repr="Fred", **said)
    if kind is WaitingFact:
        return WaitingFact.objects.create(
            storefront=shop, kind="refund", names=["number:1"], fact_id=str(at), fields={"reason": "Fred"},
            source="api", state="expired", received_at=at, expires_at=at,
        )  # fmt: skip
    return Claim.objects.create(
        storefront=shop, program=program, advocate=cast.advocate(program), named_by="word", named="1001",
        digest=str(at)[:32].encode(), claimed_at=at, decide_by=at, decided_at=at, state="refused",
        refusal="claim_refused",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "days"), [(Session, 0), (PortalSession, 30), (LogEntry, 3650), (WaitingFact, 90), (Claim, 400), (Mail, 90)]
)
def test_what_is_over_is_forgotten_a_day_later_and_what_waits_stays(program, olga, kind, days):
    now = timezone.now()
    _, kept = (row_of(kind, program, olga, now - timedelta(days=days) + ago) for ago in (-cast.DAY, cast.DAY))
    forgetting.forget(at=now)
    forget_mails(at=now)
    assert list(kind.objects.values_list("pk", flat=True)) == [kept.pk]


def test_a_part_that_fails_keeps_no_other(program, olga, settings):
    row_of(Claim, program, olga, timezone.now() - timedelta(days=500))
    settings.IMPORT_RETENTION_DAYS = 10**9
    forgetting.forget(at=timezone.now())
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_a_session_of_who_is_no_more_is_ended(olga):
    def signed_in(user):
        session = SessionStore()
        session["_auth_user_id"] = str(user)
        session.create()
        return session.session_key

    theirs, gone = signed_in(olga.pk), signed_in(olga.pk + 1)
    sign_ins.forget(at=timezone.now())
    assert list(Session.objects.filter(session_key__in=[theirs, gone]).values_list("pk", flat=True)) == [theirs]
