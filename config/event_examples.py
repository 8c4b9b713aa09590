"""An example of each event type, as a webhook tells it: for the documentation, and for tests of endpoints.

The one story that every example tells: alice brought fred, who bought for 54 euros. A fact means the same wherever it
is, so its example is given once; where a type says something else by the same name it is in ``_OF_TYPE``.
"""

from advocacy.api.examples import BOUGHT, SIGNED_UP, sample
from advocacy.outbox.catalogue import TYPES

_LATER, _MUCH_LATER = "2026-12-06T10:15:00Z", "2027-12-06T10:15:00Z"
_FACTS = {
    # merges
    "survivor": sample("customer"),
    "merged": sample("customer"),
    # people
    "identified": True,
    "orders_before": 0,
    "status": "active",
    "terms_version": 2,
    "material": True,
    "languages": ["en", "de"],
    "country": "DE",
    "advocate_segments": ["regulars"],
    "friend_segments": [],
    "advocate_tier": "gold",
    "friend_tier": "",
    "advocate_status": "active",
    "program_status": "active",
    "rating": 5,
    "consented": True,
    "stands": True,
    "kind": "nps",
    "survey": "after-delivery",
    "score": 9,
    "scale_min": 0,
    "scale_max": 10,
    # what storefronts report
    "reported_type": "support.contacted",
    "touchpoint": "support-chat",
    # referrals
    "method": "click",
    "candidates": 1,
    "days_since_click": 0,
    "channel": "email",
    "new_customer": True,
    # orders
    "currency": "EUR",
    "total_minor": 5400,
    "basis_minor": 5400,
    "revenue_minor": 5000,
    "goods_minor": 5000,
    "refunded_minor": 0,
    "cancelled": False,
    "referred": True,
    "coupon_codes": [],
    "placed_at": BOUGHT,
    "paid_at": BOUGHT,
    "shipped_at": None,
    "delivered_at": None,
    "digital": False,
    "orders_change": 1,
    "revenue_change_minor": 5000,
    "refunded_change_minor": 0,
    # conversions
    "sequence": 1,
    "converted_at": BOUGHT,
    "bound_at": SIGNED_UP,
    "days_since_signup": 0,
    "products": [
        {
            "line": "1",
            "product": "mug-1",
            "variant": "",
            "sku": "MUG",
            "category": "mugs",
            "quantity": 2,
            "net_minor": 5000,
            "revenue_minor": 5000,
            "refunded_minor": 0,
        }
    ],
    "advocate_review": "clear",
    "friend_review": "clear",
    "risk_points": 0,
    "risk_checks": [],
    "rejected_because": "",
    "first_order_at": BOUGHT,
    "earlier_orders": 0,
    "metadata": {},
    "friends_change": 1,
    # rewards
    "side": "advocate",
    "subject_kind": "conversion",
    "subject": sample("conversion"),
    "form": "credit",
    "unit": "EUR",
    "granted_minor": 1000,
    "pending_minor": 1000,
    "available_minor": 0,
    "due_at": _LATER,
    "expires_at": _MUCH_LATER,
    "number": 1,
    "state": "assigned",
    "amount_minor": 1000,
    "reversed_minor": 0,
    "worth_minor": None,
    "worth_currency": "",
    "undoes": None,
    "points": 500,
    "points_per_unit": 100,
    "limit_minor": 100000,
    "used_minor": 80000,
    "period": "2026-11",
    "pool": sample("coupon_pool"),
    "payout": None,
    "percent_bp": 0,
    "reason": "",
    "left": 20,
    "low_stock": 20,
    "waiting": 0,
    "needed": 12,
    "mistaken_version": sample("rule_version"),
    "corrected_version": sample("rule_version"),
    "starts_at": SIGNED_UP,
    "ends_at": BOUGHT,
    "policy": "waive",
    "decisions": 12,
    "corrects": None,
    "digests": {"hold_days": "8527a891e224136950ff32ca212b45bc93f69fbb801c3b1ebedac52775f99e61"},
    "rule_version": sample("rule_version"),
    **{kind: sample(kind) for kind in ("link", "order", "reward", "rule", "payout_batch", "coupon", "correction")},
}
_REFUNDED = {"refunded_minor": 1400, "revenue_change_minor": -1296, "orders_change": 0, "refunded_change_minor": 1400}
_CREDITED = {"pending_minor": 0, "available_minor": 1000}
_NOTHING_LEFT = {"pending_minor": 0, "available_minor": 0}
_REVIEWED = {"friends_change": 0}
_BY_SUBJECT = {
    "claim": {
        "named_by": "word",
        "found": True,
        "refusal": "",
        "claimed_at": BOUGHT,
        "decide_by": _LATER,
        "referral": sample("referral"),
    },
    "order": {"status": "paid"},
    "testimonial": {"status": "published"},
    "payout": {"payout": sample("payout"), "kind": "manual"},
    "consent": {
        "channel": "email",
        "state": "confirmed",
        "basis": "consent",
        "wording_version": "newsletter-3",
        "source": "checkout",
        "counts": True,
    },
    "redemption": {"order": "1002", "state": "reserved", "expires_at": _LATER},
    "adjustment": {"kind": "given"},
    "rule_version": {"ends_at": None},
    "coupon": {"kind": "coupon", "order": None, "used_minor": 0},
}
_ALERT = {
    "alert": "link_burst",
    "about": sample("link"),
    "count": 1,
    "numbers": {"above": 100},
    "opened_at": BOUGHT,
}
_OF_TYPE = {
    "claim.opened": {"state": "open", "referral": None},
    "claim.decided": {"state": "accepted"},
    "customer.erased": {"identified": False},
    "customer.at_risk": {
        "alive_percent": 43,
        "expected_orders_e2": 125,
        "expected_value_minor": 6200,
        "advocate": True,
        "friends": 3,
    },
    "advocate.changed": {"status": "paused"},
    "link.changed": {"status": "disabled"},
    "terms.published": {"number": 2},
    "terms.accepted": {"number": 2, "source": "portal"},
    "alert.opened": _ALERT,
    "alert.closed": _ALERT,
    "alert.daily": {"day": "2026-11-22", "open": {"link_burst": 1, "review_queue": 3}},
    "link.burst": {"clicks": 412, "uses": 3, "above": 100},
    "testimonial.sent": {"status": "pending", "stands": False},
    "testimonial.withdrawn": {"status": "withdrawn", "stands": False},
    "order.changed": {"orders_change": 0, "revenue_change_minor": 0},
    "order.fulfilled": {"shipped_at": _LATER, "orders_change": 0, "revenue_change_minor": 0},
    "order.refunded": _REFUNDED,
    "conversion.adjusted": {"refunded_minor": 1400, "friends_change": 0},
    "conversion.held": _REVIEWED | {"advocate_review": "held", "risk_points": 50, "risk_checks": ["velocity"]},
    "conversion.released": _REVIEWED,
    "conversion.rejected": {"advocate_review": "rejected", "stands": False, "friends_change": -1},
    "reward.credited": _CREDITED,
    "reward.expiring": _CREDITED,
    "reward.prolonged": _CREDITED,
    "reward.reversed": _NOTHING_LEFT,
    "reward.expired": _NOTHING_LEFT,
    "payout.frozen": {"state": "frozen"},
    "payout.sent": {"state": "sent"},
    "payout.paid": {"state": "paid"},
    "payout.failed": {"state": "failed"},
    "payout.cancelled": {"state": "cancelled"},
    "payout.returned": {"state": "returned"},
    "redemption.confirmed": {"state": "confirmed"},
    "redemption.returned": {"state": "returned"},
    "redemption.reversed": {"state": "reversed", "reversed_minor": 1000},
    "rule.budget_exhausted": {"used_minor": 100000},
    "coupon.used": {"state": "used", "order": sample("order"), "used_minor": 1000},
    "coupon.revoked": {"state": "revoked", "reason": "taken_back"},
    "customer.merged": {"source": "api"},
    "customer.unmerged": {"source": "api"},
    "coupon.expired": {"state": "expired", "reason": "time"},
}
_FRED = {"id": sample("customer"), "external_id": "fred"}
_ALICE = {"id": sample("advocate"), "customer": sample("customer"), "external_id": "alice"}
# Whose events name the advocate and the friend.
_OF_BOTH = {"referral", "conversion", "order", "claim"}
_ABOUT_AN_ORDER = {"order", "conversion"}
_ABOUT_NOBODY = {"rule", "rule_version", "coupon_pool", "alert", "storefront"}


def example(name):
    """The body of a webhook of this type, with the mode ``example``."""
    kind = TYPES[name].subject
    return {
        "id": sample("event"),
        "type": name,
        "created_at": BOUGHT,
        "occurred_at": BOUGHT,
        "resource_version": 1,
        "mode": "example",
        "data": {
            "subject": sample(kind),
            "customer": None if kind in _ABOUT_NOBODY else _FRED,
            "program": None if kind in ("alert", "storefront") else sample("program"),
            "advocate": _ALICE if kind in _OF_BOTH or kind in ("advocate", "link") else None,
            "friend": _FRED if kind in _OF_BOTH else None,
            "order_external_id": "1001" if kind in _ABOUT_AN_ORDER else None,
            "facts": {fact: _fact(name, kind, fact) for fact in TYPES[name].facts},
        },
    }


def _fact(name, kind, fact):
    for said in (_OF_TYPE.get(name, {}), _BY_SUBJECT.get(kind, {}), _FACTS):
        if fact in said:
            return said[fact]
    raise KeyError(f"Give an example of the fact {fact} of {name} in config/event_examples.py.")
