"""Shares: what an advocate was shown and what they sent, told by a page or a server."""

from rest_framework import serializers

from advocacy.api import fields, keys
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.keys import AnyKey
from advocacy.api.schema import Call, documented
from referrals import shares
from referrals.models import Share, ShareKind


class ShareCall(fields.StrictSerializer):
    code = fields.Name(max_length=40, help_text="The link's code, in any case.")
    channel = fields.Text(required=False, max_length=40, help_text="Such as whatsapp, email or copy; else the link's.")

    example = {"code": "ALICE", "channel": "whatsapp"}


class ShareAnswer(serializers.ModelSerializer):
    id = fields.PublicId("share", source="public_id")
    link = fields.PublicId("link", source="link.public_id")
    program = fields.PublicId("program", source="link.program.public_id")
    at = fields.Moment()

    class Meta:
        model = Share
        fields = ["id", "kind", "link", "program", "channel", "at"]

    example = {
        "id": sample("share"),
        "kind": "share",
        "link": sample("link"),
        "program": sample("program"),
        "channel": "whatsapp",
        "at": BOUGHT,
    }


class _Told(Endpoint):
    permission_classes = [AnyKey]
    kind = None

    def post(self, request):
        call = self.taken(ShareCall)
        share = shares.record(
            storefront=request.storefront,
            kind=self.kind,
            code=call["code"],
            channel=call.get("channel", ""),
            customer=keys.customer_of(request),
            at=self.at,
        )
        return created(ShareAnswer(share).data, new=True)


@documented(
    "Shares",
    post=Call(
        "Record a share",
        ShareAnswer,
        takes=ShareCall,
        creates=True,
        repeats=False,
        description="An advocate shared or copied their link. Every call is a share of its own.",
    ),
)
class Shares(_Told):
    kind = ShareKind.SHARE


@documented(
    "Shares",
    post=Call(
        "Record a share view",
        ShareAnswer,
        takes=ShareCall,
        creates=True,
        repeats=False,
        description="An advocate was shown a place to share from, such as a widget: what share rates are measured by.",
    ),
)
class ShareViews(_Told):
    kind = ShareKind.VIEW
