"""Customers: put what the storefront knows of a person, read what we keep."""

from django.db import transaction
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import consents as agreed
from advocacy import customers, ids, segments
from advocacy.api import consent_fields, expanding, fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, SIGNED_UP, sample
from advocacy.api.lists import ListEndpoint, between
from advocacy.api.schema import OUTDATED, Call, documented, path_parameters
from advocacy.models import Customer

_FRED = {
    "email": "fred@example.com",
    "name": "Fred",
    "locale": "de-DE",
    "country": "DE",
    "time_zone": "Europe/Berlin",
    "created_at": SIGNED_UP,
    "orders_before": 0,
    "source": {"channel": "newsletter"},
    "traits": {"plan": "basic"},
    "updated_at": BOUGHT,
}


class CustomerCall(fields.StrictSerializer):
    """What the storefront knows; a field that is left out stays as it is."""

    external_id = fields.Name(required=False, help_text="Your own id of them; in an address it may be left out.")
    email = fields.Text(required=False, max_length=320, help_text="One mailbox in any spelling is one person.")
    email_verified = fields.Flag(
        required=False, help_text="Whether you know that the address is theirs: a guest of it becomes one with them."
    )
    name = fields.Text(required=False)
    phone = fields.Text(required=False, max_length=40)
    locale = fields.Text(required=False, max_length=20)
    country = fields.Country(required=False)
    time_zone = fields.Text(required=False, max_length=60, help_text="Such as Europe/Berlin.")
    created_at = fields.Time(required=False, help_text="When you first knew them.")
    orders_before = fields.Whole(
        required=False, min_value=0, max_value=1_000_000, help_text="Orders from before you sent them here."
    )
    source = fields.Metadata(required=False)
    traits = fields.Metadata(
        required=False, help_text="Of your own; rules may ask for segments (a list of texts) and tier (a text)."
    )
    consent = consent_fields.ConsentFields(
        required=False, help_text="What they agreed to on a channel; see POST /consents."
    )
    updated_at = fields.Time(required=False, help_text="Of this state; an older one than the newest changes nothing.")

    example = _FRED


class CustomerFields(CustomerCall):
    """A customer inside another call; with neither id nor e-mail they are a guest."""

    example = {"external_id": "fred", "email": "fred@example.com", "name": "Fred"}


class CustomerGiven(serializers.Field):
    """Who: ``cus_…`` or ``ext_`` and the storefront's id, or an object of what it knows of them."""

    default_error_messages = {"invalid": 'must be an id such as ext_fred, or an object such as {{"email": …}}'}

    def to_internal_value(self, data):
        if isinstance(data, str):
            return _NAME.run_validation(data)
        if not isinstance(data, dict):
            self.fail("invalid")
        return dict(fields.validated(CustomerFields, data, self.context))


_NAME = fields.Name(max_length=210)


class CustomerGivenSchema(OpenApiSerializerFieldExtension):
    target_class = CustomerGiven

    def map_serializer_field(self, auto_schema, direction):
        described = auto_schema.resolve_serializer(CustomerFields, direction)
        return {
            "oneOf": [
                {"type": "string", "minLength": 1, "description": "cus_…, or ext_ and your own id."},
                described.ref,
            ]
        }


def given(*, storefront, value, at):
    """The customer of a call, made where they are new. Runs in the caller's transaction."""
    if isinstance(value, str):
        return customers.named(storefront=storefront, name=value)
    return customers.upsert(storefront=storefront, fields=value, at=at)[0]


def given_or_new(*, storefront, value, at):
    """The same, but ``ext_…`` that is new makes its customer, as it does with an order."""
    if isinstance(value, str):
        return customers.named_or_made(storefront=storefront, name=value, at=at)[0]
    return given(storefront=storefront, value=value, at=at)


class _WithConsents(serializers.ListSerializer):
    """The consents of all customers of a page by one question."""

    def to_representation(self, data):
        people = list(data)
        found_of = agreed.newest_of(people)
        for person in people:
            person.newest_consents = found_of[person.pk]
        return super().to_representation(people)


class CustomerExpected(serializers.Serializer):
    day = serializers.DateField(
        source="customer.storefront.expected_on",
        allow_null=True,
        help_text="Of the models by which it is: orders and value are at most 5 % off what these say, the percent is "
        "theirs. Null while the first are being written.",
    )
    alive_percent = serializers.IntegerField(help_text="How likely they will ever buy again, in percent.")
    expected_orders = serializers.SerializerMethodField(help_text="Days with an order in the next 12 months.")
    expected_value = fields.Money("expected_value_minor", "customer.storefront.currency", help_text="Spent on these.")
    at_risk_since = fields.Moment(
        allow_null=True, help_text="Since when alive_percent is below the storefront's limit; or null."
    )

    def get_expected_orders(self, standing) -> float:
        return standing.expected_orders_e2 / 100


