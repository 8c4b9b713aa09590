"""The event log, to read."""

from rest_framework import serializers

from advocacy.api import fields
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented
from advocacy.models import Advocate, Customer, Event, Program
from advocacy.outbox import bodies, catalogue


class EventTypes:
    """All apps' types, known once the apps are loaded."""

    @property
    def values(self):
        return sorted(catalogue.TYPES)


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
        "occurred_at": BOUGHT,
        "recorded_at": BOUGHT,
    }


@documented("Events", get=Call("List events", EventAnswer, many=True))
class Events(ListEndpoint):
    answer = EventAnswer
    filters = {
        "type": Among("type", EventTypes()),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        "program": Of("program", Program, "program", external="slug"),
        "advocate": Of("advocate", Advocate, "advocate"),
        **between("recorded_at"),
    }

    def rows(self):
        mine = Event.objects.filter(storefront=self.request.storefront)
        return mine.select_related("customer", "program", "advocate", "friend", "cause")
