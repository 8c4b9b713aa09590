"""Referrals: who brought whom, by what, and by hand."""

import uuid

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import customers, ids
from advocacy.api import expanding, fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, SIGNED_UP, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer, Program
from referrals import attribution
from referrals.models import Method, Referral


class CandidateAnswer(serializers.Serializer):
    method = serializers.ChoiceField(Method.choices)
    link = serializers.CharField()
    code = serializers.CharField()
    advocate = serializers.CharField()
    at = serializers.CharField()
    won = serializers.BooleanField()
    reason = serializers.CharField(help_text="The reason key it lost by.")


class ReferralAnswer(serializers.ModelSerializer):
    id = fields.PublicId("referral", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    advocate = fields.PublicId("advocate", source="advocate.person_id")
    friend = fields.PublicId("customer", source="friend.person_id")
    link = fields.PublicId("link", source="link.public_id", allow_null=True)
    click_id = fields.PublicId("click", allow_null=True)
    clicked_at = fields.Moment(allow_null=True)
    bound_at = fields.Moment()
    conversions = serializers.IntegerField(source="last_sequence", help_text="Orders recorded so far.")
    standing_conversions = serializers.IntegerField(help_text="Of them neither wholly refunded nor rejected.")
    converted_at = fields.Moment(allow_null=True)
    candidates = serializers.SerializerMethodField(help_text="Everything that was considered.")
    ended_at = fields.Moment(allow_null=True, help_text="Since when it counts no more: it was given to another.")
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Referral
        fields = [
            "id",
            "program",
            "advocate",
            "friend",
            "link",
            "method",
            "channel",
            "click_id",
            "clicked_at",
            "bound_at",
            "conversions",
            "standing_conversions",
            "converted_at",
            "candidates",
            "ended_at",
            "resource_version",
        ]

    def get_candidates(self, referral) -> CandidateAnswer(many=True):
        return [_candidate(kept) for kept in referral.candidates]

    example = {
        "id": sample("referral"),
        "program": sample("program"),
        "advocate": sample("advocate"),
        "friend": sample("customer"),
        "link": sample("link"),
        "method": "click",
        "channel": "whatsapp",
        "click_id": sample("click"),
        "clicked_at": SIGNED_UP,
        "bound_at": SIGNED_UP,
        "conversions": 1,
        "standing_conversions": 1,
        "converted_at": BOUGHT,
        "candidates": [
            {
                "method": "click",
                "link": sample("link"),
                "code": "ALICE",
                "advocate": sample("advocate"),
                "at": SIGNED_UP,
                "won": True,
                "reason": "",
            }
        ],
        "ended_at": None,
        "resource_version": 1,
    }


class ReferralCall(fields.StrictSerializer):
    advocate = fields.Name(help_text="adv_…")
    friend = fields.Name(help_text="cus_…, or ext_ and your own id.")
    reason = fields.Text(max_length=200, help_text="Why you say so; kept with what it replaces.")
    since = fields.Time(
        required=False, help_text="Orders since then count; left out: since the bond before, or the first order."
    )

    example = {
        "advocate": sample("advocate"),
        "friend": "ext_fred",
        "reason": "He wrote to us that Alice told him.",
    }


def _candidate(kept):
    known = {kind: ids.encode(ids.PREFIXES[kind], uuid.UUID(kept[kind])) for kind in ("link", "advocate")}
    return kept | known


def of(storefront):
    return Referral.objects.filter(storefront=storefront).select_related("program", "advocate", "friend", "link")


expanding.whole("referral", ReferralAnswer, of, tag="Referrals")


@documented(
    "Referrals",
    get=Call("List referrals", ReferralAnswer, many=True),
    post=Call(
        "Attribute by hand",
        ReferralAnswer,
        takes=ReferralCall,
        creates=True,
        repeats=False,
        description="Say who brought a friend. The bond there was ends, what it earned is taken back, and the friend's "
        "orders since then are decided anew for the other advocate. Said twice it is answered with 409.",
    ),
)
class Referrals(ListEndpoint):
    answer = ReferralAnswer
    filters = {
        "advocate": Of("advocate", Advocate, "advocate"),
        "friend": Of("friend", Customer, "customer", external="external_id"),
        "program": Of("program", Program, "program", external="slug"),
        "method": Among("method", Method),
        **between("recorded_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(ReferralCall)
        mine = Advocate.objects.filter(storefront=request.storefront).select_related("program", "customer")
        referral = attribution.by_hand(
            advocate=found.one(mine, "advocate", call["advocate"]),
            friend=customers.named(storefront=request.storefront, name=call["friend"]),
            reason=call["reason"],
            since=call.get("since"),
            at=self.at,
        )
        return created(ReferralAnswer(of(request.storefront).get(pk=referral.pk)).data, new=True)


@documented("Referrals", get=Call("Get a referral", ReferralAnswer, also=path_parameters("id")))
class OneReferral(Endpoint):
    def get(self, request, id):
        return Response(ReferralAnswer(found.one(of(request.storefront), "referral", id)).data)
