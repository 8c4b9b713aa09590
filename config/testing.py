"""``/test/…``: what test keys do to their twin beside what all keys do."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.endpoint import Endpoint
from advocacy.api.keys import TestKey
from advocacy.api.schema import Call, documented
from advocacy.twins import FARTHEST_AHEAD
from config import twins


class ClockCall(fields.StrictSerializer):
    advance_seconds = fields.Whole(min_value=1, max_value=int(FARTHEST_AHEAD.total_seconds()))

    example = {"advance_seconds": 1_209_600}


class ClockAnswer(serializers.Serializer):
    now = fields.Moment(help_text="The time it is for the test data.")
    ahead_seconds = serializers.IntegerField(help_text="How far its clock is ahead of the real one.")

    example = {"now": "2026-12-06T10:15:00Z", "ahead_seconds": 1_209_600}


class EmptyAnswer(serializers.Serializer):
    emptied = serializers.BooleanField()

    example = {"emptied": True}


@documented(
    "Test mode",
    get=Call("Get the test clock", ClockAnswer),
    post=Call(
        "Move the test clock on",
        ClockAnswer,
        takes=ClockCall,
        description="Only with a test key. Holds, reservations, expiry and periods of the test data that end within "
        "this time have ended when the answer comes; calls with test keys happen at the new time. Nothing live moves.",
    ),
)
class TestClock(Endpoint):
    permission_classes = [TestKey]

    def get(self, request):
        return self._told(self.at)

    def post(self, request):
        call = self.taken(ClockCall)
        return self._told(twins.advance(twin=request.storefront, seconds=call["advance_seconds"], now=timezone.now()))

    def _told(self, now):
        return Response(ClockAnswer({"now": now, "ahead_seconds": self.request.storefront.clock_ahead}).data)


@documented(
    "Test mode",
    delete=Call(
        "Delete all test data",
        EmptyAnswer,
        description="Only with a test key. Empties the test twin and winds its clock back; it gets the storefront's "
        "programs and rules anew. Keys and webhook endpoints stay. Nothing live is touched.",
    ),
)
class TestData(Endpoint):
    permission_classes = [TestKey]

    def delete(self, request):
        twins.empty(twin=request.storefront, at=timezone.now())
        return Response(EmptyAnswer({"emptied": True}).data)