class CustomerAnswer(serializers.ModelSerializer):
    id = fields.PublicId("customer", source="public_id")
    external_id = serializers.CharField(allow_null=True, help_text="Your own id; null for a guest.")
    source = serializers.DictField()
    traits = serializers.DictField()
    segments = serializers.ListField(child=serializers.CharField(), help_text="As your traits name them.")
    consents = serializers.SerializerMethodField(help_text="The newest of each channel.")
    expected = serializers.SerializerMethodField(
        help_text="What the nightly models expect of them; null for who has not bought, and before the first models."
    )
    advocate_left_at = fields.Moment(
        source="standing.advocate_left_at",
        allow_null=True,
        default=None,
        help_text="When it was noticed that who brought them is at risk, banned or erased; or null.",
    )
    created_at = fields.Moment()
    updated_at = fields.Moment()
    resource_version = serializers.IntegerField(source="version", help_text="Only grows.")

    class Meta:
        model = Customer
        list_serializer_class = _WithConsents
        fields = [
            "id",
            "external_id",
            "email",
            "name",
            "phone",
            "locale",
            "country",
            "time_zone",
            "source",
            "traits",
            "segments",
            "consents",
            "orders_before",
            "expected",
            "advocate_left_at",
            "created_at",
            "updated_at",
            "resource_version",
        ]

    def get_expected(self, customer) -> CustomerExpected(allow_null=True):
        standing = getattr(customer, "standing", None)
        return CustomerExpected(standing).data if standing and standing.alive_percent is not None else None

    def get_consents(self, customer) -> consent_fields.ConsentSaid(many=True):
        newest = getattr(customer, "newest_consents", None)
        newest = agreed.newest(customer) if newest is None else newest
        return consent_fields.ConsentSaid(newest.values(), many=True).data

    example = {
        "id": sample("customer"),
        "external_id": "fred",
        "phone": "",
        **_FRED,
        "segments": [],
        "consents": [consent_fields.SAID],
        "expected": {
            "day": "2026-11-22",
            "alive_percent": 73,
            "expected_orders": 1.56,
            "expected_value": {"amount_minor": 7400, "currency": "EUR"},
            "at_risk_since": None,
        },
        "advocate_left_at": None,
        "resource_version": 1,
    }


def of(storefront):
    return Customer.objects.filter(storefront=storefront).select_related("storefront", "standing")


expanding.whole("customer", CustomerAnswer, of, tag="Customers")


class InSegment:
    """``?segment=regulars``: the customers whom the storefront put there."""

    description = "Customers in this segment, as your traits name it."

    def narrow(self, rows, text, storefront):
        return segments.within(rows, text)


@documented("Customers", get=Call("List customers", CustomerAnswer, many=True))
class Customers(ListEndpoint):
    answer = CustomerAnswer
    filters = {"segment": InSegment(), **between("recorded_at")}

    def rows(self):
        return of(self.request.storefront).filter(merged_into=None)


@documented(
    "Customers",
    get=Call("Get a customer", CustomerAnswer, also=path_parameters("external_id")),
    put=Call(
        "Put a customer",
        CustomerAnswer,
        takes=CustomerCall,
        creates=True,
        also=[*path_parameters("external_id"), OUTDATED],
        description="Creates the customer or brings it up to date. Sent twice it changes nothing; the newest "
        "`updated_at` wins, and an older one is answered with 200, what is known and Advocacy-Outdated: true; of it "
        "only `consent` counts, by its own moment, and an id or e-mail that was not known. A guest with the same "
        "e-mail becomes this customer; one who advocates or has a wallet only where `email_verified` is true.",
    ),
)
class OneCustomer(Endpoint):
    def get(self, request, external_id):
        return Response(CustomerAnswer(self._known(external_id)).data)

    def put(self, request, external_id):
        call = self.taken(CustomerCall)
        with transaction.atomic():
            customer, created = self._put(external_id, call)
        late = customers.outdated(customer=customer, fields=call, at=self.at)
        headers = {OUTDATED.name: "true"} if late else None
        return Response(CustomerAnswer(customer).data, status=201 if created else 200, headers=headers)

    def _put(self, name, call):
        if ids.decode("cus", name):
            # A guest keeps being a guest until it is put under an id of the storefront's own.
            known = self._known(name)
            own = {"external_id": known.external_id} if known.external_id else {}
            guest = None if own else known
        else:
            own, guest = {"external_id": fields.Name().run_validation(found.external_id(name))}, None
        if own and call.get("external_id", own["external_id"]) != own["external_id"]:
            raise serializers.ValidationError({"external_id": f"differs from the address: {own['external_id']}"})
        return customers.upsert(storefront=self.request.storefront, fields=call | own, at=self.at, guest=guest)

    def _known(self, name):
        return found.one(of(self.request.storefront), "customer", name, external="external_id")
