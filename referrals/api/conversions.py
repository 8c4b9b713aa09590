"""Conversions, to read. Why each was or was not rewarded: ``/conversions/{id}/explain``."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import expanding, fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer, Program
from referrals.models import Conversion, Order, Review


class ConversionAnswer(serializers.ModelSerializer):
    id = fields.PublicId("conversion", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    referral = fields.PublicId("referral", source="referral.public_id")
    advocate = fields.PublicId("advocate", source="referral.advocate.person_id")
    friend = fields.PublicId("customer", source="referral.friend.person_id")
    order = fields.PublicId("order", source="order.public_id")
    order_external_id = serializers.CharField(source="order.external_id")
    total = fields.Money("order.total_minor", "order.currency")
    revenue = fields.Money(
        "order.revenue_minor", "order.currency", help_text="After discounts, before tax and shipping."
    )
    refunded = fields.Money("order.refunded_minor", "order.currency")
    stands = serializers.BooleanField(help_text="Whether it counts: neither wholly refunded nor rejected.")
    converted_at = fields.Moment()
    recorded_at = fields.Moment()
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Conversion
        fields = [
            "id",
            "program",
            "referral",
            "advocate",
            "friend",
            "order",
            "order_external_id",
            "sequence",
            "total",
            "revenue",
            "refunded",
            "advocate_review",
            "friend_review",
            "stands",
            "converted_at",
            "recorded_at",
            "resource_version",
        ]

    example = {
        "id": sample("conversion"),
        "program": sample("program"),
        "referral": sample("referral"),
        "advocate": sample("advocate"),
        "friend": sample("customer"),
        "order": sample("order"),
        "order_external_id": "1001",
        "sequence": 1,
        "total": euros(5400),
        "revenue": euros(5000),
        "refunded": euros(0),
        "advocate_review": "clear",
        "friend_review": "clear",
        "stands": True,
        "converted_at": BOUGHT,
        "recorded_at": BOUGHT,
        "resource_version": 1,
    }


def of(storefront):
    return Conversion.objects.filter(storefront=storefront).select_related(
        "program", "referral__advocate", "referral__friend", "order"
    )


expanding.whole("conversion", ConversionAnswer, of, tag="Conversions")


@documented("Conversions", get=Call("List conversions", ConversionAnswer, many=True))
class Conversions(ListEndpoint):
    answer = ConversionAnswer
    filters = {
        "advocate": Of("referral__advocate", Advocate, "advocate"),
        "friend": Of("referral__friend", Customer, "customer", external="external_id"),
        "order": Of("order", Order, "order", external="external_id"),
        "program": Of("program", Program, "program", external="slug"),
        "advocate_review": Among("advocate_review", Review),
        "friend_review": Among("friend_review", Review),
        **between("recorded_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented("Conversions", get=Call("Get a conversion", ConversionAnswer, also=path_parameters("id")))
class OneConversion(Endpoint):
    def get(self, request, id):
        return Response(ConversionAnswer(found.one(of(request.storefront), "conversion", id)).data)
