"""The admin's sidebar, grouped as people think, with the counts of what waits for somebody."""

import functools

from django.db import connection
from django.db.models import Q
from django.urls import reverse

from advocacy import alerts
from advocacy.models import Errand, Pending, Testimonial, TestimonialStatus, WebhookEndpoint
from config import fraud_effect, why
from config.exports import page as exports
from config.measured import page as measured
from referrals.models import (
    Claim,
    ClaimState,
    InboundMessage,
    InboundState,
    PrivacyRequest,
    PrivacyState,
    ReviewCase,
)
from rewards.admin import journal
from rewards.models import (
    BatchState,
    Correction,
    CorrectionState,
    CouponPool,
    LimitChange,
    LimitChangeState,
    PayoutBatch,
)

# What a badge shows at most; counting further helps nobody.
MANY = 99

GROUPS = {
    "Program": [
        ("Programs", "campaign", "advocacy.program"),
        ("Rules", "rule", "rewards.rule"),
        ("Terms", "contract", "advocacy.programterms"),
        ("Testimonials", "format_quote", "advocacy.testimonial"),
        ("Mentions", "hearing", "advocacy.mention"),
        ("Words of mails", "edit_note", "advocacy.mailwording"),
    ],
    "People": [
        ("Advocates", "diversity_3", "advocacy.advocate"),
        ("Referrals", "handshake", "referrals.referral"),
        ("Missing friends", "person_search", "referrals.claim"),
        ("Links", "link", "referrals.link"),
        ("Past buyers", "group_add", "referrals.pastbuyers"),
        ("Customers", "group", "advocacy.customer"),
        ("Agreed to terms", "task", "advocacy.termsacceptance"),
        ("Consents", "fact_check", "advocacy.consent"),
        ("Not written to", "unsubscribe", "advocacy.suppression"),
        ("Merges", "merge", "advocacy.merge"),
        ("Privacy requests", "privacy_tip", "referrals.privacyrequest"),
    ],
    "Money": [
        ("Orders", "shopping_bag", "referrals.order"),
        ("Conversions", "task_alt", "referrals.conversion"),
        ("Review queue", "policy", "referrals.reviewcase"),
        ("Waiting for orders", "hourglass_empty", "referrals.waitingfact"),
        ("Rewards", "redeem", "rewards.reward"),
        ("Coupon pools", "confirmation_number", "rewards.couponpool"),
        ("Coupons", "local_activity", "rewards.coupon"),
        ("Payouts", "payments", "rewards.payoutbatch"),
        ("Every payout", "receipt_long", "rewards.payout"),
        ("Payees", "person_pin", "rewards.payee"),
        ("Wallets", "account_balance_wallet", "rewards.wallet"),
        ("Redemptions", "shopping_cart_checkout", "rewards.redemption"),
        ("Adjustments", "tune", "rewards.adjustment"),
        ("Accounts", "account_balance", "rewards.account"),
        ("Transfers", "swap_horiz", "rewards.transfer"),
    ],
    "What happened": [
        ("Decisions", "gavel", "rewards.decision"),
        ("Corrections", "undo", "rewards.correction"),
        ("Events", "event_note", "advocacy.event"),
        ("Jobs", "hourglass_top", "advocacy.job"),
        ("Deliveries", "outbox", "advocacy.delivery"),
        ("Mails", "mail", "advocacy.mail"),
        ("Told to shops", "storefront", "advocacy.errand"),
        ("Imports", "upload_file", "referrals.import"),
        ("Platform messages", "move_to_inbox", "referrals.inboundmessage"),
        ("Waiting and stuck", "pending_actions", "advocacy.pending"),
        ("Done in the admin", "history", "admin.logentry"),
    ],
    "Set-up": [
        ("Storefronts", "storefront", "advocacy.storefront"),
        ("Fraud checks", "shield", "referrals.fraudprogram"),
        ("Exchange rates", "currency_exchange", "rewards.rate"),
        ("Channel costs", "sell", "referrals.channelcost"),
        ("Payout policies", "event_repeat", "rewards.payoutpolicy"),
        ("Second person", "supervisor_account", "rewards.limitchange"),
        ("Tax limits", "request_quote", "rewards.taxlimit"),
        ("API keys", "key", "advocacy.apikey"),
        ("Connections", "cable", "advocacy.connection"),
        ("Webhook endpoints", "webhook", "advocacy.webhookendpoint"),
        ("Staff", "badge", "auth.user"),
        ("Groups", "shield_person", "auth.group"),
    ],
}
WAITING = {
    "referrals.claim": lambda: Claim.objects.filter(state=ClaimState.OPEN),
    "advocacy.testimonial": lambda: Testimonial.objects.filter(status=TestimonialStatus.PENDING),
    "rewards.payoutbatch": lambda: PayoutBatch.objects.filter(state=BatchState.DRAFT),
    "rewards.correction": lambda: Correction.objects.filter(state=CorrectionState.PROPOSED),
    "rewards.limitchange": lambda: LimitChange.objects.filter(state=LimitChangeState.OPEN),
    "rewards.couponpool": lambda: CouponPool.objects.filter(low_since__isnull=False),
    "advocacy.webhookendpoint": lambda: WebhookEndpoint.objects.filter(
        Q(status="disabled") | Q(failing_since__isnull=False), removed_at=None
    ),
    "advocacy.errand": lambda: Errand.objects.filter(~Q(failure=""), state__in=("waiting", "failed")),
    "referrals.inboundmessage": lambda: InboundMessage.objects.filter(state=InboundState.FAILED),
    "referrals.privacyrequest": lambda: PrivacyRequest.objects.filter(state=PrivacyState.OPEN),
    "referrals.reviewcase": lambda: ReviewCase.objects.filter(waiting=True),
    "advocacy.pending": lambda: Pending.objects.filter(stuck_at__isnull=False),
}


