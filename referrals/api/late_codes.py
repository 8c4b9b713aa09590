"""A code that a customer enters after the order."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import persons
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import sample
from advocacy.api.keys import AsCustomer, customer_of
from advocacy.api.schema import Call, documented
from referrals import late_codes
from referrals.models import Order


class LateCodeCall(fields.StrictSerializer):
    code = fields.Text(max_length=200, allow_blank=False, help_text="As it was typed.")
    order = fields.Name(
        required=False, max_length=210, help_text="ord_…, or ext_ and your own id; left out: the first in time."
    )

    example = {"code": "ALICE", "order": "ext_1001"}


class LateCodeAnswer(serializers.Serializer):
    referral = fields.PublicId("referral", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    bound_at = fields.Moment(help_text="From when on orders count: the order's own time, or before.")

    example = {"referral": sample("referral"), "program": sample("program"), "bound_at": "2026-11-22T10:15:00Z"}


@documented(
    "Me",
    post=Call(
        "Enter a code after the order",
        LateCodeAnswer,
        takes=LateCodeCall,
        description="Where the program takes codes for some days after the order (`late_code_days`): the order counts "
        "as if the code had come with it, and is decided by the rules of its own day; so are later ones. Refused with "
        "`late_codes_closed`, `no_order_in_time`, `late_code_over`, or the reason that speaks against the code. Your "
        "server, which knows what it does, sends `referral_code` with PUT /orders/{id} whenever it likes.",
    ),
)
class LateCode(Endpoint):
    permission_classes = [AsCustomer]

    def post(self, request):
        call, customer = self.taken(LateCodeCall), customer_of(request)
        mine = Order.objects.filter(storefront=request.storefront, customer__in=persons.ids_of(customer))
        mine = mine.select_related("customer", "storefront")
        named = call.get("order")
        order = found.one(mine, "order", named, external="external_id") if named else None
        referral = late_codes.enter(customer=customer, code=call["code"], order=order, at=self.at)
        return Response(LateCodeAnswer(referral).data)
