"""Why something was not given, or not yet: stable keys, each with a text for staff and one for the advocate. Pure.

The staff text may name every number it was decided by. The advocate's text holds nothing that is the friend's own, no
amount of an order, no date, no product, no country, not even that one of them was the reason; only what the program
asks of everybody. Keys are part of the API: adding is allowed, renaming is not.
"""

import re
from dataclasses import dataclass

from advocacy import money


@dataclass(frozen=True)
class Reason:
    staff: str
    advocate: str


_GENERAL = "This one does not count under the program’s terms."

REASONS = {
    "no_attribution": Reason(
        "Nobody brought this customer: no code, coupon or click of an advocate came with it.", _GENERAL
    ),
    "unknown_code": Reason(
        "Nobody brought this customer: it came with the code “{code}”, which no advocate has.", _GENERAL
    ),
    "unknown_invitation": Reason(
        "Nobody brought this customer: it came with the invitation “{code}”, which is no code of an advocate’s link.",
        _GENERAL,
    ),
    "unknown_click": Reason(
        "Nobody brought this customer: it came with a click that is not known here, or no more.", _GENERAL
    ),
    "outside_window": Reason(
        "The click came more than {days} days before; the program’s window is {window_days} days.",
        "A visit counts for a limited time only.",
    ),
    "claim_too_late": Reason(
        "The order was placed more than {days} days before the friend was missed; the program takes {threshold} days.",
        "A friend can be named for a limited time after they ordered.",
    ),
    "claim_refused": Reason(
        "Somebody looked into it and refused it.",
        "This one does not count under the program’s terms.",
    ),
    "claim_not_decided": Reason(
        "Nobody decided it by {day}.",
        "We could not confirm it in time, so it does not count. If you think that it should, write to us.",
    ),
    "late_code_over": Reason(
        "The order was placed more than {days} days before the code was entered; the program takes {threshold} days.",
        "A code can be entered for a limited time after the order.",
    ),
    "came_too_late": Reason(
        "The click or invitation came after the order or sign-up ({days} days later) ({minutes} minutes later), so it "
        "cannot have brought it.",
        "A visit or an invitation counts only for what comes after it.",
    ),
    "attributed_to_other": Reason(
        "This friend had been brought by another advocate before.", "Each friend counts for one advocate only."
    ),
    "existing_customer": Reason(
        "The friend was a customer before ({orders} earlier orders).", "The program is for new customers."
    ),
    "before_binding": Reason(
        "The order was placed before its customer was brought.", "Only orders after joining count."
    ),
    "imported_history": Reason(
        "An import told of it as an order of the past: those earn nothing.", "Only orders after joining count."
    ),
    "self_referral": Reason("Advocate and friend are the same person.", "Your own orders do not count."),
    "order_unpaid": Reason("The order is not paid yet.", "Waiting until the order is complete."),
    "wholly_refunded": Reason("The order was wholly refunded.", "The order was returned."),
    "order_cancelled": Reason("The order was cancelled.", "The order was cancelled."),
    "below_minimum": Reason(
        "Order {input}, minimum {threshold}.",
        "This order was below the offer’s minimum of {threshold}. The next one can still count.",
    ),
    "above_maximum": Reason(
        "Order {input}, maximum {threshold}.",
        "This order was above the offer’s maximum of {threshold}. The next one can still count.",
    ),
    "wrong_currency": Reason(
        "The order is in {input}; the program pays in {threshold}.",
        _GENERAL,
    ),
    "rate_missing": Reason("No exchange rate for {input} on that day.", "This one is still being worked out."),
    "not_first_order": Reason(
        "Not this friend’s first order that counts: once per friend.",
        "The program pays for a friend’s first order only.",
    ),
    "first_order_taken": Reason(
        "While this order was given back, the reward for a first order, which is paid once per friend, went to another "
        "order of the friend; what became of it is told there.",
        "The reward for this friend’s first order went to another order of theirs; what became of it is told there.",
    ),
    "first_order_excluded": Reason(
        "The customer’s first order; the rule is for later ones.", "The program pays for later orders only."
    ),
    "new_customer_excluded": Reason(
        "The friend is a new customer; the rule is for customers from before.",
        "This offer is for friends who had bought before.",
    ),
    "limit_of_orders_reached": Reason(
        "Order no. {input} of this friend; the rule takes up to {threshold}.",
        "The program pays for a limited number of orders of a friend.",
    ),
    "too_few_orders": Reason(
        "{input}; the rule asks for {threshold}: it is for later orders.", "The program pays for later orders only."
    ),
    "duration_over": Reason(
        "The time in which orders count is over.", "The time in which this friend’s orders count is over."
    ),
    "product_excluded": Reason("No product of the order is in the offer.", _GENERAL),
    "coupon_not_used": Reason("The coupon was not used.", _GENERAL),
    "country_excluded": Reason("Country {input} is not in the offer.", _GENERAL),
    "channel_excluded": Reason("Channel {input} is not in the offer.", _GENERAL),
    "not_in_segment": Reason("Not in the segment.", _GENERAL),
    "not_in_tier": Reason("Not in the tier.", _GENERAL),
    "not_in_variant": Reason("Not in this variant of the experiment.", _GENERAL),
    "method_excluded": Reason("The friend came by {input}.", _GENERAL),
    "metadata_mismatch": Reason("The order’s metadata does not match.", _GENERAL),
    "too_late_after_signup": Reason(
        "{input} days after joining; the rule allows {threshold}.", "Only orders soon after joining count."
    ),
    "too_soon_after_signup": Reason(
        "{input} days after joining; the rule asks for {threshold}.", "Only orders some time after joining count."
    ),
    "rating_too_low": Reason("{input}; the rule asks for {threshold}.", _GENERAL),
    "answer_excluded": Reason("The answer {input} is not in the offer.", _GENERAL),
    "event_excluded": Reason("The event “{input}” is not in the offer.", _GENERAL),
    "status_excluded": Reason("Status {input} is not in the offer.", _GENERAL),
    "cap_reached": Reason(
        "The cap is reached ({input} of {threshold} {span}).", "You have reached the most that the program pays."
    ),
    "budget_exhausted": Reason(
        "The budget is used up ({input} of {threshold} {span}).", "The program’s budget is used up for now."
    ),
    "link_limit_reached": Reason(
        "The link’s number of uses is reached.", "This link has been used as often as it may be."
    ),
    "link_disabled": Reason("The link is disabled.", "This link is switched off."),
    "link_expired": Reason("The link had expired.", "This link had expired."),
    "in_hold": Reason("Held until {due}.", "Waiting until the return period ends."),
    "awaiting_delivery": Reason(
        "Waiting for the delivery; without one it counts from the payment.", "Waiting until it has arrived."
    ),
    "fraud_hold": Reason("Held for review.", "This one takes a little longer."),
    "fraud_rejected": Reason("Rejected in review.", _GENERAL),
    "refunded": Reason("{refunded} of {basis} was refunded.", "The order, or a part of it, was returned."),
    "order_corrected": Reason(
        "The order was corrected (from {first} to {basis}).", "The order was changed after it was placed."
    ),
    "withdrawn": Reason("It was withdrawn, or does not stand any more.", "This one was taken back."),
    "duplicate": Reason("Recorded before.", "Counted before."),
    "program_paused": Reason("The program was paused.", "The program is paused."),
    "program_ended": Reason("The program had ended.", "The program has ended."),
    "advocate_paused": Reason("The advocate is paused.", "Your participation is paused. Write to us to go on."),
    "advocate_erased": Reason("The advocate was erased.", "You no longer take part in this program."),
    "advocate_banned": Reason("The advocate is banned.", "You no longer take part in this program."),
    "terms_not_accepted": Reason("The program’s terms are not accepted.", "Accept the program’s new terms to be paid."),
    "tax_form_missing": Reason("The tax form is missing.", "We need your tax form before we can pay."),
    "minimum_payout": Reason("Below the minimum payout of {threshold}.", "Paid out from {threshold}."),
    "payee_missing": Reason(
        "Nobody said where to pay it.", "Tell us where to send your money, and it comes with the next payout."
    ),
    "payee_changed": Reason(
        "The destination was changed less than 3 days before.",
        "You changed where your money goes: to keep it safe, payouts wait for 3 days.",
    ),
    "payee_name_unwritable": Reason(
        "A bank file cannot spell the payee’s name, or it is too long.",
        "Our bank cannot read the name of your account’s holder. Write it as it stands on your bank card.",
    ),
    "payee_outside_sepa": Reason(
        "The account is in a country outside SEPA.",
        "We pay to bank accounts in SEPA only. Give us another account, and it comes with the next payout.",
    ),
    "milestone_not_reached": Reason("{input} of {threshold} friends.", "{input} of {threshold} friends so far."),
    "rule_not_in_force": Reason("The rule was not in force then.", "The offer was not open then."),
    "lost_to_priority": Reason("Another rule paid instead (“{rule}”).", "Another offer paid instead."),
    "pool_empty": Reason("No code is left; it is served when codes are added.", "Your code is on its way."),
    "coupon_not_assigned": Reason("The code is in stock: nobody has it yet.", "This code is nobody’s yet."),
    "coupon_not_yours": Reason("The code belongs to another customer.", "This code is somebody else’s."),
    "coupon_used": Reason("The code was used on {used}.", "This code is used up."),
    "coupon_expired": Reason("The code expired on {expired}.", "This code is no longer valid."),
    "coupon_revoked": Reason("The code was taken back.", "This code was taken back."),
    "lost_to_precedence": Reason("A stronger or more recent sign named another link.", _GENERAL),
    "zero_amount": Reason("The benefit comes to 0.", "The reward came to nothing for this order."),
    "test_mode": Reason("Test data.", "Test data."),
}


_UNKNOWN = re.compile(r" \([^()]*\?[^()]*\)")


class _Numbers(dict):
    def __missing__(self, name):
        return "?"


def staff(key, **numbers):
    # What is said in brackets is left out where its number is not known.
    return _UNKNOWN.sub("", REASONS[key].staff.format_map(_Numbers(numbers)))


def advocate(key, **numbers):
    return REASONS[key].advocate.format_map(_Numbers(numbers))


def of_check(check, *, unit):
    """A check's numbers as people read them: money with its currency, lists with commas."""
    is_money = check["field"].endswith("_minor")
    shown = {name: check[name] for name in ("input", "threshold")}
    if is_money:
        return {name: money.plain(value, unit) for name, value in shown.items() if value is not None}
    return {name: ", ".join(value) if isinstance(value, list | tuple) else value for name, value in shown.items()}
