"""How the OpenAPI document is made from the endpoints, and what it says first."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Referral and advocacy API",
    "DESCRIPTION": "Send what happened (clicks, sign-ups, orders, refunds), read what followed (referrals, "
    "conversions, rewards, balances, and why).\n\n"
    "- Sign calls with `Authorization: Bearer sk_…`; a key sees its own storefront only.\n"
    "- Money is whole minor units: `1250` is 12.50 EUR. Times are RFC 3339 with an offset.\n"
    "- Ids are ours (`ord_…`) or yours with `ext_` before it. What is sent twice counts once.\n"
    "- Errors are problem documents (RFC 9457) with a stable `code`; unknown fields are refused by name.\n"
    "- Lists: `limit`, `cursor`; filters take `a,b` and `-a`. A null field counts as not sent.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # A PATCH needs the fields that it needs, like any other call.
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "advocacy.api.schema.closed",
    ],
    # Several nouns have a status or a kind; without a name here a new one would rename the others.
    "ENUM_NAME_OVERRIDES": {
        "AdvocateStatus": "advocacy.models.AdvocateStatus",
        "BenefitKind": "advocacy.models.BenefitKind",
        "AcquisitionChannel": "referrals.models.Channel",
        "CostOf": "referrals.models.CostOf",
        "ChannelEnum": "advocacy.models.consent.Channel",
        "ConsentState": "advocacy.models.ConsentState",
        "DeliveryState": "advocacy.models.DeliveryState",
        "JobState": "advocacy.models.JobState",
        "ReviewedSide": "referrals.api.reviews.SIDES",
        "SideEnum": "advocacy.models.offer.Side",
        "ProgramStatus": "advocacy.models.ProgramStatus",
        "SurveyKind": "advocacy.models.SurveyKind",
        "TermsSource": "advocacy.models.TermsSource",
        "TermsToldFrom": "advocacy.api.terms.TOLD_FROM",
        "TestimonialStatus": "advocacy.models.TestimonialStatus",
        "HttpMethod": "advocacy.api.batch.METHODS",
        "MethodEnum": "referrals.models.Method",
        "ClaimNamedBy": "referrals.models.NamedBy",
        "ClaimState": "referrals.models.ClaimState",
        "LinkStatus": "referrals.models.LinkStatus",
        "OrderKind": "referrals.models.OrderKind",
        "OrderStatus": "referrals.models.OrderStatus",
        "RefundKind": "referrals.models.RefundKind",
        "RuleStatus": "rewards.models.RuleStatus",
        "Review": "referrals.models.Review",
        "BatchState": "rewards.models.BatchState",
        "Form": "rewards.models.Form",
        "Leg": "rewards.models.Leg",
        "PayeeKind": "rewards.models.PayeeKind",
        "PoolKind": "rewards.models.PoolKind",
        "PoolSource": "rewards.models.PoolSource",
        "PayoutKind": "rewards.models.PayoutKind",
        "PayoutState": "rewards.models.PayoutState",
        "RewardStatus": "rewards.models.RewardStatus",
    },
}
