"""The answer to what is said of an order that is not here yet."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.examples import BOUGHT, sample
from referrals.models import WaitingFact
from referrals.orders import finding


class WaitingAnswer(serializers.ModelSerializer):
    matched = serializers.SerializerMethodField(help_text="false: its order is not here yet.")
    id = fields.PublicId("waiting_fact", source="public_id")
    status = serializers.CharField(source="state", help_text="waiting: it is taken as soon as its order arrives.")
    received_at = fields.Moment()
    expires_at = fields.Moment(help_text="No order until then: it is given up, and shown to the admins.")

    class Meta:
        model = WaitingFact
        fields = ["id", "matched", "status", "kind", "received_at", "expires_at"]

    def get_matched(self, fact) -> bool:
        return False

    example = {
        "id": sample("waiting_fact"),
        "matched": False,
        "status": "waiting",
        "kind": "refund",
        "received_at": BOUGHT,
        "expires_at": "2026-11-29T12:00:00Z",
    }


def names(text):
    """How a call names its order, for ``orders.bring_…``; None where it is our own id, which must exist."""
    if ids.decode("ord", text):
        return None
    return [(finding.EXTERNAL, fields.Name().run_validation(found.external_id(text)))]


def later(fact):
    return Response(WaitingAnswer(fact).data, status=202)
