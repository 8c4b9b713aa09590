"""Payouts and their batches: made, approved, exported, and told what became of them."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer, Program
from rewards.models import BatchState, Payout, PayoutBatch, PayoutKind, PayoutState
from rewards.payouts import batches, gathering, policies, results, taken_back


class PayoutAnswer(serializers.ModelSerializer):
    id = fields.PublicId("payout", source="public_id")
    batch = fields.PublicId("payout_batch", source="batch.public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    amount = fields.Money("amount_minor")
    number = serializers.IntegerField(help_text="Names its statement; without gaps. Null while it waits.")
    state = serializers.ChoiceField(PayoutState.choices)
    waits_for = serializers.CharField(help_text="A reason key, such as minimum_payout; empty where it is paid.")
    destination_end = serializers.CharField(help_text="The last four signs of where it goes.")
    reference = serializers.CharField(help_text="The bank’s, or what was given.")
    failure = serializers.CharField(help_text="Why it failed, in words.")
    made_at = fields.Moment()
    sent_at = fields.Moment(allow_null=True)
    paid_at = fields.Moment(allow_null=True)
    ended_at = fields.Moment(allow_null=True, help_text="When it failed, was cancelled or returned.")
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Payout
        fields = [
            *("id", "batch", "customer", "amount", "number", "state", "waits_for", "destination_end"),
            *("reference", "failure", "made_at", "sent_at", "paid_at", "ended_at", "resource_version"),
        ]

    example = {
        "id": sample("payout"),
        "batch": sample("payout_batch"),
        "customer": sample("customer"),
        "amount": euros(2500),
        "number": 17,
        "state": "sent",
        "waits_for": "",
        "destination_end": "3000",
        "reference": "",
        "failure": "",
        "made_at": BOUGHT,
        "sent_at": BOUGHT,
        "paid_at": None,
        "ended_at": None,
        "resource_version": 2,
    }


class PayoutBatchAnswer(serializers.ModelSerializer):
    id = fields.PublicId("payout_batch", source="public_id")
    kind = serializers.ChoiceField(PayoutKind.choices)
    state = serializers.ChoiceField(BatchState.choices)
    total = fields.Money("total_minor")
    payouts = serializers.IntegerField(source="payouts_count", help_text="How many are paid.")
    waiting = serializers.IntegerField(source="waiting_count", help_text="How many wait, each with its reason.")
    needs_second = serializers.BooleanField(help_text="Above the limit: two people approve it, in the admin.")
    made_at = fields.Moment()
    approved_at = fields.Moment(allow_null=True)
    exported_at = fields.Moment(allow_null=True)
    ended_at = fields.Moment(allow_null=True)

    class Meta:
        model = PayoutBatch
        fields = [
            *("id", "kind", "state", "total", "payouts", "waiting", "needs_second"),
            *("made_at", "approved_at", "exported_at", "ended_at"),
        ]

    example = {
        "id": sample("payout_batch"),
        "kind": "sepa",
        "state": "draft",
        "total": euros(120000),
        "payouts": 48,
        "waiting": 3,
        "needs_second": False,
        "made_at": BOUGHT,
        "approved_at": None,
        "exported_at": None,
        "ended_at": None,
    }


class PayoutBatchCall(fields.StrictSerializer):
    currency = fields.Currency()
    program = fields.Name(required=False, help_text="Its id or short name, where it has a payout policy of its own.")

    example = {"currency": "EUR"}


class ApprovalCall(fields.StrictSerializer):
    taken_back = serializers.ChoiceField(
        [taken_back.DROP, taken_back.PAY],
        required=False,
        help_text="What becomes of payouts of which refunds have taken back a part since the batch was made: drop them "
        "(the right amount comes with the next batch), or pay them all the same (later rewards make up for it).",
    )

    example = {"taken_back": "drop"}


class FileAnswer(serializers.Serializer):
    name = serializers.CharField()
    content_type = serializers.CharField()
    text = serializers.CharField(help_text="The file, to be written as UTF-8. It names people and their accounts.")

    example = {"name": "pob_….xml", "content_type": "application/xml", "text": "<?xml version=…"}


class ResultCall(fields.StrictSerializer):
    number = fields.Whole(min_value=1, help_text="The payout’s.")
    result = fields.Choice(choices=[(each, each) for each in results.RESULTS])
    reference = fields.Text(required=False, max_length=140, help_text="The bank’s.")
    reason = fields.Text(required=False, max_length=200, help_text="Why it failed.")

    example = {"number": 17, "result": "paid", "reference": "TX-9", "reason": ""}


class ResultsCall(fields.StrictSerializer):
    results = serializers.ListField(child=ResultCall(), allow_empty=False, max_length=10_000)

    example = {"results": [ResultCall.example]}


def batches_of(storefront):
    return PayoutBatch.objects.filter(storefront=storefront)


def payouts_of(storefront):
    return Payout.objects.filter(storefront=storefront).select_related("batch", "customer")


@documented(
    "Payouts",
    get=Call("List payouts", PayoutAnswer, many=True, description="Also those that wait, each with its reason."),
)
class Payouts(ListEndpoint):
    answer = PayoutAnswer
    filters = {
        "state": Among("state", PayoutState),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        "batch": Of("batch", PayoutBatch, "payout_batch"),
        **between("made_at"),
    }

    def rows(self):
        return payouts_of(self.request.storefront)


@documented("Payouts", get=Call("Get a payout", PayoutAnswer, also=path_parameters("id")))
class OnePayout(Endpoint):
    def get(self, request, id):
        return Response(PayoutAnswer(found.one(payouts_of(request.storefront), "payout", id)).data)


@documented(
    "Payouts",
    get=Call("List payout batches", PayoutBatchAnswer, many=True),
    post=Call(
        "Make a payout batch",
        PayoutBatchAnswer,
        takes=PayoutBatchCall,
        creates=True,
        keyed=True,
        description="A draft of all that is due now by the payout policy of the currency; their cash is frozen. "
        "422 `nothing_to_pay` where nobody is due.",
    ),
)
class PayoutBatches(ListEndpoint):
    answer = PayoutBatchAnswer
    filters = {"state": Among("state", BatchState), **between("made_at")}

    def rows(self):
        return batches_of(self.request.storefront)

    def post(self, request):
        call = self.taken(PayoutBatchCall)
        with keyed(self) as claim:
            batch = claim.earlier(self.rows()) or claim.keep("payout_batch", self._made(call))
        return created(PayoutBatchAnswer(batch).data, new=claim.new)

    def _made(self, call):
        programs = Program.objects.filter(storefront=self.request.storefront)
        program = found.one(programs, "program", call["program"], external="slug") if "program" in call else None
        policy = policies.named(storefront=self.request.storefront, currency=call["currency"], program=program)
        return gathering.gather(policy=policy, at=self.at)


@documented("Payouts", get=Call("Get a payout batch", PayoutBatchAnswer, also=path_parameters("id")))
class OnePayoutBatch(Endpoint):
    def get(self, request, id):
        return Response(PayoutBatchAnswer(_batch(request, id)).data)


@documented(
    "Payouts",
    post=Call(
        "Approve a payout batch",
        PayoutBatchAnswer,
        takes=ApprovalCall,
        also=path_parameters("id"),
        description="422 `four_eyes` where its total is above the policy’s limit: two people do it in the admin. 409 "
        "`taken_back_since` where refunds have taken back a part of some payouts since: then say `taken_back`.",
    ),
)
class ApproveBatch(Endpoint):
    def post(self, request, id):
        batch, call = _batch(request, id), self.taken(ApprovalCall)
        return Response(PayoutBatchAnswer(batches.approve(batch=batch, at=self.at, **call)).data)


@documented(
    "Payouts",
    post=Call(
        "Export a payout batch",
        FileAnswer,
        also=path_parameters("id"),
        description="The file for your bank, or the list for whoever pays by hand. Its payouts count as sent from the "
        "first export on; asked again it answers the same file.",
    ),
)
class ExportBatch(Endpoint):
    def post(self, request, id):
        batch, file = batches.export(batch=_batch(request, id), at=self.at)
        batches.give(batch=batch, at=self.at)
        return Response(FileAnswer(file).data)


@documented(
    "Payouts",
    post=Call(
        "Tell results of payouts",
        PayoutBatchAnswer,
        takes=ResultsCall,
        also=path_parameters("id"),
        description="Each by its payout’s number. What failed or was returned is the customer’s again. Said twice it "
        "changes nothing; one wrong result refuses all.",
    ),
)
class BatchResults(Endpoint):
    def post(self, request, id):
        batch = _batch(request, id)
        told = self.taken(ResultsCall)["results"]
        said = [results.Result(place=f"results[{place}]", **each) for place, each in enumerate(told)]
        results.apply(batch=batch, results=said, at=self.at)
        batch.refresh_from_db()
        return Response(PayoutBatchAnswer(batch).data)


@documented(
    "Payouts",
    post=Call(
        "Cancel a payout batch",
        PayoutBatchAnswer,
        also=path_parameters("id"),
        description="Before its export: all of it is the customers’ again.",
    ),
)
class CancelBatch(Endpoint):
    def post(self, request, id):
        return Response(PayoutBatchAnswer(batches.cancel(batch=_batch(request, id), at=self.at)).data)


def _batch(request, name):
    return found.one(batches_of(request.storefront), "payout_batch", name)
