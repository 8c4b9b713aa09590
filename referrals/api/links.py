"""An advocate's links."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import expanding, fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import SIGNED_UP, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Program
from referrals import links
from referrals.models import Link, LinkStatus


class LinkCall(fields.StrictSerializer):
    advocate = fields.Name(help_text="adv_…")
    code = fields.Name(
        required=False, max_length=40, help_text="3 to 40 of A–Z, 0–9 and -, any case; left out: made for you."
    )
    channel = fields.Text(required=False, max_length=40, help_text="Such as whatsapp, email or a product page.")
    destination = fields.Text(
        required=False, max_length=500, help_text="On the program's hosts; left out: the program's destination."
    )
    expires_at = fields.Time(required=False)

    example = {"advocate": sample("advocate"), "code": "ALICE-MAIL", "channel": "email"}


class LinkChange(fields.StrictSerializer):
    status = fields.Choice(LinkStatus.choices)

    example = {"status": "disabled"}


class LinkAnswer(serializers.ModelSerializer):
    id = fields.PublicId("link", source="public_id")
    advocate = fields.PublicId("advocate", source="advocate.person_id")
    program = fields.PublicId("program", source="program.public_id")
    url = serializers.SerializerMethodField(help_text="What is shared.")
    qr_url = serializers.SerializerMethodField(help_text="Its QR code as an SVG; with .png at the end as a PNG.")
    expires_at = fields.Moment(allow_null=True)
    created_at = fields.Moment()
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Link
        fields = [
            "id",
            "advocate",
            "program",
            "code",
            "url",
            "qr_url",
            "channel",
            "destination",
            "status",
            "expires_at",
            "created_at",
            "resource_version",
        ]

    def get_url(self, link) -> str:
        return links.address(link)

    def get_qr_url(self, link) -> str:
        return links.qr_address(link)

    example = {
        "id": sample("link"),
        "advocate": sample("advocate"),
        "program": sample("program"),
        "code": "ALICE-MAIL",
        "url": "https://referrals.acme.example/r/ALICE-MAIL",
        "qr_url": "https://referrals.acme.example/r/ALICE-MAIL/qr.svg",
        "channel": "email",
        "destination": "",
        "status": "active",
        "expires_at": None,
        "created_at": SIGNED_UP,
        "resource_version": 1,
    }


def of(storefront):
    return Link.objects.filter(storefront=storefront).select_related("advocate", "program")


expanding.whole("link", LinkAnswer, of, tag="Links")


@documented(
    "Links",
    get=Call("List links", LinkAnswer, many=True),
    post=Call(
        "Create a link",
        LinkAnswer,
        takes=LinkCall,
        creates=True,
        description="One more link of an advocate, such as one per channel. With a `code` the call can be repeated.",
    ),
)
class Links(ListEndpoint):
    answer = LinkAnswer
    filters = {
        "status": Among("status", LinkStatus),
        "advocate": Of("advocate", Advocate, "advocate"),
        "program": Of("program", Program, "program", external="slug"),
        **between("created_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(LinkCall)
        people = Advocate.objects.filter(storefront=request.storefront).select_related(
            "program", "storefront", "customer"
        )
        call["advocate"] = found.one(people, "advocate", call["advocate"])
        known = self._known(call)
        return created(LinkAnswer(known or links.create(**call, at=self.at)).data, new=known is None)

    def _known(self, call):
        """The link that this very call has made before; without a code every call makes another one."""
        if "code" not in call:
            return None
        wanted = call | {"code": call["code"].upper()}
        return of(self.request.storefront).filter(**wanted).first()


@documented(
    "Links",
    get=Call("Get a link", LinkAnswer, also=path_parameters("id")),
    patch=Call(
        "Switch a link off or on",
        LinkAnswer,
        takes=LinkChange,
        also=path_parameters("id"),
        description="A disabled link leads to a friendly page and binds nobody; who came before stays bound.",
    ),
)
class OneLink(Endpoint):
    def get(self, request, id):
        return Response(LinkAnswer(found.one(of(request.storefront), "link", id)).data)

    def patch(self, request, id):
        call = self.taken(LinkChange)
        link = found.one(of(request.storefront), "link", id)
        return Response(LinkAnswer(links.set_status(link=link, status=call["status"], at=self.at)).data)
