"""Every number of a program, defined once: its sentence, its two ends, and by what it can be grouped."""

from dataclasses import dataclass

CUTS = ("channel", "link", "advocate", "segment")
TIMES = ("day", "week", "month")
GROUPS = (*CUTS, *TIMES)
VIEWS = {
    "calendar": "Everything counts on the day on which it happened.",
    "cohort": "Counts by the day of the step before, and what became of it until now.",
}
# Whoever came by a click has so long to buy until their days are called mature.
FOLLOWED_DAYS = 90

COUNTS = {
    "clicks": "Clicks on links: one per link, visitor and hour; robots and previews are left out.",
    "visitors": "Visitors who clicked, told apart within one day of UTC (not longer), on the day of their first click.",
    "shown": "Advocates who saw a place to share from in the period.",
    "sharers": "Advocates who shared in the period.",
    "active": "Advocates who shared, or on whose links somebody clicked, in the period.",
    "advocates_enrolled": "Customers who joined the program as advocates in the period.",
    "advocates": "Customers who had joined the program as advocates by the period's end.",
    "referrals": "Friends bound to an advocate by a sign-up or an order.",
    "converted_referrals": "Friends whose first conversion, of those neither rejected nor wholly refunded, "
    "was in the period.",
    "conversions": "Paid orders of referred friends, without those rejected or wholly refunded.",
    "refunded_conversions": "Conversions left out because they were wholly refunded or cancelled.",
    "rejected_conversions": "Conversions left out because a review rejected them.",
    "orders": "Paid orders of the whole storefront, referred or not, by the time they were placed.",
    "referred_orders": "Of the orders, those that are a conversion in this program which was not rejected.",
    "new_customers": "Customers of the whole storefront whose first paid order was placed in the period.",
    "referred_new_customers": "Of the new customers, those whose first order is one of the referred orders.",
}
# What became until now of those of the period's days: the ends of rates in the cohort view.
COHORTS = {
    "bound_of_clicked": "Friends bound until now by a click of the period.",
    "converted_of_clicked": "Friends converted until now who were bound by a click of the period.",
    "converted_of_bound": "Friends bound in the period who are converted until now.",
    "converted_of_enrolled": "Friends converted until now whose advocates joined in the period.",
}
REVENUE = "What conversions brought: after discounts and refunds, before tax and shipping, in the program's currency."

# Of these there is one number for the whole storefront or program: a part of a day shows it as it is.
WHOLE = ("orders", "new_customers")
# Of clicks, which are kept for a while only; days that were counted in time keep these numbers.
OF_CLICKS = ("clicks", "visitors", "active")
# Distinct over the period, however many of its days they are in.
DISTINCT = ("shown", "sharers", "active")


@dataclass(frozen=True)
class Metric:
    """``groups``: by what it can be grouped. ``cohort``: its ends in that view. ``rolling``: always of 30 days."""

    id: str
    sentence: str
    numerator: str
    denominator: str
    groups: tuple = GROUPS
    cohort: tuple | None = None
    rolling: bool = False
    # The cohort view is mature so many days after its last day; None: after the program's window for clicks.
    followed: int | None = FOLLOWED_DAYS


METRICS = {
    each.id: each
    for each in (
        Metric(
            "share_rate",
            "Advocates who shared ÷ advocates who saw a place to share from.",
            "sharers",
            "shown",
            groups=("channel", "link", "advocate", *TIMES),
        ),
        Metric(
            "participation_rate",
            "Advocates who shared or were clicked in the period ÷ advocates enrolled until its end.",
            "active",
            "advocates",
            groups=TIMES,
        ),
        Metric(
            "click_to_signup",
            "Friends bound to an advocate ÷ visitors who clicked.",
            "referrals",
            "visitors",
            groups=("channel", "link", "advocate", *TIMES),
            cohort=("bound_of_clicked", "visitors"),
            followed=None,
        ),
        Metric(
            "signup_to_conversion",
            "Friends converted ÷ friends bound to an advocate.",
            "converted_referrals",
            "referrals",
            cohort=("converted_of_bound", "referrals"),
        ),
        Metric(
            "click_to_conversion",
            "Friends converted ÷ visitors who clicked.",
            "converted_referrals",
            "visitors",
            groups=("channel", "link", "advocate", *TIMES),
            cohort=("converted_of_clicked", "visitors"),
        ),
        Metric(
            "acquisition_rate",
            "Friends converted in the period ÷ advocates enrolled until its end.",
            "converted_referrals",
            "advocates",
            groups=TIMES,
            cohort=("converted_of_enrolled", "advocates_enrolled"),
        ),
        Metric(
            "referral_rate_orders",
            "Orders by referred friends ÷ all orders of the storefront, of the 30 days that end with the period.",
            "referred_orders",
            "orders",
            rolling=True,
        ),
        Metric(
            "referral_rate_customers",
            "New customers whose first order a referred friend placed ÷ all new customers of the storefront.",
            "referred_new_customers",
            "new_customers",
        ),
        Metric(
            "time_to_conversion",
            "Median time from the click to the first conversion, of friends converted in the period who had clicked.",
            "times",
            "times",
        ),
    )
}
TIME = "time_to_conversion"

# Why there is no value, by the denominator that is missing.
NOTHING = {
    "shown": "No advocate was shown a place to share from.",
    "advocates": "Nobody had joined as an advocate.",
    "advocates_enrolled": "Nobody joined as an advocate.",
    "visitors": "Nobody clicked.",
    "referrals": "No friend was bound to an advocate.",
    "orders": "There was no order.",
    "new_customers": "There was no new customer.",
    "times": "No friend who had clicked was converted.",
}
EXCEEDS = "More came than took the step before, so this is no share and has no interval."
NO_STEP_BEFORE = "No step comes before it by whose day it could count; see the calendar view."


def uncut(metric, group_by):
    """Why it has no value in such a group, or an empty text."""
    if group_by is None or group_by in metric.groups:
        return ""
    possible = ", ".join(metric.groups)
    return f"It cannot be grouped by {group_by}: {metric.denominator} are not told apart so. Possible: {possible}."
