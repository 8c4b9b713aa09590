"""The event log: to read, and to add events of a storefront's own to."""

from dataclasses import dataclass

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import reports
from advocacy.api import customers, fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer, Event, Program, Report
from advocacy.outbox import bodies, catalogue

_REPORT = "report"


class EventTypes:
    """All apps' types, known once the apps are loaded."""

    @property
    def values(self):
        return sorted(catalogue.TYPES)


@dataclass(frozen=True)
class Reported:
    """``?reported_type=support.contacted``: the storefront's own events whose ``column`` is this word."""

    column: str
    description: str

    def narrow(self, rows, text, storefront):
        mine = Report.objects.filter(storefront=storefront, **{self.column: text})
        return rows.filter(subject_kind=_REPORT, subject_id__in=mine.values("public_id"))


class EventCall(fields.StrictSerializer):
    """An event of your own."""

    id = fields.Name(help_text="Your own id of the event: sent twice it counts once, for ever.")
    type = fields.Name(
        max_length=reports.LONGEST_TYPE,
        help_text="Your own word: a to z, 0 to 9, _ and dots, such as support.contacted. Rules ask for it.",
    )
    customer = customers.CustomerGiven()
    occurred_at = fields.PastTime(required=False, help_text="Left out: now.")
    touchpoint = fields.Label(
        required=False, max_length=reports.LONGEST_TOUCHPOINT, help_text="Where it happened: a word of your own."
    )
    facts = fields.Metadata(
        required=False, help_text="Of your own; rules may ask for the keys that a program's `metadata_keys` names."
    )

    example = {
        "id": "ticket-77",
        "type": "support.contacted",
        "customer": "ext_fred",
        "touchpoint": "support-chat",
        "facts": {"topic": "delivery", "minutes": 12},
    }


class ReportAnswer(serializers.ModelSerializer):
    id = serializers.CharField(source="event_id", help_text="Your own id.")
    facts = serializers.DictField()

    class Meta:
        model = Report
        fields = ["id", "type", "touchpoint", "facts"]


class EventAnswer(serializers.ModelSerializer):
    id = fields.PublicId("event", source="public_id")
    subject = serializers.SerializerMethodField(help_text="What it is about.")
    resource_version = serializers.IntegerField(source="version", help_text="The subject's, raised by this event.")
    customer = fields.PublicId("customer", source="customer.public_id", allow_null=True)
    program = fields.PublicId("program", source="program.public_id", allow_null=True)
    advocate = fields.PublicId("advocate", source="advocate.public_id", allow_null=True)
    friend = fields.PublicId("customer", source="friend.public_id", allow_null=True)
    cause = fields.PublicId("event", source="cause.public_id", allow_null=True)
    facts = serializers.SerializerMethodField(help_text="The subject's whole state at this version.")
    sent = ReportAnswer(
        source="report", allow_null=True, help_text="An event of your own as you sent it; null for the program's."
    )
    occurred_at = fields.Moment()
    recorded_at = fields.Moment()

    class Meta:
        model = Event
        fields = [
            "id",
            "type",
            "subject",
            "resource_version",
            "customer",
            "program",
            "advocate",
            "friend",
            "cause",
            "facts",
            "sent",
            "occurred_at",
            "recorded_at",
        ]

    def get_subject(self, event) -> str:
        return bodies.subject_of(event)

    def get_facts(self, event) -> dict:
        return bodies.facts_of(event)

    example = {
        "id": sample("event"),
        "type": "referral.created",
        "subject": sample("referral"),
        "resource_version": 1,
        "customer": sample("customer"),
        "program": sample("program"),
        "advocate": sample("advocate"),
        "friend": sample("customer"),
        "cause": None,
        "facts": {"method": "click", "link": sample("link"), "candidates": 1, "days_since_click": 0},
        "sent": None,
        "occurred_at": BOUGHT,
        "recorded_at": BOUGHT,
    }


def of(storefront):
    mine = Event.objects.filter(storefront=storefront)
    return mine.select_related("customer", "program", "advocate", "friend", "cause")


def with_reports(events):
    """The same events, each with the ``report`` it tells of, or None."""
    told = [event.subject_id for event in events if event.subject_kind == _REPORT]
    known = {row.public_id: row for row in Report.objects.filter(public_id__in=told)} if told else {}
    for event in events:
        event.report = known.get(event.subject_id)
    return events


@documented(
    "Events",
    get=Call("List events", EventAnswer, many=True),
    post=Call(
        "Report an event",
        EventAnswer,
        takes=EventCall,
        creates=True,
        description="An event of your own: a visit to a touchpoint, a contact with your support, anything that "
        "happens to a customer. It is told as `event.reported`, to webhooks too; a rule that begins with it may ask "
        "for `reported_type`, `touchpoint` and the metadata that its program keeps.",
    ),
)
class Events(ListEndpoint):
    answer = EventAnswer
    filters = {
        "type": Among("type", EventTypes()),
        "reported_type": Reported("type", "Events of your own of this type."),
        "touchpoint": Reported("touchpoint", "Events of your own at this touchpoint."),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        "program": Of("program", Program, "program", external="slug"),
        "advocate": Of("advocate", Advocate, "advocate"),
        **between("recorded_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def shown(self, page):
        return with_reports(page)

    def post(self, request):
        call = self.taken(EventCall)
        with transaction.atomic():
            report, new = self._report(request.storefront, call)
        return created(_shown(_event_of(request.storefront, report)), new=new)

    def _report(self, storefront, call):
        said = {name: value for name, value in call.items() if name not in ("id", "customer")}
        customer = customers.given_or_new(storefront=storefront, value=call["customer"], at=self.at)
        return reports.report(storefront=storefront, customer=customer, event_id=call["id"], at=self.at, **said)


@documented(
    "Events",
    get=Call(
        "Get an event",
        EventAnswer,
        also=path_parameters("id"),
        description="By our id of it, or, of your own events, by `ext_` and your id.",
    ),
)
class OneEvent(Endpoint):
    def get(self, request, id):
        name = found.external_id(id)
        report = Report.objects.filter(storefront=request.storefront, event_id=name).first()
        event = _event_of(request.storefront, report) if report else found.one(of(request.storefront), "event", id)
        return Response(_shown(event))


def _event_of(storefront, report):
    return of(storefront).get(subject_kind=_REPORT, subject_id=report.public_id)


def _shown(event):
    return EventAnswer(with_reports([event])[0]).data
