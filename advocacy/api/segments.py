"""Segments, as the storefront names them with its customers."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import segments
from advocacy.api.endpoint import Endpoint
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.refusals import NotFound


class SegmentAnswer(serializers.Serializer):
    name = serializers.CharField()
    customers = serializers.IntegerField(help_text="How many are in it now.")

    example = {"name": "regulars", "customers": 214}


class SegmentsAnswer(serializers.Serializer):
    data = SegmentAnswer(many=True, help_text=f"The largest first, at most {segments.MOST}.")

    example = {"data": [SegmentAnswer.example]}


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


@documented("Customers", get=Call("Get a segment", SegmentAnswer, also=path_parameters("name")))
class OneSegment(Endpoint):
    def get(self, request, name):
        found = segments.counted(storefront=request.storefront, name=name)
        if not found:
            raise NotFound("unknown_segment", f"There is nobody in a segment {name[:60]!a} of this storefront.")
        return Response(SegmentAnswer({"name": name, "customers": found[0][1]}).data)
