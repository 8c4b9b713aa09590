"""What lifetime values are, in words, and one order's part of them in SQL."""

DEFINITION = (
    "Mean revenue of a customer in the days after their first order, less refunds, of customers at least that many "
    "whole days old; orders in the storefront's own currency, paid and not cancelled."
)
MATCHED = (
    "The difference between referred and other customers who began alike: in the same month, with a first order of "
    "about the same revenue, in the same segment; weighted by the referred ones."
)

# An order's revenue less its refunds at the order's own rate, revenue × (total − refunded) ÷ total, rounded half up
# in whole numbers: a division in decimals could round twice.
REVENUE_KEPT = """
    CASE placed.total_minor WHEN 0 THEN placed.revenue_minor ELSE div(
        2 * placed.revenue_minor::numeric * (placed.total_minor - placed.refunded_minor) + placed.total_minor,
        2 * placed.total_minor::numeric
    ) END
    """

_NOT_REFERRED = "all customers whom no friend brought"
# By what values may be cut, and whom each part is compared with.
COMPARED_WITH = {
    "program": f"Friends brought to the program, and {_NOT_REFERRED}.",
    "advocate": f"Friends whom the advocate brought, and {_NOT_REFERRED}.",
    "channel": "Customers acquired by the channel, and those acquired by all others.",
    "segment": "Of the customers who were in the segment at their first order, those a friend brought and the others.",
    "cohort": "Of the customers whose first order was in the month, those a friend brought and the others.",
}


def too_few(group, others, days, *, nobody, words):
    """Why two groups cannot be compared; ``words``: what both are called."""
    if nobody:
        return "Nobody has bought yet: values begin with the first order that is paid."
    return (
        f"{group} {words[0]} and {others} {words[1]} customers are {days} days old or older; it takes 2 of each to "
        "compare."
    )


NO_RATIO = "The others’ orders were all refunded or cost nothing, so there is no ratio to them."


def unmatched(matched, days, *, compared):
    """Why there is no matched difference, or no interval of it."""
    if not compared:
        return "Referred customers are matched with others; of channels only the plain difference is known."
    if matched.difference is None:
        return (
            f"No referred customer who is {days} days old has a counterpart: somebody else who began in the same "
            "month, with about the same revenue, in the same segment."
        )
    if matched.interval is None:
        return "In every stratum one side has a single customer, which says nothing of how much they vary."
    return None
