"""Servers of the storefront's that are told what happens (Standard Webhooks)."""

from datetime import timedelta

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids, secrets
from advocacy.alerts import choosing
from advocacy.api import fields, found
from advocacy.api.deliveries import DeliveryAnswer
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import EndpointStatus, WebhookEndpoint
from advocacy.outbox import telling, webhooks

_URL = "Where we POST to: https, with a name that leads to a public address."
_TYPES = "Event types it is sent; none: all, also later ones."
_KINDS = "Kinds of alerts it is sent, of those that its event types tell of; none: all."


def mine(request):
    return WebhookEndpoint.objects.filter(storefront=request.storefront, removed_at=None)


def one(request, id, rows=None):
    return found.one(mine(request) if rows is None else rows, "webhook_endpoint", id)


class EventTypeNames(serializers.ListField):
    child = fields.Name(max_length=60)

    def __init__(self, **options):
        super().__init__(**{"required": False, "max_length": 200, "help_text": _TYPES} | options)


class AlertKindNames(serializers.ListField):
    child = fields.Name(max_length=40)

    def __init__(self, **options):
        super().__init__(**{"required": False, "max_length": 100, "help_text": _KINDS} | options)

    def to_internal_value(self, data):
        return choosing.checked(super().to_internal_value(data))


class EndpointCall(fields.StrictSerializer):
    url = fields.Name(max_length=2000, help_text=_URL)
    description = fields.Text(required=False)
    event_types = EventTypeNames()
    alert_kinds = AlertKindNames()

    example = {
        "url": "https://acme.example/hooks",
        "description": "Loyalty e-mails",
        "event_types": ["reward.credited"],
    }


class EndpointChange(fields.StrictSerializer):
    url = fields.Name(max_length=2000, required=False, help_text=_URL)
    description = fields.Text(required=False)
    event_types = EventTypeNames()
    alert_kinds = AlertKindNames()
    status = fields.Choice(
        EndpointStatus.choices, required=False, help_text="disabled cancels what waits; active sends what happens next."
    )

    example = {"status": "active"}


class EndpointAnswer(serializers.ModelSerializer):
    id = fields.PublicId("webhook_endpoint", source="public_id")
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField(), help_text=_TYPES)
    alert_kinds = serializers.ListField(child=serializers.CharField(), help_text=_KINDS)
    disabled_reason = serializers.CharField(help_text="Why it is disabled; empty otherwise.")
    disabled_at = fields.Moment(allow_null=True)
    failing_since = fields.Moment(
        allow_null=True, help_text="Since when it only failed; after 5 days it is disabled. Null after a success."
    )
    last_delivered_at = fields.Moment(allow_null=True)
    previous_secret_until = fields.Moment(allow_null=True, help_text="Until when the secret before signs too.")
    created_at = fields.Moment()

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "url",
            "description",
            "event_types",
            "alert_kinds",
            "status",
            "disabled_reason",
            "disabled_at",
            "failing_since",
            "last_delivered_at",
            "previous_secret_until",
            "created_at",
        ]

    example = {
        "id": sample("webhook_endpoint"),
        "url": "https://acme.example/hooks",
        "description": "Loyalty e-mails",
        "event_types": ["reward.credited"],
        "alert_kinds": [],
        "status": "active",
        "disabled_reason": "",
        "disabled_at": None,
        "failing_since": None,
        "last_delivered_at": BOUGHT,
        "previous_secret_until": None,
        "created_at": BOUGHT,
    }


class EndpointWithSecretAnswer(EndpointAnswer):
    """Only what makes a secret shows it."""

    secret = serializers.SerializerMethodField(help_text="For your Standard Webhooks library; shown only once.")

    class Meta(EndpointAnswer.Meta):
        fields = [*EndpointAnswer.Meta.fields, "secret"]

    def get_secret(self, endpoint) -> str:
        return secrets.open(endpoint.secret)

    example = EndpointAnswer.example | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}


@documented(
    "Webhook endpoints",
    get=Call("List webhook endpoints", EndpointAnswer, many=True),
    post=Call(
        "Create a webhook endpoint",
        EndpointWithSecretAnswer,
        takes=EndpointCall,
        creates=True,
        found=EndpointAnswer,
        description="An address is an endpoint once: sent again with the same fields it is found, without its "
        "secret; with others it is 409. A test key's endpoints are told of test data only.",
    ),
)
class WebhookEndpoints(ListEndpoint):
    answer = EndpointAnswer
    filters = {"status": Among("status", EndpointStatus)}

    def rows(self):
        return mine(self.request)

    def post(self, request):
        call = self.taken(EndpointCall)
        endpoint, new = webhooks.create(storefront=request.storefront, at=self.at, **call)
        answer = EndpointWithSecretAnswer if new else EndpointAnswer
        return created(answer(endpoint).data, new=new)


