"""What customers agreed to: records that are added, never changed."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import consents
from advocacy.api import consent_fields, customers, fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import SIGNED_UP, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Channel, Consent, ConsentState, Customer


class ConsentCall(consent_fields.ConsentFields):
    customer = customers.CustomerGiven()

    example = {"customer": "ext_fred"} | consent_fields.SAID


class ConsentAnswer(serializers.ModelSerializer):
    id = fields.PublicId("consent", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    at = fields.Moment()
    recorded_at = fields.Moment()

    class Meta:
        model = Consent
        fields = ["id", "customer", "channel", "state", "basis", "wording_version", "source", "at", "recorded_at"]

    example = (
        {"id": sample("consent"), "customer": sample("customer")} | consent_fields.SAID | {"recorded_at": SIGNED_UP}
    )


def of(storefront):
    return Consent.objects.filter(storefront=storefront).select_related("customer")


@documented(
    "Consents",
    get=Call("List consents", ConsentAnswer, many=True),
    post=Call(
        "Record a consent",
        ConsentAnswer,
        takes=ConsentCall,
        creates=True,
        description="What a customer said about promotional messages on a channel. Each is kept for ever, with its "
        "words and moment; of a customer and channel the newest `at` counts, and `GET /customers/{id}` shows it. The "
        "same sent again is one record; without `at`, so is what says no more than the newest.",
    ),
)
class Consents(ListEndpoint):
    answer = ConsentAnswer
    filters = {
        "channel": Among("channel", Channel),
        "state": Among("state", ConsentState),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        **between("recorded_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(ConsentCall)
        with transaction.atomic():
            customer = customers.given_or_new(storefront=request.storefront, value=call.pop("customer"), at=self.at)
            consent, new = consents.note(customer=customer, said=call, at=self.at)
        return created(ConsentAnswer(consent).data, new=new)


@documented("Consents", get=Call("Get a consent", ConsentAnswer, also=path_parameters("id")))
class OneConsent(Endpoint):
    def get(self, request, id):
        return Response(ConsentAnswer(found.one(of(request.storefront), "consent", id)).data)
