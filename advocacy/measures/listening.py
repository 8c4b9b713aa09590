"""What is said of a brand in public."""

from advocacy.measures.intervals import rate


def net_sentiment(positive, negative):
    """(positive − negative) ÷ (positive + negative); neutral mentions are left out. None without either."""
    return rate(positive - negative, positive + negative)


def share_of_voice(of_brand, of_panel):
    """Mentions of the brand ÷ of the fixed panel of brands, itself among them."""
    return rate(of_brand, of_panel)
