"""Advocates: enrolled one by one or up to 1,000 at once, each with the first link."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import enrolment, terms
from advocacy.api import customers, expanding, fields, found, problems, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import SIGNED_UP, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.api.terms import AcceptanceCall
from advocacy.models import Advocate, AdvocateStatus, Customer, Program, TermsSource
from advocacy.refusals import Refused
from referrals import links

MOST_AT_ONCE = 1000


class TermsAccepted(AcceptanceCall):
    @staticmethod
    def given(call, *, source=TermsSource.API):
        """What ``links.enrol`` takes of it."""
        said = call.get("terms_accepted", {})
        return {
            "terms_version": said.get("version"),
            "terms_accepted_at": said.get("at"),
            "terms_source": said.get("source", source),
            "terms_language": said.get("language", ""),
        }


class AdvocateCall(fields.StrictSerializer):
    customer = customers.CustomerGiven()
    program = programs.ProgramName()
    display_name = fields.Text(required=False, max_length=80, help_text="The first name that friends may read.")
    shows_name = fields.Flag(required=False, help_text="Whether they agreed that friends read it; default false.")
    code = fields.Name(required=False, max_length=40, help_text="A code of their own wish; left out: made for them.")
    terms_accepted = TermsAccepted(required=False)

    example = {
        "customer": {"external_id": "alice", "email": "alice@example.com", "name": "Alice Adams"},
        "program": "friends",
        "display_name": "Alice",
        "shows_name": True,
        "code": "ALICE",
        "terms_accepted": {"version": 1, "at": SIGNED_UP},
    }


class AdvocateChange(fields.StrictSerializer):
    status = fields.Choice(AdvocateStatus.choices)

    example = {"status": "paused"}


class BatchCall(fields.StrictSerializer):
    advocates = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_AT_ONCE,
        help_text="Each as in “Enrol an advocate”.",
    )

    example = {"advocates": [{"customer": "ext_alice", "program": "friends"}]}


class AdvocateAnswer(serializers.ModelSerializer):
    id = fields.PublicId("advocate", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    links = serializers.SerializerMethodField(
        help_text="Each with `url`, which is shared, and `qr_url`, its QR code as an SVG (.png: as a PNG)."
    )
    terms_accepted = serializers.SerializerMethodField(
        help_text="The newest version they agreed to, and when; or null."
    )
    terms_needed = serializers.SerializerMethodField(
        help_text="The version of the terms that payouts to them wait for, the program’s current one; null: for none."
    )
    enrolled_at = fields.Moment()
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Advocate
        fields = [
            "id",
            "program",
            "customer",
            "display_name",
            "shows_name",
            "status",
            "code",
            "links",
            "terms_accepted",
            "terms_needed",
            "enrolled_at",
            "resource_version",
        ]

    def get_links(self, advocate) -> list[dict[str, str]]:
        shown = sorted(advocate.links.all(), key=lambda link: link.pk)
        return [
            {
                "id": fields.PublicId("link").to_representation(link.public_id),
                "code": link.code,
                "url": links.address(link),
                "qr_url": links.qr_address(link),
                "channel": link.channel,
                "status": link.status,
            }
            for link in shown
        ]

    def get_terms_accepted(self, advocate) -> dict | None:
        if advocate.terms_version is None:
            return None
        accepted_at = advocate.terms_accepted_at
        at = fields.Moment().to_representation(accepted_at) if accepted_at else None
        return {"version": advocate.terms_version, "at": at}

    def get_terms_needed(self, advocate) -> int | None:
        waits = advocate.waits if hasattr(advocate, "waits") else bool(terms.missing([advocate]))
        return advocate.program.terms_version if waits else None

    example = {
        "id": sample("advocate"),
        "program": sample("program"),
        "customer": sample("customer"),
        "display_name": "Alice",
        "shows_name": True,
        "status": "active",
        "code": "ALICE",
        "links": [
            {
                "id": sample("link"),
                "code": "ALICE",
                "url": "https://referrals.acme.example/r/ALICE",
                "qr_url": "https://referrals.acme.example/r/ALICE/qr.svg",
                "channel": "",
                "status": "active",
            }
        ],
        "terms_accepted": {"version": 1, "at": SIGNED_UP},
        "terms_needed": None,
        "enrolled_at": SIGNED_UP,
        "resource_version": 1,
    }


class BatchAnswer(serializers.Serializer):
    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="In the order of the call: status 201, 200 (was enrolled) or an error's, with advocate or problem.",
    )

    example = {"results": [{"status": 201, "advocate": AdvocateAnswer.example, "problem": None}]}


def of(storefront):
    mine = Advocate.objects.filter(storefront=storefront)
    return mine.select_related("program", "customer").prefetch_related("links")


def enrol(*, storefront, call, at):
    """``(advocate, created)`` of one call's fields; customer, advocate and link are written together or not at all."""
    given = {name: call[name] for name in ("display_name", "shows_name", "code") if name in call}
    with transaction.atomic():
        program = programs.named(storefront=storefront, name=call.get("program"))
        customer = customers.given(storefront=storefront, value=call["customer"], at=at)
        advocate, _, new = links.enrol(
            program=program,
            customer=customer,
            at=at,
            **TermsAccepted.given(call),
            **given,
        )
    return advocate, new


