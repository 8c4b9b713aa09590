"""Where links lead, as templates: what may stand in braces, and those that platforms want. Pure."""

import re
from urllib.parse import urlsplit

PLACEHOLDERS = ("click_id", "code", "coupon", "path")
_BRACES = re.compile(r"\{([^{}]*)\}")
STRIPE = "client_reference_id={click_id}"


def unknown(template, *, known=PLACEHOLDERS):
    """A sentence about what stands in braces and is not filled in, or None."""
    wrong = [name for name in _BRACES.findall(template) if name not in known]
    if wrong or any(brace in _BRACES.sub("", template) for brace in "{}"):
        filled = ", ".join(f"{{{name}}}" for name in known)
        what = f"{{{wrong[0][:30]}}} is not filled in" if wrong else "A brace stands alone"
        return f"{what}; these are: {filled}."
    return None


def for_shopify(home):
    """Shopify takes the coupon, then leads on to the link's page."""
    return f"{_root(home)}/discount/{{coupon}}?redirect={{path}}"


def for_woocommerce(home):
    """The lines of PHP in docs/integrate.md take the coupon."""
    return f"{_root(home)}/{{path}}?coupon={{coupon}}"


def for_stripe(page):
    """A payment link or any other page, told whose visit it is."""
    if STRIPE in page:
        return page
    joint = "&" if urlsplit(page).query else "?"
    return f"{page}{joint}{STRIPE}"


def _root(home):
    parts = urlsplit(home if "://" in home else f"https://{home}")
    return f"{parts.scheme}://{parts.netloc}"
