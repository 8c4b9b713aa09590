"""The friends whose advocate left: is at risk, was banned or was erased."""

from django.db import connection

from advocacy import expectations

# A friend of several is left behind by any of them. People are looked for by the record that counts for them.
_LEFT_BEHIND = """
    SELECT DISTINCT COALESCE(friend_now.id, friend.id)
    FROM referrals_referral referral
    JOIN advocacy_advocate advocate ON advocate.id = referral.advocate_id
    JOIN advocacy_customer own ON own.id = advocate.customer_id
    LEFT JOIN advocacy_customer own_now ON own_now.public_id = own.merged_into_id
    LEFT JOIN advocacy_standing standing ON standing.customer_id = COALESCE(own_now.id, own.id)
    JOIN advocacy_customer friend ON friend.id = referral.friend_id
    LEFT JOIN advocacy_customer friend_now ON friend_now.public_id = friend.merged_into_id
    WHERE referral.storefront_id = %(storefront)s AND referral.ended_at IS NULL
        AND friend.erased_at IS NULL AND friend_now.erased_at IS NULL
        AND (standing.at_risk_since IS NOT NULL OR advocate.status = 'banned'
            OR own.erased_at IS NOT NULL OR own_now.erased_at IS NOT NULL)
    ORDER BY 1
    """


def flag(*, storefront, at):
    """Flag them, and nobody else; how many changed. Runs in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_BEHIND, {"storefront": storefront.pk})
        friends = [pk for (pk,) in cursor.fetchall()]
    return expectations.flag_left_behind(storefront=storefront, friends=friends, at=at)