def _with_terms(rows):
    """Who has yet to agree is asked of all at once."""
    rows = list(rows)
    late = terms.missing(rows)
    for advocate in rows:
        advocate.waits = advocate.pk in late
    return rows


expanding.whole("advocate", AdvocateAnswer, of, tag="Advocates", ready=_with_terms)


@documented(
    "Advocates",
    get=Call("List advocates", AdvocateAnswer, many=True),
    post=Call(
        "Enrol an advocate",
        AdvocateAnswer,
        takes=AdvocateCall,
        creates=True,
        description="A customer joins a program and gets the first link. Sent again, the answer is 200 with what is. "
        "Where the program has terms, send `terms_accepted` with its current `terms_version` once they agreed; without "
        "it they take part, and payouts to them wait (`terms_needed`).",
    ),
)
class Advocates(ListEndpoint):
    answer = AdvocateAnswer
    filters = {
        "status": Among("status", AdvocateStatus),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        "program": Of("program", Program, "program", external="slug"),
        **between("enrolled_at"),
    }

    def rows(self):
        return of(self.request.storefront).filter(merged_into=None)

    def shown(self, page):
        return _with_terms(page)

    def post(self, request):
        advocate, new = enrol(storefront=request.storefront, call=self.taken(AdvocateCall), at=self.at)
        return created(AdvocateAnswer(advocate).data, new=new)


@documented(
    "Advocates",
    get=Call("Get an advocate", AdvocateAnswer, also=path_parameters("id")),
    patch=Call(
        "Pause, ban or reactivate an advocate",
        AdvocateAnswer,
        takes=AdvocateChange,
        also=path_parameters("id"),
        description="Paused: links work, nothing new is paid. Banned: links lead nowhere. What was earned stays.",
    ),
)
class OneAdvocate(Endpoint):
    def get(self, request, id):
        return Response(AdvocateAnswer(found.one(of(request.storefront), "advocate", id)).data)

    def patch(self, request, id):
        call = self.taken(AdvocateChange)
        advocate = found.one(of(request.storefront), "advocate", id)
        advocate = enrolment.set_status(advocate=advocate, status=call["status"], at=self.at)
        return Response(AdvocateAnswer(advocate).data)


@documented(
    "Advocates",
    post=Call(
        "Enrol many advocates",
        BatchAnswer,
        takes=BatchCall,
        description=f"Up to {MOST_AT_ONCE} at once. Each is taken or refused by itself; the answer is 200 either way.",
    ),
)
class Batch(Endpoint):
    beside = "advocate"
    body_limit = 8 * Endpoint.body_limit

    def post(self, request):
        call = self.taken(BatchCall)
        return Response({"results": [self._one(fields) for fields in call["advocates"]]})

    def _one(self, data):
        storefront = self.request.storefront
        one = AdvocateCall(data=data, context={"at": self.at, "storefront": storefront})
        try:
            one.is_valid(raise_exception=True)
            advocate, new = enrol(storefront=storefront, call=one.validated_data, at=self.at)
        except (Refused, serializers.ValidationError) as error:
            problem = problems.document_for(error)
            return {"status": problem["status"], "advocate": None, "problem": problem}
        return {"status": 201 if new else 200, "advocate": AdvocateAnswer(advocate).data, "problem": None}
