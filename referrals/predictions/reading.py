"""The newest models of a storefront, to read."""

from referrals.models import Fit

DEFINITION = (
    "How often customers will buy by BG/NBD, how much by Gamma-Gamma, both fitted on all who ever bought; orders are "
    "days with one, value is revenue kept, of the next 365 days."
)
NONE_YET = "Nothing was fitted yet: it is done each night once somebody has bought."


def newest(*, storefront):
    """The Fit of the newest day, with a model or not; None before the first."""
    return Fit.objects.filter(storefront=storefront).order_by("-day").first()


def told(*, storefront):
    """``(fit, whole)``: the newest Fit, and the newest one that was written to all standings; each may be None."""
    fit = newest(storefront=storefront)
    if fit is None or fit.written_at:
        return fit, fit
    written = Fit.objects.filter(storefront=storefront, written_at__isnull=False)
    return fit, written.order_by("-day").first()
