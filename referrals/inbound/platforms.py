"""The platforms whose messages are understood: one module each.

Such a module has ``SOURCE``, ``TOPICS`` (those it needs), ``is_ping(raw, headers)``, ``is_signed(raw, headers,
secret=)``, ``check_age(headers, at=)``, ``named(raw, headers)`` → (topic, message id), ``read(topic, raw)`` →
``Reading``, and ``listed(topic, document, told_at=)`` → the same of an entry of its API's lists. All are pure.
"""

from referrals.inbound import shopify, stripe, woocommerce

ALL = {"shopify": shopify, "stripe": stripe, "woocommerce": woocommerce}
