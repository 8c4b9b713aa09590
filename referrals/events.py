"""The event types of attribution and orders."""

from advocacy.outbox.catalogue import EventType

_LINK = {"link": "its id", "status": "active or disabled"}
LINK_CREATED = EventType(
    "link.created", "link", "An advocate got a link.", _LINK, when="an advocate gets a link", recipients=("advocate",)
)
# Not by a wish of theirs: what a rule promises for a link is not theirs.
LINK_ADDED = EventType(
    "link.added",
    "link",
    "An advocate whom the shop made one, by an import or as a past buyer, got the first link.",
    _LINK,
    triggers=False,
    settles=False,
)
LINK_CHANGED = EventType(
    "link.changed",
    "link",
    "A link was switched off, or on again, or a test's link gave its code to a live one.",
    _LINK,
    when="a link is switched off, or on again",
    recipients=("advocate",),
)
LINK_BURST = EventType(
    "link.burst",
    "link",
    "A link's code was opened or used more often within an hour than its program expects; told once a burst.",
    _LINK
    | {
        "clicks": "through the link within the last hour",
        "uses": "orders of the last hour that name the code",
        "above": "what its program expects at most",
    },
    triggers=False,
)
# As the storefront names them, at that moment.
_PEOPLE = {
    "advocate_segments": "the advocate's segments",
    "friend_segments": "the friend's segments",
    "advocate_tier": "the advocate's tier, or empty",
    "friend_tier": "the friend's tier, or empty",
}
REFERRAL_CREATED = EventType(
    "referral.created",
    "referral",
    "A friend was bound to an advocate.",
    {
        "method": "code, coupon, click, cookie, invitation or manual",
        "link": "the link's id, or null",
        "candidates": "how many were considered",
        "days_since_click": "whole days from the click to the binding, or null",
        "channel": "of the link, or empty",
        "country": "of the friend: ISO 3166, or empty",
        "new_customer": "whether the friend had no order before",
        **_PEOPLE,
        "advocate_status": "active, paused or banned, at the binding",
        "program_status": "active, paused or ended, by its window too, at the binding",
    },
    when="a friend signs up",
    recipients=("advocate", "friend"),
)

REFERRAL_IMPORTED = EventType(
    "referral.imported",
    "referral",
    "An import said which advocate had brought a friend before.",
    REFERRAL_CREATED.facts,
    triggers=False,
    settles=False,
)

REFERRAL_ENDED = EventType(
    "referral.ended",
    "referral",
    "Somebody decided by hand that the friend was brought by another: what the bond earned is taken back.",
    REFERRAL_CREATED.facts | {"stands": "whether it counts: it does not"},
    triggers=False,
)

_CLAIM = {
    "named_by": "how the advocate named the friend: word (an order's number or a code) or email",
    "found": "whether an order or a customer of that name was here",
    "state": "open, accepted or refused",
    "refusal": "the reason key by which it was refused: claim_refused, claim_not_decided; or empty",
    "claimed_at": "when the advocate said so, RFC 3339",
    "decide_by": "until when it is to be decided, RFC 3339",
    "referral": "the bond that it led to, or null",
}
CLAIM_OPENED = EventType("claim.opened", "claim", "An advocate says that a friend is missing.", _CLAIM, triggers=False)
CLAIM_DECIDED = EventType(
    "claim.decided",
    "claim",
    "Somebody decided whether the missing friend counts, or nobody did in time.",
    _CLAIM,
    triggers=False,
)

