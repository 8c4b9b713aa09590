"""What is watched for staff. A new check is one file and one line; see ``advocacy.alerts``."""

from config.alerts import audits, bursts, late, payouts, reviews, silence, spending, stock, stuck, webhooks, weekly

CHECKS = (
    audits.CHECK,
    *stuck.CHECKS,
    late.CHECK,
    silence.SILENT,
    silence.REFUSED,
    silence.ASKING,
    webhooks.CHECK,
    spending.CHECK,
    stock.CHECK,
    payouts.CHECK,
    reviews.REVIEWS,
    reviews.CLAIMS,
    bursts.CHECK,
    weekly.CHECK,
)