@documented(
    "Webhook endpoints",
    get=Call("Get a webhook endpoint", EndpointAnswer, also=path_parameters("id")),
    patch=Call(
        "Change a webhook endpoint",
        EndpointAnswer,
        takes=EndpointChange,
        also=path_parameters("id"),
        description="What is left out stays. One that was disabled is made active here; replay what it missed.",
    ),
    delete=Call(
        "Remove a webhook endpoint",
        EndpointAnswer,
        also=path_parameters("id"),
        description="What waits for it is cancelled. Removed again: the same.",
    ),
)
class OneWebhookEndpoint(Endpoint):
    def get(self, request, id):
        return Response(EndpointAnswer(one(request, id)).data)

    @transaction.atomic
    def patch(self, request, id):
        endpoint = one(request, id)
        call = dict(self.taken(EndpointChange))
        status = call.pop("status", endpoint.status)
        if call:
            webhooks.change(endpoint=endpoint, **call)
        if status != endpoint.status and status == EndpointStatus.ACTIVE:
            webhooks.enable(endpoint=endpoint)
        elif status != endpoint.status:
            webhooks.disable(endpoint=endpoint, reason="Disabled through the API.", at=self.at)
        return Response(EndpointAnswer(one(request, id)).data)

    def delete(self, request, id):
        rows = WebhookEndpoint.objects.filter(storefront=request.storefront)
        endpoint = one(request, id, rows)
        if endpoint.removed_at is None:
            webhooks.remove(endpoint=endpoint, at=self.at)
        return Response(EndpointAnswer(one(request, id, rows)).data)


class RotationCall(fields.StrictSerializer):
    overlap_hours = fields.Whole(
        required=False, min_value=0, max_value=720, help_text="How long the old secret signs too; left out: 24."
    )

    example = {"overlap_hours": 24}


@documented(
    "Webhook endpoints",
    post=Call(
        "Rotate a webhook secret",
        EndpointWithSecretAnswer,
        takes=RotationCall,
        keyed=True,
        creates=True,
        also=path_parameters("id"),
        description="A new secret. Until the overlap is over each message carries a signature by either, so that you "
        "can change yours at any moment of it.",
    ),
)
class SecretRotation(Endpoint):
    def post(self, request, id):
        endpoint = one(request, id)
        hours = self.taken(RotationCall).get("overlap_hours", 24)
        with keyed(self) as claim:
            rotated = claim.earlier(mine(request)) or claim.keep(
                "webhook_endpoint", webhooks.rotate(endpoint=endpoint, at=self.at, overlap=timedelta(hours=hours))
            )
        return created(EndpointWithSecretAnswer(rotated).data, new=claim.new)


class TestCall(fields.StrictSerializer):
    type = fields.Name(required=False, max_length=60, help_text="An event type; left out: the first it is sent.")

    example = {"type": "reward.credited"}


@documented(
    "Webhook endpoints",
    post=Call(
        "Send a test event",
        DeliveryAnswer,
        takes=TestCall,
        creates=True,
        repeats=False,
        also=path_parameters("id"),
        description="An example of the type with `mode` example, signed like any other and tried once, also where the "
        "endpoint is disabled. Get the delivery to see what your server answered.",
    ),
)
class TestEvent(Endpoint):
    def post(self, request, id):
        endpoint = one(request, id)
        type = self.taken(TestCall).get("type") or next(iter(endpoint.event_types), "order.recorded")
        made = telling.test(endpoint=endpoint, type=type, at=self.at)
        return created(DeliveryAnswer(made).data, new=True)


class ReplayCall(fields.StrictSerializer):
    since = fields.Time(help_text="Of events recorded from then on.")
    until = fields.Time(required=False, help_text="And before then; left out: now.")
    which = fields.Choice(
        [(name, name) for name in telling.WHICH],
        required=False,
        help_text="failed (default; cancelled too), missing (what it was never told of, as while it was disabled), or "
        "all, the delivered too.",
    )

    example = {"since": "2026-11-20T00:00:00Z", "which": "failed"}


class ReplayAnswer(serializers.Serializer):
    endpoint = serializers.CharField()
    deliveries = serializers.IntegerField(help_text="How many are sent now.")

    example = {"endpoint": sample("webhook_endpoint"), "deliveries": 42}


@documented(
    "Webhook endpoints",
    post=Call(
        "Replay a period",
        ReplayAnswer,
        takes=ReplayCall,
        also=path_parameters("id"),
        description=f"Sends again what this endpoint missed, with the same `webhook-id`. At most {telling.MOST:,} "
        "deliveries; choose a shorter period where there are more.",
    ),
)
class Replays(Endpoint):
    def post(self, request, id):
        endpoint = one(request, id)
        call = {"until": self.at, "which": "failed"} | self.taken(ReplayCall)
        count = telling.replay_range(endpoint=endpoint, at=self.at, **call)
        name = ids.encode(ids.PREFIXES["webhook_endpoint"], endpoint.public_id)
        return Response({"endpoint": name, "deliveries": count})
