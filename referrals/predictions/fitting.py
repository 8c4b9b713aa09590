"""The models of a night."""

from referrals.measures import purchases, spending
from referrals.models import Fit
from referrals.predictions import histories

# A curve through fewer says more of chance than of customers.
FEWEST, FEWEST_BACK = 100, 20


def fit(*, storefront, day, at):
    """The storefront's Fit of this day, saved; without a model it says why."""
    histories.make_room()
    known = histories.alike(storefront=storefront, day=day)
    customers, back = int(known["number"].sum()), int(known["number"][known["repeats"] > 0].sum())
    row = Fit(storefront=storefront, day=day, fitted_at=at, customers=customers, repeat_customers=back)
    if customers < FEWEST or back < FEWEST_BACK:
        row.reason = (
            f"{customers:,} customers bought, {back:,} of them on a second day. It takes {FEWEST} and {FEWEST_BACK} to "
            "tell habit from chance."
        )
    else:
        _how_often(row, known)
    if not row.reason:
        _how_much(row, storefront)
    row.save()
    return row


def _how_often(row, known):
    found = purchases.fit(known["repeats"], known["recency"], known["age"], weights=known["number"])
    row.reason, row.steps, row.log_likelihood = found.reason, found.steps, found.log_likelihood
    if found.model:
        row.r, row.alpha, row.a, row.b = found.model.r, found.model.alpha, found.model.a, found.model.b


def _how_much(row, storefront):
    known = histories.spent_alike(storefront=storefront)
    found = spending.fit(known["repeats"], known["spent"] / known["repeats"], weights=known["number"])
    row.spend_reason, row.together, row.warning = found.reason, found.together, found.warning
    if found.model:
        row.p, row.q, row.v = found.model.p, found.model.q, found.model.v
