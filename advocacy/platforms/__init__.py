"""The platforms' own APIs, as far as we call them: what changed in a period, and their webhooks.

Each module has ``credentials`` (names of what its API asks for, with a label), ``BY_HAND`` (topics that only the
platform's own pages can register), and functions of a ``Caller``: ``changed(caller, since=, until=, cursor=)`` answers
a page of ``(topic, document)`` and the cursor (JSON) of the next one, None after the last; the first is ``{}``.
``heard(caller, address)`` answers the topics that are sent to this address, ``register(caller, address, topics,
secret)`` answers ``Registered``, ``about(caller)`` a sentence of whom the credentials belong to. They raise Refused in
words. What is written to shops: ``discounts``, ``credit``.
"""

from advocacy.platforms import credit, discounts, shopify, stripe, woocommerce
from advocacy.platforms.calling import Caller, PlatformFailed, Registered

ALL = {"shopify": shopify, "stripe": stripe, "woocommerce": woocommerce}

__all__ = ["ALL", "Caller", "PlatformFailed", "Registered", "credit", "discounts"]
