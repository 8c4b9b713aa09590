"""The lists that leave as files: of each its columns, by name, and where they are read. One entry a list.

A column is ``(name, path, kind)``: ``kind`` names whose public id it is; without one the value is written as it is.
"""

from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery

from advocacy.models import Advocate, Consent, Customer, Event, TermsAcceptance
from referrals.models import Click, Conversion, Link, Order, Referral, Refund
from rewards.models import Account, Payout, Redemption, Reward, Transfer


@dataclass(frozen=True)
class Export:
    """``rows``: the storefront's, as a queryset; ``at``: the moment by which ``since`` and ``until`` narrow it."""

    title: str
    model: type
    of: str
    at: str
    columns: tuple
    only: tuple = ()
    # What is read from tables without a foreign key.
    beside: dict = field(default_factory=dict)

    @property
    def permission(self):
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"

    def rows(self, storefront):
        return self.model.objects.filter(**{self.of: storefront.pk}, **dict(self.only)).annotate(**self.beside)


def _own(kind):
    return ("id", "public_id", kind)


_CUSTOMER = (("customer", "customer__public_id", "customer"), ("customer_external_id", "customer__external_id"))
_ADVOCATE = (("advocate", "advocate__public_id", "advocate"), ("program", "program__slug"))
_MINOR = ("subtotal", "discount", "tax", "shipping", "other", "total", "revenue", "refunded")

