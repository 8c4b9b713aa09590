"""Programs' terms, which anybody may read, and who agreed to which version of them."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import enrolment, terms
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import SIGNED_UP, sample
from advocacy.api.keys import AnyKey
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Program, ProgramTerms, TermsAcceptance, TermsSource
from advocacy.refusals import NotFound


class TermsWords(serializers.Serializer):
    text = serializers.CharField(help_text="Plain text; an empty line begins a new paragraph. Empty: see address.")
    address = serializers.CharField(help_text="Where they stand too, or instead.")
    summary = serializers.CharField(help_text="What changed, as advocates read it.")


class TermsAnswer(serializers.ModelSerializer):
    id = fields.PublicId("terms", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    is_current = serializers.SerializerMethodField(help_text="Whether it is the newest version.")
    languages = serializers.DictField(child=TermsWords(), source="words", help_text="By language, such as en and de.")
    url = serializers.SerializerMethodField(help_text="A page that shows it, for anybody.")
    published_at = fields.Moment()

    class Meta:
        model = ProgramTerms
        fields = ["id", "program", "number", "is_current", "material", "languages", "url", "published_at"]

    def get_is_current(self, row) -> bool:
        return row.number == row.program.terms_version

    def get_url(self, row) -> str:
        return terms.address(row)

    example = {
        "id": sample("terms"),
        "program": sample("program"),
        "number": 2,
        "is_current": True,
        "material": True,
        "languages": {"en": {"text": "Be kind.", "address": "", "summary": "Payouts now come from 20 EUR on."}},
        "url": "https://referrals.acme.example/terms/" + sample("terms"),
        "published_at": SIGNED_UP,
    }


# Our own pages say of themselves that somebody agreed there.
TOLD_FROM = [(each.value, each.label) for each in (TermsSource.API, TermsSource.SNIPPET, TermsSource.IMPORT)]


class AgreementCall(fields.StrictSerializer):
    version = fields.Whole(
        min_value=1, max_value=1_000_000, help_text="The program’s `terms_version`, as it was shown."
    )
    language = fields.Text(required=False, max_length=10, help_text="In which they read it, such as de.")


class AcceptanceCall(AgreementCall):
    at = fields.PastTime(required=False, help_text="When they agreed; left out: now.")
    source = fields.Choice(TOLD_FROM, required=False, help_text="Where they agreed; default api.")

    example = {"version": 2, "at": SIGNED_UP, "source": "api", "language": "en"}


class AcceptanceAnswer(serializers.ModelSerializer):
    id = fields.PublicId("terms_acceptance", source="public_id")
    advocate = fields.PublicId("advocate", source="advocate.person_id")
    program = fields.PublicId("program", source="advocate.program.public_id")
    terms = fields.PublicId("terms", source="terms.public_id")
    version = serializers.IntegerField(source="terms.number")
    at = fields.Moment()
    recorded_at = fields.Moment()

    class Meta:
        model = TermsAcceptance
        fields = ["id", "advocate", "program", "terms", "version", "source", "language", "at", "recorded_at"]

    example = {
        "id": sample("terms_acceptance"),
        "advocate": sample("advocate"),
        "program": sample("program"),
        "terms": sample("terms"),
        "version": 2,
        "source": "portal",
        "language": "en",
        "at": SIGNED_UP,
        "recorded_at": SIGNED_UP,
    }


def published(storefront):
    mine = ProgramTerms.objects.filter(storefront=storefront, published_at__isnull=False)
    return mine.select_related("program", "storefront")


def acceptances(storefront):
    return TermsAcceptance.objects.filter(storefront=storefront).select_related("advocate__program", "terms")


@documented(
    "Terms",
    get=Call(
        "List versions of terms",
        TermsAnswer,
        many=True,
        description="What was published, newest first; a version never changes. Drafts are not among them.",
    ),
)
class Terms(ListEndpoint):
    permission_classes = [AnyKey]
    answer = TermsAnswer
    filters = {"program": Of("program", Program, "program", external="slug"), **between("published_at")}

    def rows(self):
        return published(self.request.storefront)


@documented("Terms", get=Call("Get a version of terms", TermsAnswer, also=path_parameters("id")))
class OneTerms(Endpoint):
    permission_classes = [AnyKey]

    def get(self, request, id):
        return Response(TermsAnswer(found.one(published(request.storefront), "terms", id)).data)


@documented(
    "Terms",
    get=Call(
        "Get a program’s terms",
        TermsAnswer,
        also=path_parameters("id"),
        description="The version in force; 404 `unknown_terms` where the program has none.",
    ),
)
class TermsOfProgram(Endpoint):
    permission_classes = [AnyKey]

    def get(self, request, id):
        mine = Program.objects.filter(storefront=request.storefront)
        program = found.one(mine, "program", id, external="slug")
        row = published(request.storefront).filter(program=program).order_by("-number").first()
        if row is None:
            raise NotFound("unknown_terms", "This program has no terms; publish them in the admin.")
        return Response(TermsAnswer(row).data)


@documented(
    "Terms",
    get=Call("List acceptances of terms", AcceptanceAnswer, many=True),
)
class Acceptances(ListEndpoint):
    answer = AcceptanceAnswer
    filters = {
        "program": Of("terms__program", Program, "program", external="slug"),
        "advocate": Of("advocate", Advocate, "advocate"),
        "terms": Of("terms", ProgramTerms, "terms"),
        "source": Among("source", TermsSource),
        **between("recorded_at"),
    }

    def rows(self):
        return acceptances(self.request.storefront)


@documented("Terms", get=Call("Get an acceptance of terms", AcceptanceAnswer, also=path_parameters("id")))
class OneAcceptance(Endpoint):
    def get(self, request, id):
        return Response(AcceptanceAnswer(found.one(acceptances(request.storefront), "terms_acceptance", id)).data)


@documented(
    "Terms",
    post=Call(
        "Accept terms for an advocate",
        AcceptanceAnswer,
        takes=AcceptanceCall,
        creates=True,
        also=path_parameters("id"),
        description="The advocate agreed to the program’s current terms, in your shop or on paper. What waited for it "
        "goes with the next payout. Sent again, the answer is 200 with what was noted first; a version that is not the "
        "current one is refused (`terms_not_current`).",
    ),
)
class AcceptanceOfAdvocate(Endpoint):
    def post(self, request, id):
        call = self.taken(AcceptanceCall)
        mine = Advocate.objects.filter(storefront=request.storefront).select_related("program", "customer")
        made, new = enrolment.accept_terms(
            advocate=found.one(mine, "advocate", id),
            version=call["version"],
            source=call.get("source", TermsSource.API),
            accepted_at=call.get("at"),
            language=call.get("language", ""),
            at=self.at,
        )
        return created(AcceptanceAnswer(made).data, new=new)
