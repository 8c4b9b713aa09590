"""From which pages browsers may call with a publishable key: those whose origin the storefront has registered."""

from advocacy.models import Storefront


def is_known(origin):
    """Whether any storefront has registered it: all that can be asked before there is a key."""
    return origin.isascii() and origin.isprintable() and Storefront.objects.filter(origins__contains=[origin]).exists()


def may_call(origin, *, storefront):
    """A test twin is called from where the shop itself lives."""
    shop = storefront.test_twin_of if storefront.test_twin_of_id else storefront
    return origin in storefront.origins or origin in shop.origins
