"""Rewards, to read: rules give them, nobody writes them here."""

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import expanding, fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between, invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer, Program, Side
from rewards.models import Coupon, CouponState, Form, Reward, RewardStatus


class CouponOfReward(serializers.Serializer):
    id = fields.PublicId("coupon", source="public_id")
    status = serializers.CharField(source="state")
    last_4 = serializers.CharField()
    expires_at = fields.Moment(allow_null=True)


class RewardAnswer(serializers.ModelSerializer):
    id = fields.PublicId("reward", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    rule = fields.PublicId("rule", source="rule.public_id", allow_null=True, help_text="Null: given by hand.")
    rule_name = serializers.CharField(source="rule.name", allow_null=True, read_only=True)
    rule_version = fields.PublicId("rule_version", source="rule_version.public_id", allow_null=True)
    subject = serializers.SerializerMethodField(help_text="What it is for, such as a conversion.")
    customer = fields.PublicId("customer", source="recipient.person_id", help_text="Who gets it.")
    advocate = fields.PublicId("advocate", source="advocate.person_id", allow_null=True)
    granted = fields.Money("granted_minor", "unit", help_text="Fixed when first decided; the most it can be.")
    pending = fields.Money("pending_minor", "unit", help_text="Waits for its hold or a review.")
    available = fields.Money("available_minor", "unit", help_text="Credited; below 0: taken back after it was spent.")
    reserved = fields.Money("reserved_minor", "unit", help_text="In a basket, or in a payout under way.")
    spent = fields.Money("spent_minor", "unit")
    paid = fields.Money("paid_minor", "unit")
    expired = fields.Money("expired_minor", "unit")
    under_review = serializers.BooleanField(source="reviewed", help_text="Then due_at alone does not credit it.")
    coupon = serializers.SerializerMethodField(help_text="Its code, if it is one and was assigned; else null.")
    waits_for_code = serializers.BooleanField(
        source="awaits_code",
        help_text="Its pool is empty: it is served when codes are uploaded. Where it is available, it pays off a code "
        "that was used before its reward was taken back, and gets one of its own when that comes back.",
    )
    due_at = fields.Moment()
    created_at = fields.Moment()
    credited_at = fields.Moment(allow_null=True)
    expires_at = fields.Moment(allow_null=True, help_text="What is not spent until then expires.")
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
            "form",
            "status",
            "granted",
            "pending",
            "available",
            "reserved",
            "spent",
            "paid",
            "expired",
            "under_review",
            "coupon",
            "waits_for_code",
            "due_at",
            "created_at",
            "credited_at",
            "expires_at",
            "resource_version",
        ]

    def get_coupon(self, reward) -> CouponOfReward(allow_null=True):
        return next((CouponOfReward(coupon).data for coupon in reward.its_coupons), None)

    def get_subject(self, reward) -> str:
        return ids.encode(ids.PREFIXES.get(reward.subject.kind, reward.subject.kind), reward.subject.public_id)

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
        "form": "credit",
        "status": "pending",
        "granted": euros(1000),
        "pending": euros(1000),
        "available": euros(0),
        "reserved": euros(0),
        "spent": euros(0),
        "paid": euros(0),
        "expired": euros(0),
        "under_review": False,
        "coupon": None,
        "waits_for_code": False,
        "due_at": "2026-12-06T10:15:00Z",
        "created_at": BOUGHT,
        "credited_at": None,
        "expires_at": "2027-12-06T10:15:00Z",
        "resource_version": 1,
    }


def of(storefront):
    return (
        Reward.objects.filter(storefront=storefront)
        .select_related("program", "rule", "rule_version", "subject", "recipient", "advocate")
        .prefetch_related(Prefetch("coupons", Coupon.objects.exclude(state=CouponState.REVOKED), to_attr="its_coupons"))
    )


class _Subject:
    """``?subject=ref_…``: what one fact brought, such as a sign-up."""

    description = "The id of what they were given for: ref_… (a sign-up), cnv_…, adv_…, tst_…, …"

    def narrow(self, rows, text, storefront):
        prefix = text.partition("_")[0]
        public_id = ids.decode(prefix, text) if prefix in ids.PREFIXES.values() else None
        if public_id is None:
            raise invalid("subject must be an id, such as ref_… or cnv_….")
        kind = next(kind for kind, known in ids.PREFIXES.items() if known == prefix)
        return rows.filter(subject__public_id=public_id, subject__kind=kind)


expanding.whole("reward", RewardAnswer, of, tag="Rewards")


@documented("Rewards", get=Call("List rewards", RewardAnswer, many=True))
class Rewards(ListEndpoint):
    answer = RewardAnswer
    filters = {
        "status": Among("status", RewardStatus),
        "side": Among("side", Side),
        "form": Among("form", Form),
        "customer": Of("recipient", Customer, "customer", external="external_id"),
        "advocate": Of("advocate", Advocate, "advocate"),
        "program": Of("program", Program, "program", external="slug"),
        "subject": _Subject(),
        **between("created_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented("Rewards", get=Call("Get a reward", RewardAnswer, also=path_parameters("id")))
class OneReward(Endpoint):
    def get(self, request, id):
        return Response(RewardAnswer(found.one(of(request.storefront), "reward", id)).data)
