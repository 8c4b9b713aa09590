"""What was sent to webhook endpoints, with every try, and sending it again."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.events import EventTypes
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Attempt, Delivery, DeliveryState, Event, WebhookEndpoint
from advocacy.outbox import telling


class DeliveryAnswer(serializers.ModelSerializer):
    id = fields.PublicId("delivery", source="public_id")
    endpoint = fields.PublicId("webhook_endpoint", source="endpoint.public_id")
    event = fields.PublicId("event", source="event.public_id", allow_null=True, help_text="Null for a test.")
    type = serializers.CharField(help_text="The event type.")
    status = serializers.ChoiceField(DeliveryState.choices, source="state")
    tries = serializers.IntegerField(help_text="Since it was made, or replayed.")
    next_attempt_at = fields.Moment(allow_null=True)
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_null=True)

    class Meta:
        model = Delivery
        fields = ["id", "endpoint", "event", "type", "status", "tries", "next_attempt_at", "created_at", "ended_at"]

    example = {
        "id": sample("delivery"),
        "endpoint": sample("webhook_endpoint"),
        "event": sample("event"),
        "type": "reward.credited",
        "status": "delivered",
        "tries": 1,
        "next_attempt_at": None,
        "created_at": BOUGHT,
        "ended_at": BOUGHT,
    }


class AttemptAnswer(serializers.ModelSerializer):
    at = fields.Moment()
    status = serializers.IntegerField(allow_null=True, help_text="Null where nobody answered.")
    seconds = serializers.FloatField()
    answer = serializers.CharField(help_text="The first 2 kB of what was answered.")
    failure = serializers.CharField(help_text="Why it counts as failed; empty after a 2xx.")

    class Meta:
        model = Attempt
        fields = ["at", "status", "seconds", "answer", "failure"]


class DeliveryWithAttemptsAnswer(DeliveryAnswer):
    attempts = AttemptAnswer(many=True, read_only=True, help_text="Every try ever, the first one first.")

    class Meta(DeliveryAnswer.Meta):
        fields = [*DeliveryAnswer.Meta.fields, "attempts"]

    example = DeliveryAnswer.example | {
        "attempts": [{"at": BOUGHT, "status": 200, "seconds": 0.084, "answer": "ok", "failure": ""}]
    }


def _mine(request):
    return Delivery.objects.filter(storefront=request.storefront).select_related("endpoint", "event")


@documented("Webhook endpoints", get=Call("List deliveries", DeliveryAnswer, many=True))
class Deliveries(ListEndpoint):
    answer = DeliveryAnswer
    filters = {
        "status": Among("state", DeliveryState),
        "type": Among("event__type", EventTypes()),
        "endpoint": Of("endpoint", WebhookEndpoint, "webhook_endpoint"),
        "event": Of("event", Event, "event"),
        **between("created_at"),
    }

    def rows(self):
        return _mine(self.request)


@documented(
    "Webhook endpoints",
    get=Call("Get a delivery", DeliveryWithAttemptsAnswer, also=path_parameters("id")),
)
class OneDelivery(Endpoint):
    def get(self, request, id):
        return Response(DeliveryWithAttemptsAnswer(found.one(_mine(request), "delivery", id)).data)


@documented(
    "Webhook endpoints",
    post=Call(
        "Replay a delivery",
        DeliveryAnswer,
        also=path_parameters("id"),
        description="Sends it now, with the same `webhook-id` and the whole schedule before it. One that still waits "
        "for its time is brought forward.",
    ),
)
class DeliveryReplay(Endpoint):
    def post(self, request, id):
        delivery = found.one(_mine(request), "delivery", id)
        return Response(DeliveryAnswer(telling.replay(delivery=delivery, at=self.at)).data)