LISTS = {
    "customers": Export(
        "Customers",
        Customer,
        "storefront_id",
        "recorded_at",
        (
            _own("customer"),
            *((name, name) for name in ("external_id", "email", "name", "phone", "locale", "country", "time_zone")),
            ("orders_before", "orders_before"),
            ("orders", "standing__orders"),
            ("revenue_minor", "standing__revenue_minor"),
            ("friends_joined", "standing__friends_joined"),
            ("friends_converted", "standing__friends_converted"),
            ("merged_into", "merged_into_id", "customer"),
            *((name, name) for name in ("created_at", "updated_at", "erased_at", "recorded_at")),
        ),
    ),
    "advocates": Export(
        "Advocates",
        Advocate,
        "storefront_id",
        "enrolled_at",
        (
            _own("advocate"),
            ("program", "program__slug"),
            *_CUSTOMER,
            ("email", "customer__email"),
            *((name, name) for name in ("display_name", "shows_name", "code", "status", "terms_version")),
            ("terms_accepted_at", "terms_accepted_at"),
            ("enrolled_at", "enrolled_at"),
        ),
    ),
    "terms_acceptances": Export(
        "Acceptances of terms",
        TermsAcceptance,
        "storefront_id",
        "recorded_at",
        (
            _own("terms_acceptance"),
            ("advocate", "advocate__public_id", "advocate"),
            ("program", "terms__program__slug"),
            ("customer", "advocate__customer__public_id", "customer"),
            ("customer_external_id", "advocate__customer__external_id"),
            ("version", "terms__number"),
            ("material", "terms__material"),
            *((name, name) for name in ("source", "language", "at", "recorded_at")),
        ),
    ),
    "consents": Export(
        "Consents",
        Consent,
        "storefront_id",
        "recorded_at",
        (
            _own("consent"),
            *_CUSTOMER,
            *((name, name) for name in ("channel", "state", "basis", "wording_version", "source", "at", "recorded_at")),
        ),
    ),
    "links": Export(
        "Links",
        Link,
        "storefront_id",
        "created_at",
        (
            _own("link"),
            *_ADVOCATE,
            *((name, name) for name in ("code", "domain", "channel", "destination", "status")),
            ("expires_at", "expires_at"),
            ("created_at", "created_at"),
        ),
    ),
    "clicks": Export(
        "Clicks",
        Click,
        "storefront_id",
        "at",
        (
            ("id", "id", "click"),
            ("code", "link_code"),
            ("at", "at"),
            ("counted", "counted"),
            ("referrer", "referrer"),
        ),
        beside={"link_code": Subquery(Link.objects.filter(pk=OuterRef("link_id")).values("code"))},
    ),
    "orders": Export(
        "Orders",
        Order,
        "storefront_id",
        "placed_at",
        (
            _own("order"),
            ("external_id", "external_id"),
            *_CUSTOMER,
            *((name, name) for name in ("status", "kind", "currency")),
            *((f"{name}_minor", f"{name}_minor") for name in _MINOR),
            *((name, name) for name in ("tax_included", "country", "referral_code", "coupon_codes", "brought_by")),
            *((name, name) for name in ("history", "products", "warnings", "unattributed")),
            *((name, name) for name in ("placed_at", "paid_at", "shipped_at", "delivered_at", "updated_at")),
            ("recorded_at", "recorded_at"),
        ),
    ),
    "refunds": Export(
        "Refunds",
        Refund,
        "order__storefront_id",
        "refunded_at",
        (
            _own("refund"),
            ("refund_id", "refund_id"),
            ("order", "order__public_id", "order"),
            ("order_external_id", "order__external_id"),
            ("kind", "kind"),
            ("amount_minor", "amount_minor"),
            ("currency", "order__currency"),
            *((name, name) for name in ("reason", "refunded_at", "undone_at", "recorded_at")),
        ),
    ),
    "referrals": Export(
        "Referrals",
        Referral,
        "storefront_id",
        "bound_at",
        (
            _own("referral"),
            *_ADVOCATE,
            ("advocate_code", "advocate__code"),
            ("friend", "friend__public_id", "customer"),
            ("friend_external_id", "friend__external_id"),
            ("code", "link__code"),
            *((name, name) for name in ("method", "channel", "clicked_at", "bound_at", "converted_at")),
            ("conversions", "standing_conversions"),
            ("ended_at", "ended_at"),
            ("ended_reason", "ended_reason"),
        ),
    ),
    "conversions": Export(
        "Conversions",
        Conversion,
        "storefront_id",
        "converted_at",
        (
            _own("conversion"),
            ("program", "program__slug"),
            ("referral", "referral__public_id", "referral"),
            ("order", "order__public_id", "order"),
            ("order_external_id", "order__external_id"),
            *((name, name) for name in ("sequence", "stands", "advocate_review", "friend_review", "review_reason")),
            ("converted_at", "converted_at"),
        ),
    ),
    "rewards": Export(
        "Rewards",
        Reward,
        "storefront_id",
        "created_at",
        (
            _own("reward"),
            ("program", "program__slug"),
            ("rule", "rule__name"),
            ("customer", "recipient__public_id", "customer"),
            ("customer_external_id", "recipient__external_id"),
            *((name, name) for name in ("side", "form", "unit", "granted_minor", "pending_minor", "available_minor")),
            *((f"{name}_minor", f"{name}_minor") for name in ("reserved", "spent", "paid", "expired")),
            *((name, name) for name in ("due_at", "created_at", "credited_at", "expires_at")),
        ),
    ),
    "wallets": Export(
        "Wallets",
        Account,
        "storefront_id",
        "",
        (*_CUSTOMER, ("kind", "kind"), ("form", "form"), ("unit", "unit"), ("balance_minor", "balance_minor")),
        only=(("customer__isnull", False),),
    ),
    "statement": Export(
        "Statement",
        Transfer,
        "storefront_id",
        "at",
        (
            _own("transfer"),
            ("leg", "leg"),
            ("from", "source__kind"),
            ("to", "target__kind"),
            ("amount_minor", "amount_minor"),
            ("unit", "unit"),
            ("form", "source__form"),
            ("reward", "reward__public_id", "reward"),
            ("customer", "reward__recipient__public_id", "customer"),
            ("customer_external_id", "reward__recipient__external_id"),
            ("at", "at"),
        ),
    ),
    "redemptions": Export(
        "Redemptions",
        Redemption,
        "storefront_id",
        "reserved_at",
        (
            _own("redemption"),
            *_CUSTOMER,
            *((name, name) for name in ("form", "unit", "amount_minor", "reversed_minor", "worth_minor")),
            *((name, name) for name in ("worth_currency", "order_external_id", "state", "reserved_at")),
            *((name, name) for name in ("confirmed_at", "ended_at")),
        ),
    ),
    "payouts": Export(
        "Payouts",
        Payout,
        "storefront_id",
        "made_at",
        (
            _own("payout"),
            ("batch", "batch__public_id", "payout_batch"),
            ("number", "number"),
            *_CUSTOMER,
            *(
                (name, name)
                for name in ("amount_minor", "currency", "state", "waits_for", "payee_name", "payee_country")
            ),
            *((name, name) for name in ("destination_end", "reference", "failure", "made_at", "sent_at", "paid_at")),
            ("ended_at", "ended_at"),
        ),
    ),
    "events": Export(
        "Events",
        Event,
        "storefront_id",
        "recorded_at",
        (
            _own("event"),
            ("type", "type"),
            ("subject_kind", "subject_kind"),
            ("subject", "subject_id", "subject"),
            ("version", "version"),
            ("customer", "customer__public_id", "customer"),
            ("program", "program__slug"),
            ("advocate", "advocate__public_id", "advocate"),
            ("friend", "friend__public_id", "customer"),
            ("facts", "facts"),
            ("occurred_at", "occurred_at"),
            ("recorded_at", "recorded_at"),
        ),
    ),
}
