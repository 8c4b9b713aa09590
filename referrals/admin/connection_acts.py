"""What an admin can do with a connection: each asks first, and says what follows."""

from datetime import timedelta

from django import forms
from django.http import HttpResponseRedirect
from django.urls import reverse
from unfold import widgets

from advocacy import connections, platforms
from advocacy.admin import acts
from advocacy.models import ConnectionStatus
from referrals import inbound
from referrals.inbound import hearing, reconciling
from referrals.models import InboundMessage, InboundState


def register(*, row, by, at):
    return hearing.register(connection=row, at=at)


def registered(topics):
    return f"{len(topics)} webhooks registered" if topics else "All webhooks were registered already"


def look(*, row, by, at):
    return hearing.look(connection=row, at=at)


def replay(*, row, by, at):
    failed = InboundMessage.objects.filter(connection=row, state=InboundState.FAILED)
    return inbound.replay(messages=failed, at=at)


class Period(forms.Form):
    days = forms.IntegerField(
        label="How many days back",
        min_value=1,
        max_value=reconciling.LONGEST.days,
        initial=reconciling.USUAL.days,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
        help_text="Three days are enough where nothing went wrong for longer.",
    )


def reconcile(*, row, by, at, days):
    return reconciling.start(connection=row, since=at - timedelta(days=days), until=at, at=at, by=by)


def follow(page, request, job):
    return HttpResponseRedirect(reverse("admin:advocacy_job_change", args=[job.pk]))


def hold_credit(*, row, by, at, reason):
    platforms.credit.hold(connection=row)


def end(*, row, by, at, reason):
    connections.end(connection=row)


def resume(*, row, by, at):
    connections.resume(connection=row)


def _active(row):
    return row.status == ConnectionStatus.ACTIVE


def can_be_called(row):
    return _active(row) and row.credentials is not None


ACTS = [
    acts.Act(
        name="register",
        label="Register webhooks",
        done="Registered",
        form=acts.Confirm,
        consequence="The platform is asked to send us all that is needed. What it sends already stays as it is.",
        do=register,
        told=registered,
        applies=can_be_called,
    ),
    acts.Act(
        name="test",
        label="Test",
        done="Tested",
        form=acts.Confirm,
        consequence="The platform is asked whose account this is and what it sends to us. Nothing is changed.",
        do=look,
        told=lambda sentence: sentence,
        applies=can_be_called,
    ),
    acts.Act(
        name="replay",
        label="Replay what failed",
        done="Worked on again",
        form=acts.Confirm,
        consequence="All its messages that failed are worked on again. What was taken already counts once.",
        do=replay,
        told=lambda count: f"{count} {'message is' if count == 1 else 'messages are'} worked on again",
    ),
    acts.Act(
        name="reconcile",
        label="Ask for what was missed",
        done="Asked for what was missed",
        form=Period,
        consequence="The platform is asked for all orders that changed, and what its webhooks did not bring is "
        "taken. What is here already counts once.",
        do=reconcile,
        then=follow,
        applies=can_be_called,
    ),
    acts.Act(
        name="hold-credit",
        label="Keep store credit here",
        done="Store credit is kept here",
        danger=True,
        consequence="All store credit of customers is put into their own accounts at this shop, and spent there "
        "from now on: the API reserves none of it any more. What is taken back here is taken back there, "
        "as far as it is there still. This stays so.",
        do=hold_credit,
        applies=lambda row: can_be_called(row) and row.platform in platforms.credit.SHOPS and not row.holds_credit,
    ),
    acts.Act(
        name="end",
        label="End",
        done="Ended",
        danger=True,
        consequence="Its messages are refused from now on. What came by then stays. It can be taken up again.",
        do=end,
        applies=_active,
    ),
    acts.Act(
        name="resume",
        label="Take up again",
        done="Taken up again",
        form=acts.Confirm,
        consequence="Its messages are taken again. What was missed comes by “Ask for what was missed”.",
        do=resume,
        applies=lambda row: not _active(row),
    ),
]
