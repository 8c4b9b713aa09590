"""Rewards, to read: rules give them, nobody writes them here."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer, Program, Side
from rewards.models import Reward, RewardStatus


class RewardAnswer(serializers.ModelSerializer):
    id = fields.PublicId("reward", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    rule = fields.PublicId("rule", source="rule.public_id")
    rule_name = serializers.CharField(source="rule.name")
    rule_version = fields.PublicId("rule_version", source="rule_version.public_id")
    subject = serializers.SerializerMethodField(help_text="What it is for, such as a conversion.")
    customer = fields.PublicId("customer", source="recipient.public_id", help_text="Who gets it.")
    advocate = fields.PublicId("advocate", source="advocate.public_id")
    granted = fields.Money("granted_minor", "unit", help_text="Fixed when first decided; the most it can be.")
    pending = fields.Money("pending_minor", "unit", help_text="Waits for its hold or a review.")
    available = fields.Money("available_minor", "unit", help_text="Credited.")
    under_review = serializers.BooleanField(source="reviewed", help_text="Then due_at alone does not credit it.")
    due_at = fields.Moment()
    created_at = fields.Moment()
    credited_at = fields.Moment(allow_null=True)
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Reward
        fields = [
            "id",
            "program",
            "rule",
            "rule_name",
            "rule_version",
            "subject",
            "side",
            "customer",
            "advocate",
            "status",
            "granted",
            "pending",
            "available",
            "under_review",
            "due_at",
            "created_at",
            "credited_at",
            "resource_version",
        ]

    def get_subject(self, reward) -> str:
        return ids.encode(ids.PREFIXES[reward.subject.kind], reward.subject.public_id)

    example = {
        "id": sample("reward"),
        "program": sample("program"),
        "rule": sample("rule"),
        "rule_name": "Give 10, get 10",
        "rule_version": sample("rule_version"),
        "subject": sample("conversion"),
        "side": "advocate",
        "customer": sample("customer"),
        "advocate": sample("advocate"),
        "status": "pending",
        "granted": euros(1000),
        "pending": euros(1000),
        "available": euros(0),
        "under_review": False,
        "due_at": "2026-12-06T10:15:00Z",
        "created_at": BOUGHT,
        "credited_at": None,
        "resource_version": 1,
    }


def of(storefront):
    return Reward.objects.filter(storefront=storefront).select_related(
        "program", "rule", "rule_version", "subject", "recipient", "advocate"
    )


@documented("Rewards", get=Call("List rewards", RewardAnswer, many=True))
class Rewards(ListEndpoint):
    answer = RewardAnswer
    filters = {
        "status": Among("status", RewardStatus),
        "side": Among("side", Side),
        "customer": Of("recipient", Customer, "customer", external="external_id"),
        "advocate": Of("advocate", Advocate, "advocate"),
        "program": Of("program", Program, "program", external="slug"),
        **between("created_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented("Rewards", get=Call("Get a reward", RewardAnswer, also=path_parameters("id")))
class OneReward(Endpoint):
    def get(self, request, id):
        return Response(RewardAnswer(found.one(of(request.storefront), "reward", id)).data)
