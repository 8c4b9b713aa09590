"""From where the friends of a batch signed up, compared with their advocates and the advocates' other friends."""

from dataclasses import dataclass

from referrals.fraud.cases import asked


@dataclass(frozen=True, slots=True)
class Shared:
    advocate_network: bool = False
    advocate_device: bool = False
    # How many other friends of the same advocate.
    friends_device: int = 0


# Whoever shares a browser shares a network: the network's digests find them. Those of another period are compared
# under the pepper of the earlier of both.
_SHARED = """
    SELECT asked.conversion,
        COALESCE(bool_or(other.customer_id = asked.advocate_customer), FALSE),
        COALESCE(bool_or(other.customer_id = asked.advocate_customer AND same.device), FALSE),
        COUNT(DISTINCT other.customer_id) FILTER (WHERE other.customer_id <> asked.advocate_customer AND same.device)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS asked (conversion, advocate, advocate_customer, friend)
    JOIN referrals_trace own ON own.customer_id = asked.friend
    JOIN referrals_trace other ON other.storefront_id = own.storefront_id AND other.customer_id <> asked.friend
        AND (other.network IN (own.network, own.network_before) OR other.network_before = own.network)
    CROSS JOIN LATERAL (SELECT other.device IN (own.device, own.device_before) OR other.device_before = own.device
        AS device) same
    WHERE other.customer_id = asked.advocate_customer OR EXISTS (
        SELECT FROM referrals_referral bond
        WHERE bond.friend_id = other.customer_id AND bond.advocate_id = asked.advocate AND bond.ended_at IS NULL
    )
    GROUP BY asked.conversion
"""


def shared(cases):
    """``{conversion: Shared}`` of those who signed up from a place that is known."""
    traced = [(each.conversion, each.advocate, each.advocate_customer, each.friend) for each in cases if each.traced]
    if not traced:
        return {}
    rows = asked(_SHARED, [list(column) for column in zip(*traced, strict=True)])
    return {conversion: Shared(*found) for conversion, *found in rows}
