"""Codes that alone are worth money, told apart from those that anybody may read.

What an order came with is copied into events, decisions and outbound calls. A code of our own pools goes there by its
coupon's id; a referral's code or a shop's public one stays as it is, because rules compare it.
"""

from django.conf import settings
from django.utils.module_loading import import_string


def hidden(*, storefront, codes):
    """The codes as they may be kept, in their order: ``cpn_…`` in place of each that is a coupon of ours."""
    if not any(codes):
        return list(codes)
    names = import_string(settings.COUPON_NAMES)(storefront=storefront, texts=codes)
    return [names.get(code, code) for code in codes]
