"""Coupons and gift cards: whose, how far used; the code itself only for its owner."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, parameter, path_parameters
from advocacy.models import Customer
from advocacy.refusals import NotFound
from rewards.coupons import asking, codes, using
from rewards.models import Coupon, CouponPool, CouponState


class CouponAnswer(serializers.ModelSerializer):
    id = fields.PublicId("coupon", source="public_id")
    pool = fields.PublicId("coupon_pool", source="pool.public_id")
    kind = serializers.CharField(source="pool.kind", help_text="coupon or gift_card.")
    code = serializers.SerializerMethodField(help_text="Null, unless you ask for one with its customer.")
    last_4 = serializers.CharField(help_text="Its end, to recognise it by.")
    status = serializers.CharField(source="state", help_text="free, assigned, used, revoked or expired.")
    customer = fields.PublicId("customer", source="customer.person_id", allow_null=True)
    reward = fields.PublicId("reward", source="reward.public_id", allow_null=True)
    payout = fields.PublicId("payout", source="payout.public_id", allow_null=True, help_text="It is, if it is one.")
    amount = serializers.SerializerMethodField(help_text="Null for a percentage.")
    percent_bp = serializers.IntegerField(source="pool.percent_bp")
    left = serializers.SerializerMethodField(help_text="Of a gift card: what it is still good for; null of a coupon.")
    assigned_at = fields.Moment(allow_null=True)
    expires_at = fields.Moment(allow_null=True)
    used_at = fields.Moment(allow_null=True)
    order = serializers.CharField(source="order_reference", help_text="Where it was used: ord_… or your own word.")
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Coupon
        fields = [
            "id",
            "pool",
            "kind",
            "code",
            "last_4",
            "status",
            "customer",
            "reward",
            "payout",
            "amount",
            "percent_bp",
            "left",
            "assigned_at",
            "expires_at",
            "used_at",
            "order",
            "resource_version",
        ]

    def get_code(self, coupon) -> str | None:
        is_theirs = coupon.customer_id and self.context.get("owner") == coupon.customer.person_id
        return codes.shown(coupon) if is_theirs else None

    def get_amount(self, coupon) -> fields.MoneyAnswer(allow_null=True):
        pool = coupon.pool
        return {"amount_minor": pool.amount_minor, "currency": pool.currency} if pool.currency else None

    def get_left(self, coupon) -> fields.MoneyAnswer(allow_null=True):
        if coupon.pool.kind != "gift_card":
            return None
        return {"amount_minor": asking.left(coupon), "currency": coupon.pool.currency}

    example = {
        "id": sample("coupon"),
        "pool": sample("coupon_pool"),
        "kind": "coupon",
        "code": None,
        "last_4": "7QX2",
        "status": "assigned",
        "customer": sample("customer"),
        "reward": sample("reward"),
        "payout": None,
        "amount": euros(1000),
        "percent_bp": 0,
        "left": None,
        "assigned_at": BOUGHT,
        "expires_at": "2027-02-20T10:15:00Z",
        "used_at": None,
        "order": "",
        "resource_version": 1,
    }


def of(storefront):
    return Coupon.objects.filter(storefront=storefront).select_related("pool", "customer", "reward", "payout")


def named(storefront, name):
    """By id or by the code itself."""
    if ids.decode("cpn", name):
        return found.one(of(storefront), "coupon", name)
    coupon = asking.find(storefront=storefront, code=name)
    if coupon is None:
        raise NotFound("unknown_coupon", "There is no coupon of this id or code in this storefront.")
    return coupon


@documented(
    "Coupons",
    get=Call(
        "List coupons",
        CouponAnswer,
        many=True,
        description="Assigned or in stock, newest first; codes are not listed, only their ends.",
    ),
)
class Coupons(ListEndpoint):
    answer = CouponAnswer
    filters = {
        "status": Among("state", CouponState),
        "pool": Of("pool", CouponPool, "coupon_pool"),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        **between("created_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented(
    "Coupons",
    get=Call(
        "Get a coupon",
        CouponAnswer,
        also=[
            *path_parameters("id"),
            parameter("customer", "Its owner, cus_… or ext_ and your id: then the answer holds the code to show them."),
        ],
    ),
)
class OneCoupon(Endpoint):
    parameters = {"GET": ["customer"]}

    def get(self, request, id):
        coupon = found.one(of(request.storefront), "coupon", id)
        owner = None
        if name := request.query_params.get("customer"):
            mine = Customer.objects.filter(storefront=request.storefront)
            owner = found.one(mine, "customer", name, external="external_id").person_id
            if not coupon.customer_id or owner != coupon.customer.person_id:
                raise NotFound("unknown_coupon", "This customer has no coupon of this id.")
        return Response(CouponAnswer(coupon, context={"owner": owner}).data)


class CouponUseCall(fields.StrictSerializer):
    amount_minor = fields.Minor(
        required=False, min_value=1, help_text="Of a gift card: how much is used. Without it, all that is left."
    )
    reference = fields.Name(required=False, max_length=190, help_text="What you call the purchase, such as till-7/311.")

    example = {"amount_minor": 400, "reference": "till-7/311"}


class TypedCodeUseCall(CouponUseCall):
    code = fields.Text(max_length=200, allow_blank=False, help_text="As it was typed.")

    example = {"code": "SUMMER-7QX2"} | CouponUseCall.example


_REFUSED = "Refused with coupon_used, coupon_expired, coupon_revoked or coupon_not_assigned."


class Uses(Endpoint):
    def used(self, name, call):
        coupon = named(self.request.storefront, name)
        with keyed(self) as claim:
            used = claim.earlier(of(self.request.storefront))
            used = used or claim.keep("coupon", using.use(coupon=coupon, at=self.at, **call))
        return created(CouponAnswer(used).data, new=claim.new)


@documented(
    "Coupons",
    post=Call(
        "Use a code",
        CouponAnswer,
        takes=TypedCodeUseCall,
        creates=True,
        keyed=True,
        description=f"For codes that are redeemed elsewhere than in an order you send. {_REFUSED}",
    ),
)
class TypedCodeUses(Uses):
    beside = "coupon"

    def post(self, request):
        call = dict(self.taken(TypedCodeUseCall))
        return self.used(call.pop("code"), call)


@documented(
    "Coupons",
    post=Call(
        "Use a coupon",
        CouponAnswer,
        takes=CouponUseCall,
        creates=True,
        keyed=True,
        also=path_parameters("id"),
        description="The same for a coupon by its id. The address takes a code too, but logs keep addresses: send "
        f"codes to POST /coupons/use. {_REFUSED}",
    ),
)
class CouponUses(Uses):
    def post(self, request, id):
        return self.used(id, self.taken(CouponUseCall))
