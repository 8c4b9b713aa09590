"""Clicks that the redirect did not see: from a browser that landed elsewhere, or from a server."""

from rest_framework import serializers

from advocacy import addresses, offers
from advocacy.api import fields
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import euros, sample
from advocacy.api.keys import AnyKey
from advocacy.api.programs import OfferAnswer
from advocacy.api.schema import Call, documented
from advocacy.models import KeyKind
from referrals import clicks


class ClickCall(fields.StrictSerializer):
    code = fields.Name(max_length=40, help_text="The link's code, in any case.")
    url = fields.Text(required=False, max_length=2000, help_text="The page they landed on.")
    referrer = fields.Text(required=False, max_length=2000)
    utm = serializers.DictField(
        child=fields.Text(), required=False, help_text="source, medium, campaign, term, content."
    )

    example = {
        "code": "ALICE",
        "url": "https://acme.example/welcome",
        "referrer": "https://chat.example/",
        "utm": {"source": "whatsapp"},
    }


class ClickAnswer(serializers.Serializer):
    click_id = fields.PublicId("click", source="id", help_text="Send it with the sign-up or the order.")
    link = fields.PublicId("link", source="link.public_id")
    program = fields.PublicId("program", source="link.program.public_id")
    offer = OfferAnswer(
        allow_null=True,
        help_text="What leads of what friends are promised through this link now, as in /offers; null where nothing.",
    )
    click_precedence = serializers.CharField(
        source="link.program.click_precedence",
        help_text="first or last: which of several clicks wins. Only what you send counts: with first, keep and send "
        "the first.",
    )

    example = {
        "click_id": sample("click"),
        "link": sample("link"),
        "program": sample("program"),
        "offer": OfferAnswer.example | {"side": "friend", "amount": euros(500)},
        "click_precedence": "last",
    }


@documented(
    "Clicks",
    post=Call(
        "Record a click",
        ClickAnswer,
        takes=ClickCall,
        creates=True,
        repeats=False,
        description="For visits that did not come through the link itself. Every call is a click of its own.",
    ),
)
class Clicks(Endpoint):
    permission_classes = [AnyKey]

    def post(self, request):
        call = self.taken(ClickCall)
        click, link = clicks.record(
            storefront=request.storefront,
            code=call["code"],
            url=call.get("url", ""),
            referrer=call.get("referrer", ""),
            utm=call.get("utm", {}),
            visitor=self._visitor(request),
            at=self.at,
        )
        promise = offers.in_force(
            program=link.program, at=self.at, advocate=link.advocate, facts={"channel": link.channel}
        )
        return created(ClickAnswer({"id": click.id, "link": link, "offer": promise.friend}).data, new=True)

    def _visitor(self, request):
        """A server that reports clicks is not the visitor; from it each click is somebody."""
        if request.auth.kind == KeyKind.SECRET:
            return b""
        agent = request.headers.get("User-Agent", "")
        return clicks.visitor(request_address=addresses.of(request), user_agent=agent, at=self.at)