def sidebar(request):
    """What this person may see, and nothing else."""
    seen = {title: _allowed(request.user, entries) for title, entries in GROUPS.items()}
    waiting = _waiting(tuple(model for entries in seen.values() for _, _, model in entries if model in WAITING))
    groups = [_group(title, entries, waiting) for title, entries in seen.items()]
    groups[0]["items"].insert(0, {"title": "Overview", "icon": "space_dashboard", "link": reverse("admin:index")})
    if request.user.has_perm(measured.MAY_SEE):
        groups[0]["items"].insert(1, {"title": "Metrics", "icon": "monitoring", "link": reverse("admin:metrics")})
    if alerts.kinds_of(request.user):
        groups[0]["items"].insert(1, _alerts(request))
    if request.user.has_perms(why.MAY_SEE):
        groups[3]["items"].insert(0, {"title": "Why?", "icon": "help", "link": reverse("admin:why")})
    if exports.allowed(request.user):
        groups[3]["items"].append({"title": "Exports", "icon": "download", "link": reverse("admin:exports")})
    if request.user.has_perms(fraud_effect.MAY_SEE):
        groups[3]["items"].append({"title": "Effect of the checks", "icon": "insights", "link": reverse("admin:fraud")})
    if request.user.has_perms(journal.MAY_SEE):
        groups[2]["items"].append({"title": "Journal", "icon": "menu_book", "link": reverse("admin:journal")})
    return groups


def account(request):
    """What a person may do with their own account."""
    mine = [{"title": "My alerts", "link": reverse("admin:my_alerts")}] if alerts.kinds_of(request.user) else []
    return [
        *mine,
        {"title": "Second factor", "link": reverse("mfa_index")},
        {"title": "Change password", "link": reverse("account_change_password")},
    ]


def _alerts(request):
    item = {"title": "Alerts", "icon": "notifications", "link": reverse("admin:advocacy_alert_changelist")}
    waiting = alerts.seen_by(request.user).filter(closed_at=None).order_by()[: MANY + 1].count()
    return item | _badge(waiting)


def _badge(waiting):
    return {"badge": f"{MANY}+" if waiting > MANY else waiting, "badge_variant": "warning"} if waiting else {}


def _group(title, entries, waiting):
    return {"title": title, "items": [_item(*entry, waiting.get(entry[2])) for entry in entries]}


def _item(title, icon, model, waiting):
    item = {"title": title, "icon": icon, "link": reverse("admin:{}_{}_changelist".format(*model.split(".")))}
    return item | _badge(waiting)


def _allowed(user, entries):
    return [entry for entry in entries if user.has_perm("{}.view_{}".format(*entry[2].split(".")))]


def _waiting(models):
    """``{model: how many of its rows wait, up to ``MANY`` + 1}``, by one statement: every page of the admin asks."""
    if not models:
        return {}
    statement, values = _count(models)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return dict(zip(models, cursor.fetchone(), strict=True))


@functools.cache
def _count(models):
    counts, values = [], []
    for model in models:
        rows, theirs = WAITING[model]().order_by().values("pk")[: MANY + 1].query.sql_with_params()
        counts.append(f"(SELECT count(*) FROM ({rows}) waiting)")  # noqa: S608 - Django's own statement
        values += theirs
    return "SELECT " + ", ".join(counts), values
