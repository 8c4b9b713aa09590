"""Which proof sees that a column of rewards was changed behind the verbs' backs, column by column.

What a trigger or a constraint refuses needs no line: the test tries it. Here is what the audit recounts (``{table:
{check: columns}}``), and what nobody guards, with the reason.
"""

RECOUNTED = {
    "account": {"balances": "balance_minor", "transfers' accounts": "storefront kind customer unit form"},
    "counter": {"caps": "rule cap key period used", "closed periods": "closed_at"},
    "coupon": {"codes' states": "state reward payout customer used_minor"},
    "payee": {
        "payees": "storefront customer name country kind vat_id tax_form_since destination_print destination_end "
        "destination_changed_at",
        "sealed accounts": "destination",
    },
    "payout": {
        "payouts' states": "customer state",
        "payouts' destinations": "payee_name payee_country payee_vat_id destination_end",
        "sealed accounts": "destination destination_print",
    },
    "payoutbatch": {
        "batches' totals": "total_minor payouts_count waiting_count",
        "batches' states": "state",
    },
    "redemption": {"redemptions": "customer reversed_minor order_external_id state version"},
    "reward": {
        "copies in rewards": "storefront program rule side recipient advocate",
        "what was granted": "rule_version granted_minor",
        "rewards' amounts": "pending_minor available_minor reserved_minor spent_minor paid_minor expired_minor",
        "what was waived": "waived_minor",
        "what is owed": "subject",
        "rewards' states": "status",
        "transfers' accounts": "form unit version",
        "reviews": "reviewed",
        "holds": "due_at",
        "crediting": "credited_at",
        "rewards' expiry": "expires_at",
    },
    "rewardday": {
        "days of rewards": "program of day side unit granted_minor credited_minor expired_minor pending_minor "
        "owed_minor",
    },
    "rule": {"rule versions": "public_id program"},
    "subject": {
        "copies in subjects": "advocate friend customer",
        "subjects": "settled_version decisions_made",
    },
}
_SETTING = "What staff entered, for what comes; nothing that was decided reads it."
_SHOWN = "Only shown; who reads it asks the events or transfers for what counts."
_TOLD = "Whether something was told; at worst it is told again or not at all."
_NUMBER = "Numbers events: one that is taken is refused, and the newest event then tells of another row."
_WITHHELD = "It can only withhold: what it waits for is asked again when it comes."
_THEIRS = "Of a shop's own account, whose entries the shop keeps; the ledger follows those alone that are redemptions."
_BEFORE = "Of a friend before anybody knows them; what followed from it stands in the referral."
FREE = {
    "correction": {"ended_at": _SHOWN},
    "counter": {
        "warned_limit": _TOLD,
        "exhausted_limit": _TOLD,
    },
    "coupon": {
        "assigned_at": _SHOWN,
        "link": _BEFORE,
        "visit": _BEFORE,
        "visitor": _BEFORE,
        "expires_at": "Of a reward's code the reward's counts; of a payout's the audit compares it.",
        "used_at": _SHOWN,
        "order_reference": _SHOWN,
        "order_undone_at": _SHOWN,
        "shop_reference": "A second name to find it by; the code itself is the first.",
        "version": _NUMBER,
    },
    "couponpool": dict.fromkeys(
        "public_id storefront program name kind source amount_minor currency percent_bp prefix code_length low_stock "
        "expiry_days connection minimum_minor most_uses created_at".split(),
        _SETTING,
    )
    | {"low_since": _TOLD, "version": _NUMBER},
    "couponupload": dict.fromkeys(("public_id", "pool", "codes", "created_at"), "On its way into a pool by a job."),
    "payee": {"destination_kind": _SHOWN, "recorded_at": _SHOWN},
    "payout": {
        "waits_for": "Of who is not paid in this batch: nothing of theirs has moved.",
        "numbers": _SHOWN,
        "reference": _SHOWN,
        "failure": _SHOWN,
        "paid_at": "Empty until the bank has said so; then a trigger keeps it.",
        "ended_at": _SHOWN,
        "version": _NUMBER,
    },
    "payoutbatch": {
        "exported_at": _SHOWN,
        "ended_at": _SHOWN,
    },
    "payoutpolicy": dict.fromkeys(
        "public_id storefront program currency kind pool minimum_minor schedule day payer_name payer_iban seen_day "
        "created_at".split(),
        _SETTING,
    ),
    "previeweduse": dict.fromkeys(
        ("correction", "rule", "cap", "key", "period", "number"),
        "While a job works out a difference; thrown away then.",
    ),
    "rate": {
        "source": "Each decision keeps the source it was told.",
        "recorded_at": _SHOWN,
        "quiet_since": _WITHHELD,
        "served": _WITHHELD,
    },
    "redemption": {
        "reserved_until": "Until then it is the customer's either way.",
        "confirmed_at": _SHOWN,
        "ended_at": _SHOWN,
    },
    "reward": {
        "public_id": "A name; its events then tell of no reward.",
        "waits_for_code": _WITHHELD,
        "waits_for_advocate": _WITHHELD,
        "created_at": _SHOWN,
        "reminded_at": _TOLD,
    },
    "rule": dict.fromkeys(("name", "status", "created_at"), _SETTING) | {"version": _NUMBER},
    "shopcredit": dict.fromkeys("storefront connection customer unit given_minor told_minor".split(), _THEIRS),
    "shopcreditmove": dict.fromkeys("public_id credit amount_minor seen reference begun_at done_at".split(), _THEIRS),
    "subject": {"waits_for": _WITHHELD},
    "taxlimit": dict.fromkeys(("storefront", "country", "currency", "yearly_limit_minor"), _SETTING),
}
