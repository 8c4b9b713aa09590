"""What is true of the store. Pure."""

from dataclasses import asdict, dataclass
from decimal import Decimal

_LEAST_RATE, _STEP = Decimal("0.90"), Decimal("0.0005")


@dataclass(frozen=True)
class Truth:
    """Times in days, money in minor units. People buy as BG/NBD says and spend as Gamma-Gamma says."""

    customers: int = 1000
    seed: int = 1
    days: int = 730
    # How often: purchases a day of one customer are gamma (r, alpha), the chance to leave after each beta (a, b).
    r: float = 0.8
    alpha: float = 50.0
    a: float = 0.9
    b: float = 3.0
    # How much: an order is gamma (p, nu), nu of one customer gamma (q, v).
    p: float = 6.0
    q: float = 4.0
    v: float = 2500.0
    # Of referred customers, times as often and as much as of others: 1 is no uplift.
    more_often: float = 1.25
    more_spent: float = 1.0
    # The way of a friend: from the advocate's share to an order.
    advocates: float = 0.35  # customers who become advocates
    shares: float = 4.0  # of an advocate, a mean
    visitors: float = 2.0  # of a share, a mean
    signs_up: float = 0.075  # of the visitors
    refunded: float = 0.03  # of the orders, half of each
    # Advocates of the segment loyal, and who buys of the friends who signed up by one of them, or by another.
    loyal: float = 0.25
    buys_by_loyal: float = 0.75
    buys_by_others: float = 0.55
    # By what advocates share, and how those come whom no friend brought: parts of all.
    shared_by: tuple = (("whatsapp", 0.5), ("email", 0.3), ("copy", 0.2))
    came_by: tuple = (("paid_search", 0.4), ("organic_search", 0.35), ("email", 0.25))
    # What a new customer of a channel costs, noted by month.
    costs: tuple = (("paid_search", 1200), ("email", 300), ("referral", 900))
    abroad: float = 0.1  # of all people, who pay all of their orders in dollars

    @property
    def buys(self):
        """Of those who signed up."""
        return self.loyal * self.buys_by_loyal + (1 - self.loyal) * self.buys_by_others

    @property
    def k(self):
        """Friends who buy, of one advocate: K = i · c."""
        return self.shares * self.bought_of_share

    @property
    def bought_of_share(self):
        return self.visitors * self.signs_up * self.buys

    @property
    def spend(self):
        """Of an order of a customer whom no friend brought, on average."""
        return self.v * self.p / (self.q - 1)

    @staticmethod
    def euros_of_a_dollar(day):
        """The rate of a day, which moves by a twentieth of a cent each day and falls back after 60."""
        return _LEAST_RATE + _STEP * (day.toordinal() % 60)

    def told(self):
        """Everything, for people and for a file."""
        shares = {name: dict(getattr(self, name)) for name in ("shared_by", "came_by", "costs")}
        return (
            asdict(self)
            | shares
            | {
                "buys": self.buys,
                "euros_of_a_dollar": f"{_LEAST_RATE} + {_STEP} × (days since 0000-12-31 modulo 60)",
                "click_to_signup": self.signs_up,
                "signup_to_conversion": self.buys,
                "click_to_conversion": self.signs_up * self.buys,
                "sent_per_advocate": self.shares,
                "converted_per_sent": self.bought_of_share,
                "k": self.k,
                "mean_order_minor": self.spend,
            }
        )
