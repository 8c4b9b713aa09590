"""Pools of codes: made, filled, and watched."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import euros, sample
from advocacy.api.lists import Among, ListEndpoint, Of
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Program
from rewards.coupons import pools, uploading
from rewards.models import CouponPool, PoolKind, PoolSource

MOST_CODES = 100_000


class CouponPoolCall(fields.StrictSerializer):
    program = programs.ProgramName()
    name = fields.Name(max_length=80, help_text="Unique in its program; the same pool again is found.")
    kind = fields.Choice(PoolKind.choices, required=False, help_text="coupon (default) or gift_card.")
    source = fields.Choice(
        PoolSource.choices,
        required=False,
        help_text="uploaded (default); generated; in_shop: made in the shop of the connection when a reward needs one; "
        "links: the advocates' own codes, which that shop takes from any friend.",
    )
    connection = fields.Text(required=False, max_length=40, help_text="con_…, for in_shop and links: see Connections.")
    minimum_minor = fields.Minor(
        required=False, help_text="The least subtotal for which the shop takes a code, in the program's currency."
    )
    most_uses = fields.Whole(
        required=False, min_value=1, max_value=1_000_000, help_text="Of links: how often each code is taken in all."
    )
    amount_minor = fields.Minor(required=False, help_text="What a code is worth; needs currency.")
    currency = fields.Currency(required=False)
    percent_bp = fields.Whole(required=False, min_value=1, max_value=10_000, help_text="Instead: 1000 is 10 %.")
    prefix = fields.Text(required=False, max_length=12, help_text="Of generated codes.")
    code_length = fields.Whole(required=False, min_value=8, max_value=20, help_text="Random signs; default 10.")
    low_stock = fields.Whole(required=False, min_value=0, max_value=1_000_000, help_text="Warn from so few on.")
    expiry_days = fields.Whole(required=False, min_value=1, max_value=3650, help_text="Days after it is assigned.")

    example = {"program": "friends", "name": "10 euros off", "amount_minor": 1000, "currency": "EUR", "expiry_days": 90}


class CodesAnswer(serializers.Serializer):
    free = serializers.IntegerField()
    assigned = serializers.IntegerField()
    used = serializers.IntegerField()


class CouponPoolAnswer(serializers.ModelSerializer):
    id = fields.PublicId("coupon_pool", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    amount = serializers.SerializerMethodField(help_text="Null for a percentage.")
    connection = fields.PublicId("connection", source="connection.public_id", allow_null=True)
    minimum = serializers.SerializerMethodField(help_text="Null where the shop takes a code for any subtotal.")
    codes = CodesAnswer(source="*", help_text="How many are in which state; a generated pool keeps none in stock.")
    low = serializers.SerializerMethodField(help_text="Whether it was warned that few are left.")
    prefix = serializers.CharField(help_text="Of generated codes; may be empty.")
    created_at = fields.Moment()
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = CouponPool
        fields = [
            "id",
            "program",
            "name",
            "kind",
            "source",
            "amount",
            "percent_bp",
            "connection",
            "minimum",
            "most_uses",
            "prefix",
            "code_length",
            "low_stock",
            "expiry_days",
            "codes",
            "low",
            "created_at",
            "resource_version",
        ]

    def get_amount(self, pool) -> fields.MoneyAnswer(allow_null=True):
        return {"amount_minor": pool.amount_minor, "currency": pool.currency} if pool.currency else None

    def get_minimum(self, pool) -> fields.MoneyAnswer(allow_null=True):
        least = {"amount_minor": pool.minimum_minor, "currency": pool.program.currency}
        return least if pool.minimum_minor else None

    def get_low(self, pool) -> bool:
        return pool.low_since is not None

    example = {
        "id": sample("coupon_pool"),
        "program": sample("program"),
        "name": "10 euros off",
        "kind": "coupon",
        "source": "uploaded",
        "amount": euros(1000),
        "percent_bp": 0,
        "connection": None,
        "minimum": None,
        "most_uses": None,
        "prefix": "",
        "code_length": 10,
        "low_stock": 20,
        "expiry_days": 90,
        "codes": {"free": 180, "assigned": 15, "used": 5},
        "low": False,
        "created_at": "2026-11-01T00:00:00Z",
        "resource_version": 0,
    }


def of(storefront):
    return pools.counted(CouponPool.objects.filter(storefront=storefront).select_related("program", "connection"))


@documented(
    "Coupons",
    get=Call("List coupon pools", CouponPoolAnswer, many=True),
    post=Call(
        "Create a coupon pool",
        CouponPoolAnswer,
        takes=CouponPoolCall,
        creates=True,
        description="Where a shop is to make the codes (in_shop, links) it is asked first: an access that may not, "
        "another currency, or a shop that does not answer is refused in words.",
    ),
)
class CouponPools(ListEndpoint):
    answer = CouponPoolAnswer
    filters = {"kind": Among("kind", PoolKind), "program": Of("program", Program, "program", external="slug")}

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(CouponPoolCall)
        program = programs.named(storefront=request.storefront, name=call.pop("program", None))
        if "connection" in call:
            named = pools.connection_named(storefront=request.storefront, name=call.pop("connection"))
            call["connection_id"] = named.pk
        pool, new = pools.create(program=program, at=self.at, **call)
        return created(CouponPoolAnswer(self.rows().get(pk=pool.pk)).data, new=new)


@documented("Coupons", get=Call("Get a coupon pool", CouponPoolAnswer, also=path_parameters("id")))
class OneCouponPool(Endpoint):
    def get(self, request, id):
        return Response(CouponPoolAnswer(found.one(of(request.storefront), "coupon_pool", id)).data)


class CouponUploadCall(fields.StrictSerializer):
    """Either ``codes`` or ``csv``."""

    codes = serializers.ListField(
        child=fields.Text(max_length=200), required=False, max_length=MOST_CODES, help_text="The codes themselves."
    )
    csv = fields.Text(required=False, max_length=8_000_000, help_text="Or a CSV file's text with the column code.")
    only_new = fields.Flag(
        required=False, help_text="Leave out what is there already or stands there twice; otherwise that refuses all."
    )

    def validate(self, attrs):
        if ("codes" in attrs) == ("csv" in attrs):
            raise serializers.ValidationError({"codes": "send either codes or csv"})
        return attrs

    example = {"codes": ["SUMMER-7QX2", "SUMMER-9KD4"], "only_new": True}


class LeftOutAnswer(serializers.Serializer):
    line = serializers.CharField()
    reason = serializers.CharField()


class CouponUploadAnswer(serializers.Serializer):
    read = serializers.IntegerField()
    added = serializers.IntegerField(help_text="In the pool now.")
    left_out = LeftOutAnswer(many=True, help_text="The first 20.")
    left_out_count = serializers.IntegerField()
    served = serializers.IntegerField(help_text="Rewards that had waited for a code and have one now.")
    job = serializers.CharField(allow_null=True, help_text="More than 5,000 codes are added by this job.")

    example = {
        "read": 2,
        "added": 1,
        "left_out": [{"line": "line 2", "reason": "was uploaded before"}],
        "left_out_count": 1,
        "served": 1,
        "job": None,
    }


@documented(
    "Coupons",
    post=Call(
        "Upload codes",
        CouponUploadAnswer,
        takes=CouponUploadCall,
        creates=True,
        repeats=False,
        also=path_parameters("id"),
        description="All or nothing: what is no code, stands there twice or was uploaded before is told by line. With "
        "only_new the others are taken. Codes are compared without regard to capitals, stored sealed and never listed. "
        "Then rewards that wait for a code of the pool get one, in the order in which they fell due.",
    ),
)
class CouponUploads(Endpoint):
    body_limit = 12 * 1024 * 1024

    def post(self, request, id):
        pool = found.one(CouponPool.objects.filter(storefront=request.storefront), "coupon_pool", id)
        call = self.taken(CouponUploadCall)
        how = {"pool": pool, "only_new": call.get("only_new", False), "at": self.at}
        if "csv" in call:
            done = uploading.table(raw=call["csv"].encode(), **how)
        else:
            done = uploading.numbered(lines=list(enumerate(map(str.strip, call["codes"]), start=1)), **how)
        return Response(_told(done), status=201)


def _told(done):
    return CouponUploadAnswer(
        {
            "read": done.read,
            "added": done.added,
            "left_out": [{"line": line, "reason": why} for line, why in done.left_out.items()],
            "left_out_count": done.left_out_count,
            "served": done.served,
            "job": done.job and ids.encode("job", done.job.public_id),
        }
    ).data
