"""``/me/terms``: a widget shows the customer whom a Customer-Token names the terms, and notes that they agreed."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import enrolment, persons, reading, terms
from advocacy.api import fields, programs
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import SIGNED_UP, sample
from advocacy.api.keys import AsCustomer, customer_of
from advocacy.api.schema import Call, documented, parameter
from advocacy.models import TermsSource
from advocacy.refusals import Conflict, NotFound, Refused


class MyTermsAnswer(serializers.Serializer):
    id = serializers.CharField()
    program = serializers.CharField()
    version = serializers.IntegerField(help_text="The one in force; send it when they agree.")
    language = serializers.CharField(
        help_text="Of the words: the customer’s, or the shop’s where there are none in it."
    )
    text = serializers.CharField(help_text="Plain text; an empty line begins a new paragraph. Empty: see address.")
    address = serializers.CharField(help_text="Where they stand too, or instead.")
    summary = serializers.CharField(help_text="What changed.")
    url = serializers.CharField(help_text="A page that shows them.")
    agreed = serializers.BooleanField(help_text="Whether they agreed to this version.")
    agreed_at = fields.Moment(help_text="When they agreed to the newest version that they agreed to, or null.")
    payouts_wait = serializers.BooleanField(help_text="Whether payouts to them wait until they agree.")

    example = {
        "id": sample("terms"),
        "program": sample("program"),
        "version": 2,
        "language": "en",
        "text": "Be kind.",
        "address": "",
        "summary": "Payouts now come from 20 EUR on.",
        "url": "https://referrals.acme.example/terms/" + sample("terms"),
        "agreed": True,
        "agreed_at": SIGNED_UP,
        "payouts_wait": False,
    }


class MyAgreementCall(fields.StrictSerializer):
    program = programs.ProgramName()
    version = fields.Whole(min_value=1, max_value=1_000_000, help_text="As they were shown it.")

    example = {"program": "friends", "version": 2}


@documented(
    "Me",
    get=Call(
        "Get the terms I am asked to agree to",
        MyTermsAnswer,
        also=[parameter("program", "Its id or short name; may be left out where there is only one.")],
        description="The version in force, in the customer’s language. 404 `unknown_terms` where the program has none, "
        "`unknown_advocate` where they do not take part.",
    ),
    post=Call(
        "Agree to the terms",
        MyTermsAnswer,
        takes=MyAgreementCall,
        description="They ticked the box beside this version now; what waited for it goes with the next payout. Sent "
        "again, nothing changes. 409 `terms_not_current` where another version is in force: show them that one.",
    ),
)
class MyTerms(Endpoint):
    permission_classes = [AsCustomer]

    def get(self, request):
        return self._shown(self._advocate(request.query_params.get("program")))

    def post(self, request):
        call = self.taken(MyAgreementCall)
        advocate = self._advocate(call.get("program"))
        language = self._read(advocate, self._current(advocate))["language"]
        try:
            enrolment.accept_terms(
                advocate=advocate, version=call["version"], source=TermsSource.SNIPPET, language=language, at=self.at
            )
        except Refused as refused:
            if refused.code == "terms_not_current":
                raise Conflict(refused.code, refused.message, errors=refused.errors) from refused
            raise
        return self._shown(self._advocate(call.get("program")))

    def _advocate(self, program):
        program = programs.named(storefront=self.request.storefront, name=program)
        mine = persons.of_advocate(customer_of(self.request)).filter(program=program)
        advocate = mine.select_related("storefront", "customer", "program").first()
        if advocate is None:
            raise NotFound("unknown_advocate", "This customer is no advocate of the program; they join it first.")
        return advocate

    def _current(self, advocate):
        newest = terms.current(advocate.program)
        if newest is None:
            raise NotFound("unknown_terms", "This program has no terms; publish them in the admin.")
        return newest

    def _read(self, advocate, newest):
        return terms.read(newest, reading.supported(advocate.customer.locale))

    def _shown(self, advocate):
        newest = self._current(advocate)
        agreed = terms.newest_agreed(advocate)
        shown = self._read(advocate, newest) | {
            "id": fields.PublicId("terms").to_representation(newest.public_id),
            "program": fields.PublicId("program").to_representation(advocate.program.public_id),
            "version": newest.number,
            "url": terms.address(newest),
            "agreed": bool(agreed and agreed.terms_version == newest.number),
            "agreed_at": agreed and agreed.terms_accepted_at,
            "payouts_wait": bool(terms.missing([advocate])),
        }
        return Response(MyTermsAnswer(shown).data)
