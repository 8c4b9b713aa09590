"""What customers say about the shop: sent by servers, read by anybody once it is published."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import testimonials
from advocacy.api import customers, fields, found, programs
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.keys import AnyKey, SecretKey
from advocacy.api.lists import Among, ListEndpoint, Of
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, KeyKind, Program, Testimonial, TestimonialStatus


class TestimonialCall(fields.StrictSerializer):
    __test__ = False

    customer = customers.CustomerGiven()
    program = programs.ProgramName(help_text="The program it belongs to, if any.")
    advocate = fields.Name(required=False, help_text="adv_…, where an advocate says it.")
    text = fields.Text(max_length=2000, allow_blank=False)
    rating = fields.Whole(required=False, min_value=1, max_value=5)
    display_name = fields.Text(required=False, max_length=80, help_text="As it may be shown.")
    consented = fields.Flag(help_text="Whether they agreed that it is shown; without it nothing is published.")
    wording = fields.Text(required=False, max_length=40, help_text="The version of the wording they agreed to.")

    example = {
        "customer": "ext_fred",
        "text": "The best coffee I had this year.",
        "rating": 5,
        "display_name": "Fred",
        "consented": True,
        "wording": "2026-01",
    }


class PublishedAnswer(serializers.ModelSerializer):
    """What a browser may see of a published testimonial: nothing that names a customer."""

    id = fields.PublicId("testimonial", source="public_id")
    program = fields.PublicId("program", source="program.public_id", allow_null=True)
    sent_at = fields.Moment()

    class Meta:
        model = Testimonial
        fields = ["id", "program", "text", "rating", "display_name", "sent_at"]


class TestimonialAnswer(PublishedAnswer):
    __test__ = False

    customer = fields.PublicId(
        "customer", source="customer.person_id", required=False, help_text="This and what follows: secret keys only."
    )
    advocate = fields.PublicId("advocate", source="advocate.person_id", allow_null=True, required=False)
    consent_at = fields.Moment(allow_null=True, required=False)
    resource_version = serializers.IntegerField(source="version", required=False)

    class Meta(PublishedAnswer.Meta):
        fields = [
            *PublishedAnswer.Meta.fields,
            "customer",
            "advocate",
            "status",
            "consent_at",
            "consent_wording",
            "resource_version",
        ]

    example = {
        "id": sample("testimonial"),
        "program": None,
        "text": "The best coffee I had this year.",
        "rating": 5,
        "display_name": "Fred",
        "sent_at": BOUGHT,
        "customer": sample("customer"),
        "advocate": None,
        "status": "pending",
        "consent_at": BOUGHT,
        "consent_wording": "2026-01",
        "resource_version": 1,
    }


def visible(request):
    """All of the storefront's with a secret key, else the published ones."""
    mine = Testimonial.objects.filter(storefront=request.storefront)
    if request.auth.kind != KeyKind.SECRET:
        mine = mine.filter(status=TestimonialStatus.PUBLISHED)
    return mine.select_related("program", "customer", "advocate")


def answer_for(request):
    return TestimonialAnswer if request.auth.kind == KeyKind.SECRET else PublishedAnswer


@documented(
    "Testimonials",
    get=Call(
        "List testimonials",
        TestimonialAnswer,
        many=True,
        description="With a publishable key: the published ones, without what names a customer.",
    ),
    post=Call("Send a testimonial", TestimonialAnswer, takes=TestimonialCall, creates=True, repeats=False),
)
class Testimonials(ListEndpoint):
    __test__ = False

    filters = {
        "status": Among("status", TestimonialStatus),
        "program": Of("program", Program, "program", external="slug"),
    }

    def get_permissions(self):
        return [AnyKey() if self.request.method in ("GET", "HEAD") else SecretKey()]

    @property
    def answer(self):
        return answer_for(self.request)

    def rows(self):
        return visible(self.request)

    def post(self, request):
        call = self.taken(TestimonialCall)
        with transaction.atomic():
            testimonial = self._send(call)
        return Response(TestimonialAnswer(testimonial).data, status=201)

    def _send(self, call):
        storefront = self.request.storefront
        people = Advocate.objects.filter(storefront=storefront)
        given = {"rating": call.get("rating"), "consented": call["consented"], "text": call["text"]}
        given |= {name: call.get(name, "") for name in ("display_name", "wording")}
        if "program" in call:
            given["program"] = programs.named(storefront=storefront, name=call["program"])
        if "advocate" in call:
            given["advocate"] = found.one(people, "advocate", call["advocate"])
        customer = customers.given(storefront=storefront, value=call["customer"], at=self.at)
        return testimonials.send(storefront=storefront, customer=customer, source="api", at=self.at, **given)


@documented("Testimonials", get=Call("Get a testimonial", TestimonialAnswer, also=path_parameters("id")))
class OneTestimonial(Endpoint):
    __test__ = False

    permission_classes = [AnyKey]

    def get(self, request, id):
        return Response(answer_for(request)(found.one(visible(request), "testimonial", id)).data)


@documented(
    "Testimonials",
    post=Call(
        "Withdraw a testimonial",
        TestimonialAnswer,
        also=path_parameters("id"),
        description="Its author takes the consent back: it is shown no more, for good.",
    ),
)
class Withdrawal(Endpoint):
    def post(self, request, id):
        testimonial = found.one(visible(request), "testimonial", id)
        testimonials.withdraw(testimonial=testimonial, at=self.at)
        testimonial.refresh_from_db()
        return Response(TestimonialAnswer(testimonial).data)
