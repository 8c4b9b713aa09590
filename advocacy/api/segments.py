"""Segments, as the storefront names them with its customers."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import segments
from advocacy.api.endpoint import Endpoint
from advocacy.api.schema import Call, documented


class SegmentAnswer(serializers.Serializer):
    name = serializers.CharField()
    customers = serializers.IntegerField(help_text="How many are in it now.")


class SegmentsAnswer(serializers.Serializer):
    data = SegmentAnswer(many=True, help_text=f"The largest first, at most {segments.MOST}.")

    example = {"data": [{"name": "regulars", "customers": 214}]}


@documented(
    "Customers",
    get=Call(
        "List segments",
        SegmentsAnswer,
        description="Segments are what you put customers in, by `traits.segments`; rules ask for them. "
        "`GET /customers?segment=regulars` lists who is in one.",
    ),
)
class Segments(Endpoint):
    def get(self, request):
        found = segments.counted(storefront=request.storefront)
        told = [{"name": name, "customers": customers} for name, customers in found]
        return Response(SegmentsAnswer({"data": told}).data)
