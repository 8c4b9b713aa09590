"""Missing friends: named by an advocate, decided by the shop."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import persons, reasons
from advocacy.api import fields, found, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.keys import AsCustomer, customer_of
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Program
from advocacy.refusals import NotFound
from referrals import claims
from referrals.api.reasons import ReasonAnswer, shown
from referrals.models import Claim, ClaimState

_BARE = reasons.staff("no_attribution")
_LATER = "2026-12-06T10:15:00Z"
_NAMED = "An order's number, a code that came with the order, or the friend's e-mail address."


class MyClaimCall(fields.StrictSerializer):
    program = programs.ProgramName()
    named = fields.Text(max_length=320, allow_blank=False, help_text=_NAMED)

    example = {"program": "friends", "named": "1001"}


class ClaimCall(fields.StrictSerializer):
    advocate = fields.Name(help_text="adv_…")
    named = fields.Text(max_length=320, allow_blank=False, help_text=_NAMED)

    example = {"advocate": sample("advocate"), "named": "1001"}


class RefuseCall(fields.StrictSerializer):
    reason = fields.Text(required=False, max_length=200, help_text="For your staff; the advocate reads a neutral one.")

    example = {"reason": "The friend says that nobody told them."}


class AcceptCall(RefuseCall):
    about = fields.Text(
        required=False,
        max_length=210,
        help_text="The order's number, or cus_… or ext_… of the customer, where what was named leads nowhere or to "
        "somebody else.",
    )

    example = {"reason": "He wrote to us that Alice told him."}


class MyClaimAnswer(serializers.ModelSerializer):
    """What the advocate may know: the same whether anything of that name is here or not."""

    id = fields.PublicId("claim", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    named = serializers.CharField(help_text="As it was typed; empty of an e-mail address, which is not kept.")
    claimed_at = fields.Moment()
    decide_by = fields.Moment(help_text="Until when it is decided; what is not by then is refused.")
    decided_at = fields.Moment(allow_null=True)
    outcome = serializers.SerializerMethodField(help_text="For the advocate, in English; empty while it is open.")

    class Meta:
        model = Claim
        fields = ["id", "program", "named_by", "named", "state", "outcome", "claimed_at", "decide_by", "decided_at"]

    def get_outcome(self, claim) -> str:
        if claims.is_lost(claim):
            return "It counted. By now the friend is not the advocate’s any more."
        if claim.state == ClaimState.ACCEPTED:
            return "It counts."
        return reasons.advocate(claim.refusal) if claim.refusal else ""

    example = {
        "id": sample("claim"),
        "program": sample("program"),
        "named_by": "word",
        "named": "1001",
        "state": "open",
        "outcome": "",
        "claimed_at": BOUGHT,
        "decide_by": _LATER,
        "decided_at": None,
    }


class ClaimAnswer(MyClaimAnswer):
    advocate = fields.PublicId("advocate", source="advocate.person_id")
    order = fields.PublicId("order", source="order.public_id", allow_null=True)
    friend = fields.PublicId("customer", source="friend.person_id", allow_null=True)
    referral = fields.PublicId(
        "referral", source="referral.public_id", allow_null=True, help_text="The bond that it led to."
    )
    reasons = serializers.SerializerMethodField(help_text="Why it did not count by itself, when it was asked.")
    refusal = serializers.CharField(help_text="The reason key by which it was refused.")
    reason = serializers.CharField(help_text="Whoever decided it, for your staff.")
    resource_version = serializers.IntegerField(source="version")

    class Meta(MyClaimAnswer.Meta):
        fields = [
            *MyClaimAnswer.Meta.fields,
            *("advocate", "order", "friend", "referral", "reasons", "refusal", "reason", "resource_version"),
        ]

    def get_reasons(self, claim) -> ReasonAnswer(many=True):
        return shown(claim.reasons)

    example = MyClaimAnswer.example | {
        "advocate": sample("advocate"),
        "order": sample("order"),
        "friend": sample("customer"),
        "referral": None,
        "reasons": [{"key": "no_attribution", "text": _BARE, "numbers": {}}],
        "refusal": "",
        "reason": "",
        "resource_version": 1,
    }


def of(storefront):
    beside = ("storefront", "program", "advocate__customer", "order", "friend", "referral")
    return Claim.objects.filter(storefront=storefront).select_related(*beside)


@documented(
    "Claims",
    get=Call("List claims", ClaimAnswer, many=True),
    post=Call(
        "Claim a missing friend",
        ClaimAnswer,
        takes=ClaimCall,
        creates=True,
        description="For an advocate who says on your pages that a friend is missing; a widget uses `/me/claims`. The "
        "same name again is the same claim; one person can claim 5 a day. Tell the advocate nothing of `order`, "
        "`friend` and `reasons`: the order may be somebody else's.",
    ),
)
class Claims(ListEndpoint):
    answer = ClaimAnswer
    filters = {
        "advocate": Of("advocate", Advocate, "advocate"),
        "program": Of("program", Program, "program", external="slug"),
        "state": Among("state", ClaimState),
        **between("claimed_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(ClaimCall)
        people = Advocate.objects.filter(storefront=request.storefront)
        advocate = found.one(people.select_related("storefront", "customer", "program"), "advocate", call["advocate"])
        with transaction.atomic():
            claim, new = claims.ask(advocate=advocate, named=call["named"], at=self.at)
        return created(ClaimAnswer(claim).data, new=new)


@documented("Claims", get=Call("Get a claim", ClaimAnswer, also=path_parameters("id")))
class OneClaim(Endpoint):
    def get(self, request, id):
        return Response(ClaimAnswer(found.one(of(request.storefront), "claim", id)).data)


@documented(
    "Claims",
    post=Call(
        "Count a missing friend",
        ClaimAnswer,
        takes=AcceptCall,
        also=path_parameters("id"),
        description="The friend is the advocate's from the order on, and the order is decided by the rules of its day; "
        "who had brought the friend loses what that earned. Refused after `decide_by` (`claim_over`), for an order "
        "that was too old when it was claimed (`claim_too_late`) and where nothing is found (`nothing_found`: send "
        "`about`).",
    ),
)
class AcceptClaim(Endpoint):
    def post(self, request, id):
        call = self.taken(AcceptCall)
        claim = claims.accept(claim=found.one(of(request.storefront), "claim", id), at=self.at, **call)
        return Response(ClaimAnswer(claim).data)


@documented(
    "Claims",
    post=Call("Refuse a claim", ClaimAnswer, takes=RefuseCall, also=path_parameters("id")),
)
class RefuseClaim(Endpoint):
    def post(self, request, id):
        call = self.taken(RefuseCall)
        claim = claims.refuse(claim=found.one(of(request.storefront), "claim", id), at=self.at, **call)
        return Response(ClaimAnswer(claim).data)


@documented(
    "Me",
    get=Call("List my claims", MyClaimAnswer, many=True),
    post=Call(
        "Say that a friend is missing",
        MyClaimAnswer,
        takes=MyClaimCall,
        creates=True,
        description="The advocate of the Customer-Token names an order, a code or an e-mail address; somebody of the "
        "shop decides. The answer is the same whether anything of that name is here or not.",
    ),
)
class MyClaims(ListEndpoint):
    permission_classes = [AsCustomer]
    answer = MyClaimAnswer

    def rows(self):
        return of(self.request.storefront).filter(advocate__customer__in=persons.ids_of(customer_of(self.request)))

    def post(self, request):
        call = self.taken(MyClaimCall)
        program = programs.named(storefront=request.storefront, name=call.get("program"))
        mine = persons.of_advocate(customer_of(request)).filter(program=program)
        advocate = mine.select_related("storefront", "customer", "program").first()
        if advocate is None:
            raise NotFound("unknown_advocate", "This customer is no advocate of the program; they join it first.")
        with transaction.atomic():
            claim, new = claims.ask(advocate=advocate, named=call["named"], at=self.at)
        return created(MyClaimAnswer(claim).data, new=new)
