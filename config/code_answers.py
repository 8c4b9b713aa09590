"""What ``config.codes`` takes and answers."""

from rest_framework import serializers

from advocacy.api import fields
from advocacy.api.examples import euros

LONGEST = 200


class CartCall(fields.StrictSerializer):
    amount_minor = fields.Minor(help_text="The goods before any discount: what minimums compare.")
    currency = fields.Currency()
    products = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        max_length=500,
        help_text="Taken as they are; what depends on products is decided when the order comes.",
    )

    example = {"amount_minor": 3000, "currency": "EUR"}


class CodeCall(fields.StrictSerializer):
    customer = fields.Name(required=False, max_length=210, help_text="cus_… or ext_ and your id; with a secret key.")
    cart = CartCall(required=False)
    language = fields.Text(
        required=False,
        max_length=35,
        help_text="Of the offer’s words, such as de; left out: English. Reasons are English.",
    )

    example = {"customer": "ext_fred", "cart": CartCall.example}


class TypedCodeCall(CodeCall):
    code = fields.Text(max_length=LONGEST, allow_blank=False, help_text="As it was typed.")

    example = {"code": "SUMMER-7QX2"} | CodeCall.example


class CodeReasonAnswer(serializers.Serializer):
    key = serializers.CharField(help_text="A reason key.")
    text = serializers.CharField(help_text="For whoever typed the code.")
    missing = fields.MoneyAnswer(allow_null=True, help_text="With below_minimum: how much more it takes.")


class CodeOfferAnswer(serializers.Serializer):
    text = serializers.CharField(help_text="The offer in words.")
    conditions = serializers.CharField(help_text="What it depends on, in words, such as which products; may be empty.")
    form = serializers.CharField(help_text="credit, points, coupon, gift_card, cash or custom.")
    amount = fields.MoneyAnswer(allow_null=True)
    percent_bp = serializers.IntegerField()
    maximum = fields.MoneyAnswer(allow_null=True)
    minimum_order = fields.MoneyAnswer(allow_null=True)
    ends_at = fields.Moment(allow_null=True)


class CodeAnswer(serializers.Serializer):
    code = serializers.CharField(help_text="As it was sent.")
    kind = serializers.CharField(help_text="referral, coupon or gift_card.")
    valid = serializers.BooleanField()
    offer = CodeOfferAnswer(
        allow_null=True,
        help_text="What this customer gets with this cart; where that is nothing, what the reasons are about. Null "
        "where the program promises friends nothing just now.",
    )
    offers = CodeOfferAnswer(
        many=True,
        help_text="All that this customer gets with this cart, what leads first; empty where not valid.",
    )
    reasons = CodeReasonAnswer(many=True, help_text="Why it is not valid; empty where it is.")
    click_precedence = serializers.CharField(
        required=False, help_text="Of a referral code: whether the first or the last click wins in its program."
    )

    example = {
        "code": "ALICE",
        "kind": "referral",
        "valid": False,
        "offer": {
            "text": "€5 store credit for your first order",
            "conditions": "From €40, once.",
            "form": "credit",
            "amount": euros(500),
            "percent_bp": 0,
            "maximum": None,
            "minimum_order": euros(4000),
            "ends_at": None,
        },
        "offers": [],
        "reasons": [
            {
                "key": "below_minimum",
                "text": "Add 10.00 EUR to use this code: it is for 40.00 EUR or more.",
                "missing": euros(1000),
            }
        ],
        "click_precedence": "last",
    }
