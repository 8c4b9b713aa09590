"""``/me``: what a widget shows the customer whom a Customer-Token names. Reading and sharing: no money moves."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import customers, ids, persons
from advocacy.api import fields, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import sample
from advocacy.api.keys import AsCustomer, customer_of
from advocacy.api.schema import Call, documented
from advocacy.api.terms import AgreementCall
from advocacy.models import TermsSource
from referrals import friends, links
from referrals.api.advocates import AdvocateAnswer, TermsAccepted
from referrals.api.advocates import of as advocates_of
from rewards import wallets
from rewards.api.wallets import MyBalanceAnswer, WalletAnswer


class CountsAnswer(serializers.Serializer):
    joined = serializers.IntegerField(help_text="How many friends they brought.")
    bought = serializers.IntegerField(help_text="How many of them have an order that counts.")


class MyProgram(serializers.Serializer):
    advocate = AdvocateAnswer()
    counts = CountsAnswer()

    example = {"advocate": AdvocateAnswer.example, "counts": {"joined": 3, "bought": 1}}


class MeAnswer(serializers.Serializer):
    customer = serializers.CharField()
    programs = MyProgram(many=True, help_text="One for each program they are in, with the links they share.")
    balances = MyBalanceAnswer(many=True, help_text="As in their wallet.")

    example = {
        "customer": sample("customer"),
        "programs": [MyProgram.example],
        "balances": WalletAnswer.example["balances"],
    }


class JoinCall(fields.StrictSerializer):
    program = programs.ProgramName()
    display_name = fields.Text(required=False, max_length=80, help_text="The first name that friends may read.")
    shows_name = fields.Flag(required=False, help_text="Whether they agreed that friends read it; default false.")
    terms_accepted = AgreementCall(required=False)

    example = {"program": "friends", "display_name": "Alice", "shows_name": True}


@documented(
    "Me",
    get=Call(
        "Get what is mine",
        MeAnswer,
        description="For a widget in the customer's account: their links, how many friends came, what they have. Needs "
        "a publishable key and the header Customer-Token.",
    ),
)
class Me(Endpoint):
    permission_classes = [AsCustomer]

    def get(self, request):
        customer = customer_of(request)
        mine = (
            advocates_of(request.storefront)
            .filter(customer__in=persons.ids_of(customer), merged_into=None)
            .order_by("pk")
        )
        shown = {
            "customer": ids.encode("cus", customer.public_id),
            "programs": [{"advocate": advocate, "counts": friends.counts(advocate=advocate)} for advocate in mine],
            "balances": wallets.balance(storefront=request.storefront, customer=customer, at=self.at),
        }
        return Response(MeAnswer(shown).data)


@documented(
    "Me",
    post=Call(
        "Join a program",
        AdvocateAnswer,
        takes=JoinCall,
        creates=True,
        description="The customer of the Customer-Token becomes an advocate and gets the first link; who was not "
        "known before is made by it. Sent again, the answer is 200 with what is.",
    ),
)
class Join(Endpoint):
    permission_classes = [AsCustomer]

    def post(self, request):
        call = self.taken(JoinCall)
        program = programs.named(storefront=request.storefront, name=call.pop("program", None))
        agreed = TermsAccepted.given(call, source=TermsSource.SNIPPET)
        call.pop("terms_accepted", None)
        with transaction.atomic():
            advocate, _, new = links.enrol(
                program=program,
                customer=self._customer(),
                at=self.at,
                **agreed,
                **call,
            )
        return created(AdvocateAnswer(advocate).data, new=new)

    def _customer(self):
        claims, storefront = self.request.claims, self.request.storefront
        told = {"external_id": claims.external_id} | ({"email": claims.email} if claims.email else {})
        return customers.upsert(storefront=storefront, fields=told, at=self.at)[0]
