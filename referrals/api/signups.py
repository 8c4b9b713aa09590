"""A friend signs up."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import customers, fields
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import sample
from advocacy.api.schema import Call, documented
from referrals import signups
from referrals.api.reasons import ReasonAnswer, shown
from referrals.api.referrals import ReferralAnswer


class SignupCall(fields.StrictSerializer):
    customer = customers.CustomerGiven()
    click_id = fields.Text(required=False, help_text="From the address they came by, or from /clicks.")
    referral_code = fields.Text(required=False, help_text="A code they typed; goes before a click.")
    invitation = fields.Text(required=False, help_text="The code of the invitation they came by.")
    ip = fields.Text(
        required=False,
        max_length=60,
        help_text="The friend's address. For checks of fraud: kept as a digest of its network, for two months at most.",
    )
    user_agent = fields.Text(required=False, max_length=1000, help_text="Of the friend's browser; as a digest too.")
    occurred_at = fields.PastTime(required=False, help_text="When they signed up; left out: now.")

    example = {
        "customer": {"external_id": "fred", "email": "fred@example.com", "name": "Fred"},
        "click_id": sample("click"),
    }


class SignupAnswer(serializers.Serializer):
    customer = fields.PublicId("customer", source="customer.person_id")
    referral = ReferralAnswer(allow_null=True, help_text="The bond to who brought them, or null.")
    reasons = ReasonAnswer(many=True, help_text="Why something did not bind.")

    example = {"customer": sample("customer"), "referral": ReferralAnswer.example, "reasons": []}


@documented(
    "Referrals",
    post=Call(
        "Record a sign-up",
        SignupAnswer,
        takes=SignupCall,
        creates=True,
        description="Creates the customer and binds them to who brought them. A hint that leads nowhere refuses "
        "nothing: `reasons` says why nobody was bound. A friend who is bound stays so, whatever comes later.",
    ),
)
class Signups(Endpoint):
    def post(self, request):
        call = self.taken(SignupCall)
        customer, binding = signups.record(
            storefront=request.storefront,
            customer=call["customer"],
            click_id=call.get("click_id"),
            code=call.get("referral_code"),
            invitation=call.get("invitation"),
            ip=call.get("ip"),
            user_agent=call.get("user_agent", ""),
            occurred_at=call.get("occurred_at"),
            at=self.at,
        )
        result = {"customer": customer, "referral": binding.referral, "reasons": shown(binding.reasons)}
        answer = SignupAnswer(result).data
        return created(answer, new=binding.created) if binding.referral else Response(answer)
