"""What is true of the store. Pure."""

from dataclasses import asdict, dataclass


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
    buys: float = 0.6  # of those who signed up
    refunded: float = 0.03  # of the orders, half of each

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

    def told(self):
        """Everything, for people and for a file."""
        return asdict(self) | {
            "click_to_signup": self.signs_up,
            "signup_to_conversion": self.buys,
            "click_to_conversion": self.signs_up * self.buys,
            "sent_per_advocate": self.shares,
            "converted_per_sent": self.bought_of_share,
            "k": self.k,
            "mean_order_minor": self.spend,
        }
