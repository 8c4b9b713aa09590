"""What is kept of one customer: read whole, or erased."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import privacy
from advocacy.api import found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.jobs import JobAnswer
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer


class ExportAnswer(serializers.Serializer):
    customer = serializers.CharField()
    storefront = serializers.CharField()
    made_at = serializers.CharField()
    person = serializers.ListField(child=serializers.DictField(), help_text="Beside it orders, rewards and the rest.")

    example = {
        "customer": sample("customer"),
        "storefront": "Acme Coffee",
        "made_at": BOUGHT,
        "person": [{"external_id": "fred", "email": "fred@example.com", "name": "Fred"}],
    }

    def to_representation(self, instance):
        return instance


class _OfCustomer(Endpoint):
    def customer(self, name):
        mine = Customer.objects.filter(storefront=self.request.storefront).select_related("storefront")
        return found.one(mine, "customer", name, external="external_id")


@documented(
    "Customers",
    get=Call(
        "Export a customer",
        ExportAnswer,
        also=path_parameters("external_id"),
        description="All that is kept of this person, by section: what you told of them, their orders, referrals, "
        "rewards, balances and payouts. What is empty is left out. `same_mailbox`: other customers of that mailbox, "
        "who are not known to be the same person.",
    ),
)
class CustomerExport(_OfCustomer):
    def get(self, request, external_id):
        return Response(privacy.export(customer=self.customer(external_id), at=self.at))


@documented(
    "Customers",
    post=Call(
        "Erase a customer",
        JobAnswer,
        waits=JobAnswer,
        repeats=False,
        also=path_parameters("external_id"),
        description="For ever: name, addresses, free texts and what platforms sent of this person go. Orders, amounts "
        "and balances stay, of somebody who is not known. A job does it within seconds; `customer.erased` tells when. "
        "Who comes back later is a new customer. Other customers of the same mailbox stay: see `same_mailbox` of the "
        "export.",
    ),
)
class CustomerErasure(_OfCustomer):
    def post(self, request, external_id):
        with transaction.atomic():
            job = privacy.erase(customer=self.customer(external_id), at=self.at)
        return Response(JobAnswer(job).data, status=202)
