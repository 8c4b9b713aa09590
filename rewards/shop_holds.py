"""Whether customers spend their store credit in their shop's own account: then nobody reserves it, and none expires."""

from advocacy.models import Connection
from rewards.models import Form


def held_in_shop(storefront):
    """Whether customers spend their credit at a connection's own checkout, and only there."""
    return Connection.objects.filter(storefront=storefront, holds_credit=True).exists()


def held_among(rewards):
    """Whether any of these Rewards of one storefront is credit that a shop holds."""
    theirs = next((reward for reward in rewards if reward.form == Form.CREDIT), None)
    return theirs is not None and held_in_shop(theirs.storefront_id)