_ORDER = {
    "status": "pending, paid or cancelled",
    "currency": "ISO 4217",
    "total_minor": "what was charged",
    "basis_minor": "the same: what refunds are a share of",
    "revenue_minor": "after discounts, before tax and shipping",
    "refunded_minor": "of the total, so far; all of it when cancelled",
    "cancelled": "whether it is cancelled",
    "stands": "whether it counts as a paid order that is not of the past; rules owe nothing for one that does not",
    "referred": "whether it is a conversion",
    "coupon_codes": "used in it, in capitals; a coupon of our own pools as its id, cpn_…",
    "country": "ISO 3166, or empty",
    "placed_at": "RFC 3339",
    "paid_at": "RFC 3339, or null",
    "shipped_at": "since when everything physical was on its way, RFC 3339, or null",
    "delivered_at": "since when everything physical was there, RFC 3339, or null",
    "digital": "whether it has lines, and none needs shipping",
    # Changes add up in any order, so whoever keeps a count needs no earlier event.
    "orders_change": "+1 when it begins to count as a paid order, −1 when it no longer does, else 0",
    "revenue_change_minor": "how much the revenue kept, after refunds, grew or shrank",
    "refunded_change_minor": "how much the refunded part of the total grew or shrank",
}
ORDER_RECORDED = EventType("order.recorded", "order", "Somebody bought.", _ORDER, when="anybody orders, brought or not")
ORDER_IMPORTED = EventType(
    "order.imported",
    "order",
    "An import told of an order of the past: nobody is rewarded for it.",
    _ORDER,
    triggers=False,
    settles=False,
)
ORDER_CHANGED = EventType(
    "order.changed", "order", "An order was paid, cancelled or corrected.", _ORDER, when="an order changes"
)
ORDER_FULFILLED = EventType(
    "order.fulfilled",
    "order",
    "A part of it, or all, was sent or delivered.",
    _ORDER,
    when="a part of an order is sent",
)
# It settles what the order began; nobody earns something by giving back.
ORDER_REFUNDED = EventType(
    "order.refunded", "order", "Money was given back, or a refund was undone.", _ORDER, triggers=False
)

_CONVERSION = {
    "order": "the order's id",
    "sequence": "the friend's how-manieth recorded conversion",
    "converted_at": "when the order was paid, RFC 3339; never changes",
    "bound_at": "when the friend was brought, RFC 3339; never changes",
    "channel": "of the link, or empty",
    "method": "how the friend was attributed",
    "days_since_signup": "whole days from the binding to the order",
    "placed_at": "RFC 3339",
    "paid_at": "RFC 3339, or null",
    "shipped_at": "since when everything physical was on its way, RFC 3339, or null",
    "delivered_at": "since when everything physical was there, RFC 3339, or null",
    "digital": "whether it has lines, and none needs shipping",
    "currency": "ISO 4217",
    "basis_minor": "the order's total: what refunds are a share of",
    "refunded_minor": "of the basis, so far; all of it when cancelled",
    "goods_minor": "the goods before any discount: what minimums compare",
    "revenue_minor": "after discounts, before tax and shipping: what percentages are taken of",
    "products": "its lines: line, product, variant, sku, category, quantity, net_minor (price × quantity − discount), "
    "revenue_minor (the order's, spread over the lines), refunded_minor (of net, by refunds that name the line)",
    "coupon_codes": "used in the order, in capitals; a coupon of our own pools as its id, cpn_…",
    "country": "ISO 3166, or empty",
    "cancelled": "whether the order is cancelled",
    "advocate_review": "clear, held or rejected",
    "friend_review": "clear, held or rejected",
    "rejected_because": "the reason key where a merge of customers rejected it: self_referral, attributed_to_other, "
    "existing_customer",
    "advocate_status": "active, paused or banned, when it was recorded; never changes",
    "program_status": "active, paused or ended, when it was recorded, by its window too; never changes",
    "first_order_at": "converted_at of this referral's first conversion; never changes",
    "earlier_orders": "the friend's orders before this one, those before the program included; never changes",
    "new_customer": "whether the friend had no order before being brought; never changes",
    **{name: f"{meaning}, when it was recorded; never changes" for name, meaning in _PEOPLE.items()},
    "risk_points": "what the fraud checks give together where they hold it, else 0",
    "risk_checks": "their names where they hold it, such as same_device, else none",
    "metadata": "of the order, the keys that the program keeps, as texts; never changes",
    "stands": "whether it counts: neither wholly refunded nor rejected for the advocate",
    "friends_change": "+1 when its referral became converted, −1 when it stopped being so, else 0",
}
CONVERSION_RECORDED = EventType(
    "conversion.recorded",
    "conversion",
    "A referred friend's order was paid.",
    _CONVERSION,
    when="a friend orders",
    recipients=("advocate", "friend"),
)
# What becomes of a conversion settles the rules that it began with; it begins none.
CONVERSION_ADJUSTED = EventType(
    "conversion.adjusted",
    "conversion",
    "The order behind a conversion was refunded, cancelled or corrected.",
    _CONVERSION,
    triggers=False,
)
CONVERSION_HELD = EventType(
    "conversion.held", "conversion", "A side's reward waits for a review.", _CONVERSION, triggers=False
)
CONVERSION_RELEASED = EventType(
    "conversion.released", "conversion", "A review was decided for a side.", _CONVERSION, triggers=False
)
CONVERSION_REJECTED = EventType(
    "conversion.rejected", "conversion", "A review was decided against a side.", _CONVERSION, triggers=False
)
