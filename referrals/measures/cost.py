"""What the program costs, and what is had for it. Amounts are of one currency, in one unit."""

from dataclasses import dataclass
from statistics import fmean

from advocacy.measures.intervals import rate

# Fewer months say nothing of how returns move together.
MONTHS = 12


def acquisition_cost(*, rewards, incentives, fees, program, friends):
    """Referral CAC: (advocates' rewards + friends' incentives + payout fees + program cost) ÷ converted friends."""
    return rate(rewards + incentives + fees + program, friends)


def return_on_investment(margin, cost):
    """(margin of referred orders in the horizon − cost) ÷ cost."""
    return rate(margin - cost, cost)


def forecast(pending, *, credited, decided):
    """Of pending rewards what will be owed: pending · the share of earlier pending ones that was credited."""
    share = rate(credited, decided)
    return None if share is None else pending * share


def earned_growth(*, returning, earned, last_year):
    """Earned growth rate (Reichheld, Darnell and Burns 2021) as a share: NRR + ENC − 1.

    NRR = this year's revenue of last year's customers (``returning``) ÷ last year's revenue; ENC = revenue of new
    referred customers (``earned``) ÷ last year's revenue.
    """
    return rate(returning + earned - last_year, last_year)


@dataclass(frozen=True)
class Risk:
    """``reason`` says why the others are None; ``expected`` and ``alpha`` are returns of a month, as shares."""

    beta: float | None
    expected: float | None
    alpha: float | None
    reason: str = ""


def monthly_return(margin, cost):
    """margin ÷ cost − 1 of a channel's month."""
    return rate(margin - cost, cost)


def risk(channel, market, *, free=0.0):
    """A channel's monthly returns against those of all channels together (capital asset pricing, Sharpe 1964).

    β = cov(r_c, r_m) ÷ var(r_m); expected = r_f + β · (mean r_m − r_f); α = mean r_c − expected. Months in which
    either is None are left out.
    """
    months = [(own, whole) for own, whole in zip(channel, market, strict=True) if own is not None and whole is not None]
    if len(months) < MONTHS:
        return Risk(None, None, None, f"It takes {MONTHS} months with costs; there are {len(months)}.")
    own, whole = fmean(each[0] for each in months), fmean(each[1] for each in months)
    spread = sum((each[1] - whole) ** 2 for each in months)
    # Equal returns may differ by a hair of their mean, which is no exact number.
    if spread <= len(months) * (1e-12 * (1 + abs(whole))) ** 2:
        return Risk(None, None, None, "The return of all channels together is the same in every month.")
    beta = sum((one - own) * (two - whole) for one, two in months) / spread
    expected = free + beta * (whole - free)
    return Risk(beta, expected, own - expected)
