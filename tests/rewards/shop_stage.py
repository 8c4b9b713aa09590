"""The stage of what shops are told: acme connected to a server that speaks as its platform does."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from advocacy import errands
from rewards.coupons import making
from tests.referrals import platform_servers
from tests.referrals import platforms_stage as stage
from tests.rewards import coupon_stage
from tests.rewards.scene import NOW

MAKERS = {
    "shopify": platform_servers.Shopify,
    "woocommerce": platform_servers.WooCommerce,
    "stripe": platform_servers.Stripe,
}
CREDENTIALS = {
    "shopify": {"access_token": "shpat_1"},
    "woocommerce": {"key": "ck_1", "secret": "cs_1"},
    "stripe": {"api_key": "sk_live_1"},
}
SECOND = timedelta(seconds=1)


@pytest.fixture
def open_shop():
    """``open_shop(acme, "shopify")``: ``(shop, connection)``."""
    with ExitStack() as held:

        def connect(storefront, platform, **fields):
            shop = MAKERS[platform]()
            address = held.enter_context(platform_servers.served(shop))
            fields = {"credentials": CREDENTIALS[platform], "api_address": address} | fields
            return shop, stage.connected(storefront, platform, **fields)

        yield connect


def pool_in(program, connection, **columns):
    fields = {"source": "in_shop", "connection_id": connection.pk, "prefix": "ACME-", "expiry_days": 30}
    return coupon_stage.pool_of(program, **fields | columns)


def run(at=NOW):
    """Ask for what is missing and do what is due; how many errands were done."""
    making.order(at=at)
    count = 0
    while errands.run_next(at=at):
        count += 1
    return count
