"""Merges: say that two customers are one person, and take it back."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import customers, merging
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer, Merge


class MergeCall(fields.StrictSerializer):
    into = fields.Name(max_length=210, help_text="Who goes on: cus_…, or ext_ and your own id.")
    merged = fields.Name(max_length=210, help_text="Who is the same person; found by all their names as the other.")
    reason = fields.Text(required=False, max_length=200, help_text="For your staff.")

    example = {"into": "ext_fred", "merged": sample("customer"), "reason": "They bought as a guest before"}


class UndoMergeCall(fields.StrictSerializer):
    reason = fields.Name(max_length=200, help_text="For your staff.")

    example = {"reason": "They are two people in one household"}


class MergeAnswer(serializers.ModelSerializer):
    id = fields.PublicId("merge", source="public_id")
    into = fields.PublicId("customer", source="survivor.public_id")
    merged = fields.PublicId("customer", source="merged.public_id")
    merged_external_id = serializers.CharField(
        source="merged.external_id", allow_null=True, help_text="Your own id of them, which finds the other now."
    )
    state = serializers.ChoiceField(choices=["merged", "undone"])
    source = serializers.CharField(help_text="api, admin, same_email, or the platform that said so.")
    created_at = fields.Moment(source="made_at")
    undone_at = fields.Moment(allow_null=True)
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Merge
        fields = [
            "id",
            "into",
            "merged",
            "merged_external_id",
            "state",
            "source",
            "reason",
            "created_at",
            "undone_at",
            "undone_reason",
            "resource_version",
        ]

    example = {
        "id": sample("merge"),
        "into": sample("customer"),
        "merged": sample("customer"),
        "merged_external_id": None,
        "state": "merged",
        "source": "api",
        "reason": "They bought as a guest before",
        "created_at": BOUGHT,
        "undone_at": None,
        "undone_reason": "",
        "resource_version": 1,
    }


def of(storefront):
    return Merge.objects.filter(storefront=storefront).select_related("survivor", "merged")


@documented(
    "Customers",
    post=Call(
        "Merge two customers",
        MergeAnswer,
        takes=MergeCall,
        creates=True,
        description="Both are one person from now on: orders, referrals, wallets and links of either are the "
        "survivor's, and every id and address of the other finds the survivor. Merged before, in either direction, it "
        "is answered with 200. Where the one who would go on has neither id nor e-mail, the other goes on. The event "
        "is `customer.merged`.",
    ),
)
class MergeCustomers(Endpoint):
    beside = "customer"

    def post(self, request):
        call = self.taken(MergeCall)
        made, new = merging.merge(
            survivor=self._named(call["into"]),
            merged=self._named(call["merged"]),
            reason=call.get("reason", ""),
            source="api",
            at=self.at,
        )
        return created(MergeAnswer(made).data, new=new)

    def _named(self, name):
        return customers.record_named(storefront=self.request.storefront, name=name)


@documented("Customers", get=Call("List merges of customers", MergeAnswer, many=True))
class Merges(ListEndpoint):
    answer = MergeAnswer
    filters = {
        "into": Of("survivor", Customer, "customer", external="external_id"),
        **between("made_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented("Customers", get=Call("Get a merge", MergeAnswer, also=path_parameters("id")))
class OneMerge(Endpoint):
    def get(self, request, id):
        return Response(MergeAnswer(found.one(of(request.storefront), "merge", id)).data)


@documented(
    "Customers",
    post=Call(
        "Undo a merge",
        MergeAnswer,
        takes=UndoMergeCall,
        also=path_parameters("id"),
        description="Each has their own again; what came since the merge stays with the one who went on. Refused with "
        "`money_left` once credit of theirs was spent or paid out since, or is reserved. The event is "
        "`customer.unmerged`.",
    ),
)
class UndoMerge(Endpoint):
    def post(self, request, id):
        merge = found.one(of(request.storefront), "merge", id)
        undone = merging.undo(merge=merge, reason=self.taken(UndoMergeCall)["reason"], at=self.at)
        return Response(MergeAnswer(undone).data)
