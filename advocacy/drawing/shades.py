"""Cells of a table that are darker the more they hold; the number stands in them."""

STEPS = 6


def shade(share):
    """0 to 5 for a share of 0 to 1, by which a cell is tinted; None for no number. Above 1 is as dark as it gets."""
    if share is None:
        return None
    return min(STEPS - 1, max(0, int(share * STEPS)))
