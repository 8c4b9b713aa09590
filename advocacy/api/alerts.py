"""Alerts: what needs somebody of the shop."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import alerts
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import ListEndpoint, between, invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Alert


class MuteCall(fields.StrictSerializer):
    hours = serializers.IntegerField(min_value=1, max_value=720, help_text="For so long nobody is mailed about it.")
    reason = fields.Text(max_length=200, allow_blank=False, help_text="For your staff.")

    example = {"hours": 24, "reason": "The newsletter goes out today."}


class AlertAnswer(serializers.ModelSerializer):
    id = fields.PublicId("alert", source="public_id")
    about = serializers.CharField(source="subject", help_text="The id of what it is about, or its name.")
    text = serializers.CharField(help_text="For your staff.")
    numbers = serializers.JSONField(source="facts", help_text="What it was decided by, by name.")
    opened_at = fields.Moment()
    last_seen_at = fields.Moment()
    closed_at = fields.Moment(allow_null=True)
    muted_until = fields.Moment(allow_null=True)
    mute_reason = serializers.CharField(help_text="For your staff.")
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Alert
        fields = [
            *("id", "kind", "about", "text", "count", "numbers", "opened_at", "last_seen_at", "closed_at"),
            *("muted_until", "mute_reason", "resource_version"),
        ]

    example = {
        "id": sample("alert"),
        "kind": "link_burst",
        "about": sample("link"),
        "text": "A code of Friends of Acme is opened or used more than 100 times an hour.",
        "count": 1,
        "numbers": {"above": 100},
        "opened_at": BOUGHT,
        "last_seen_at": BOUGHT,
        "closed_at": None,
        "muted_until": None,
        "mute_reason": "",
        "resource_version": 1,
    }


class IsOpen:
    """``?open=true``"""

    description = "true: what is the matter now; false: what is over."
    shape = {"type": "string", "enum": ["true", "false"]}

    def narrow(self, rows, text, storefront):
        if text not in ("true", "false"):
            raise invalid("open is true or false.")
        return rows.filter(closed_at__isnull=text == "true")


class OfKind:
    """``?kind=link_burst``"""

    description = "The name of a kind, such as link_burst."
    shape = {"type": "string", "pattern": "^[a-z_]{1,40}$"}

    def narrow(self, rows, text, storefront):
        if not 0 < len(text) <= 40 or not text.replace("_", "a").isascii() or not text.replace("_", "a").islower():  # noqa: PLR2004
            raise invalid("kind is the name of a kind of alert, such as link_burst.")
        return rows.filter(kind=text)


def of(storefront):
    return Alert.objects.filter(storefront=storefront).select_related("storefront")


@documented(
    "Alerts",
    get=Call(
        "List alerts",
        AlertAnswer,
        many=True,
        description="What needs somebody of the shop, or did: the same that staff are mailed about, and that "
        "`alert.opened` and `alert.closed` tell.",
    ),
)
class Alerts(ListEndpoint):
    answer = AlertAnswer
    filters = {"open": IsOpen(), "kind": OfKind(), **between("opened_at")}

    def rows(self):
        return of(self.request.storefront)


@documented("Alerts", get=Call("Get an alert", AlertAnswer, also=path_parameters("id")))
class OneAlert(Endpoint):
    def get(self, request, id):
        return Response(AlertAnswer(found.one(of(request.storefront), "alert", id)).data)


@documented(
    "Alerts",
    post=Call(
        "Mute an alert",
        AlertAnswer,
        takes=MuteCall,
        also=path_parameters("id"),
        description="It stays open, and no mail names it until the time is over. Muted again, the newest counts. "
        "Refused for one that is over (`alert_closed`).",
    ),
)
class MuteAlert(Endpoint):
    def post(self, request, id):
        call = self.taken(MuteCall)
        alert = found.one(of(request.storefront), "alert", id)
        return Response(AlertAnswer(alerts.mute(alert=alert, at=self.at, **call)).data)
