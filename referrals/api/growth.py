"""How a program grows, to read: K, channels, the best advocates, trees, hours and products."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, programs
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented
from referrals import growth
from referrals.api.days import day_of
from referrals.api.metrics import COMPARE, Definition
from referrals.growth.sharing import SUMS
from referrals.growth.virality import K_OF_COHORT, MOST_DAYS, WITHIN_DAYS
from referrals.growth.virality import K as K_SENTENCE
from referrals.metrics import periods

_K = {
    "definition": {"id": "k", "sentence": K_SENTENCE},
    "shares": 300,
    "invitations": 100,
    "advocates": 100,
    "converted": 100,
    "interval": [0.71, 1.29],
    "sent_per_advocate": 4.0,
    "converted_per_sent": 0.25,
    "value": 1.0,
    "reason": "",
}
_COHORT = {
    "definition": {"id": "k_of_cohort", "sentence": K_OF_COHORT},
    "within_days": 30,
    "joined": {"from": "2026-09-01", "to": "2026-09-30"},
    "friends": 9,
    "advocates": 60,
    "too_young": 0,
    "value": 0.15,
    "interval": [0.05698, 0.24302],
    "reason": "",
}


class K(serializers.Serializer):
    definition = Definition()
    shares = serializers.IntegerField()
    invitations = serializers.IntegerField()
    advocates = serializers.IntegerField(help_text="Enrolled until the period's end.")
    converted = serializers.IntegerField(help_text="Friends whose first conversion was in the period.")
    sent_per_advocate = serializers.FloatField(allow_null=True, help_text="i")
    converted_per_sent = serializers.FloatField(allow_null=True, help_text="c")
    value = serializers.FloatField(allow_null=True, help_text="K = i · c; null without a denominator.")
    interval = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="95 % of the mean by advocate (Student).",
    )
    reason = serializers.CharField(allow_blank=True, help_text="Why there is no value.")


class KOfCohort(serializers.Serializer):
    definition = Definition()
    within_days = serializers.IntegerField()
    joined = serializers.DictField(
        child=serializers.DateField(), help_text="from and to, when they joined: within_days before the period."
    )
    friends = serializers.IntegerField()
    advocates = serializers.IntegerField(help_text="Joined in these days, and within_days ago or longer.")
    too_young = serializers.IntegerField(help_text="Joined in these days, and left out: their days are not over.")
    value = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="95 % of the mean (Student), low and high."
    )
    reason = serializers.CharField(allow_blank=True)


class Forecast(serializers.Serializer):
    cycles = serializers.IntegerField()
    people = serializers.IntegerField()


class SharesOfChannel(serializers.Serializer):
    channel = serializers.CharField(allow_blank=True, help_text="Empty: none was named.")
    shares = serializers.IntegerField()
    advocates = serializers.IntegerField(help_text="Who chose it.")
    share = serializers.FloatField(help_text="Of all shares of the period.")


class TopAdvocate(serializers.Serializer):
    advocate = serializers.CharField()
    clicks = serializers.IntegerField(allow_null=True, help_text="Null where those of some days were not counted.")
    referrals = serializers.IntegerField()
    converted_referrals = serializers.IntegerField()
    conversions = serializers.IntegerField()
    revenue = fields.MoneyAnswer()


class TalliesAnswer(serializers.Serializer):
    counted_at = serializers.DateTimeField(allow_null=True, help_text="Null before the first night.")
    trees = serializers.DictField(
        allow_null=True,
        help_text="Of all time: trees, people, sizes of the largest, deepest, depths (friends at depth 1, 2, …), "
        "loops, looping (who stands in one or below), largest_root (a customer's id).",
    )
    hours = serializers.DictField(
        allow_null=True,
        help_text="Of the last 90 days: cells of weekday (1 is Monday), hour, clicks, orders in time_zone.",
    )
    products = serializers.DictField(
        allow_null=True,
        help_text="Of the last 90 days: pieces bought by friends and by others, in all and of the 20 friends buy most.",
    )


class PreviousGrowth(serializers.Serializer):
    period = serializers.DictField(child=serializers.DateField(), help_text="from and to, both included.")
    k = K()
    k_of_cohort = KOfCohort()


class GrowthAnswer(serializers.Serializer):
    program = serializers.CharField()
    period = serializers.DictField(child=serializers.DateField(), help_text="from and to, both included.")
    time_zone = serializers.CharField()
    k = K()
    k_of_cohort = KOfCohort()
    forecast = Forecast(many=True, help_text="People after so many cycles at this K; empty without one.")
    share_by_channel = SharesOfChannel(many=True)
    top_advocates = TopAdvocate(many=True)
    tallies = TalliesAnswer()
    previous = PreviousGrowth(allow_null=True, help_text="With compare: of as many days before.")

    example = {
        "program": sample("program"),
        "period": {"from": "2026-10-24", "to": "2026-11-22"},
        "time_zone": "Europe/Berlin",
        "k": _K,
        "k_of_cohort": _COHORT,
        "forecast": [{"cycles": 1, "people": 200}],
        "share_by_channel": [{"channel": "whatsapp", "shares": 210, "advocates": 70, "share": 0.7}],
        "top_advocates": [
            {
                "advocate": sample("advocate"),
                "clicks": 40,
                "referrals": 9,
                "converted_referrals": 6,
                "conversions": 8,
                "revenue": euros(40000),
            }
        ],
        "tallies": {
            "counted_at": BOUGHT,
            "trees": {
                "trees": 60,
                "people": 190,
                "sizes": [14, 9],
                "deepest": 3,
                "depths": [100, 25, 5],
                "loops": 0,
                "looping": 0,
                "largest_root": sample("customer"),
            },
            "hours": {
                "time_zone": "Europe/Berlin",
                "cells": [{"weekday": 7, "hour": 20, "clicks": 31, "orders": 4}],
            },
            "products": {
                "friends": 120,
                "others": 900,
                "products": [{"product": "Beans", "friends": 80, "others": 310}],
            },
        },
        "previous": None,
    }


@documented(
    "Metrics",
    get=Call(
        "Get how a program grows",
        GrowthAnswer,
        description="K in both forms, shares by channel and the advocates whose friends bought, of a period; trees of "
        "who brought whom, hours and products as they were counted last night.",
        also=[
            OpenApiParameter("program", str, description="Its id or short name; may be left out if there is only one."),
            OpenApiParameter("from", str, description="The first day; default: 30 days with the last one."),
            OpenApiParameter("to", str, description="The last day, included; default: today."),
            OpenApiParameter("within_days", int, description="Of k_of_cohort: 1 to 365; default: 30."),
            COMPARE,
        ],
    ),
)
class Growth(Endpoint):
    parameters = {"GET": ("program", "from", "to", "within_days", "compare")}
    declines = {"time_zone": periods.DECLINED_ZONE}

    def get(self, request):
        program = programs.named(storefront=request.storefront, name=request.query_params.get("program"))
        asked = periods.asked(program=program, at=self.at, since=day_of(request, "from"), until=day_of(request, "to"))
        period = {"program": program, "since": asked.days[0], "until": asked.days[1]}
        told = self._virality(program, asked.days)
        return Response(
            {
                "program": ids.encode(ids.PREFIXES["program"], program.public_id),
                "period": {"from": asked.days[0], "to": asked.days[1]},
                "time_zone": asked.zone,
                **told,
                "share_by_channel": growth.channels(**period),
                "top_advocates": [_advocate(each, program) for each in growth.top_advocates(**period, at=self.at)],
                "tallies": _tallies(program),
                "previous": self._previous(program, asked.before) if self.flag("compare") else None,
            }
        )

    def _virality(self, program, days):
        since, until = days
        asked = {"program": program, "since": since, "until": until, "within_days": _within(self.request)}
        told = growth.virality(**asked, at=self.at)
        return {"k": told["k"], "k_of_cohort": told["cohort"], "forecast": told["forecast"]}

    def _previous(self, program, days):
        told = self._virality(program, days)
        return {"period": {"from": days[0], "to": days[1]}, "k": told["k"], "k_of_cohort": told["k_of_cohort"]}


_DAYS = {str(days) for days in range(1, MOST_DAYS + 1)}


def _within(request):
    text = request.query_params.get("within_days", str(WITHIN_DAYS))
    if text not in _DAYS:
        raise invalid(f"within_days must be a whole number from 1 to {MOST_DAYS}.")
    return int(text)


def _advocate(each, program):
    names = [name for name in SUMS if name != "revenue_minor"]
    kept = {"amount_minor": each["revenue_minor"], "currency": program.currency}
    return {"advocate": each["id"]} | {name: each[name] for name in names} | {"revenue": kept}


def _tallies(program):
    found = growth.read(program=program)
    moments = [at for _, at in found.values()]
    told = {name: found.get(name, (None, None))[0] for name in ("trees", "hours", "products")}
    return {"counted_at": max(moments, default=None)} | told
