"""Orders of an advocate, or of their other friends, that say the same as the order of a conversion.

People, not records: who was merged has paid with what the other record paid with.
"""

from referrals.fraud.cases import asked

# Each column with the index that finds it.
_COLUMNS = ("payment_fingerprint", "shipping_hash")
_ALIKE = """
    SELECT conversion, bool_or(payer = advocate_person),
        COUNT(DISTINCT payer) FILTER (WHERE payer <> advocate_person AND brought),
        COUNT(DISTINCT payer) FILTER (WHERE payer <> advocate_person AND NOT brought AND earlier)
    FROM (
        SELECT asked.conversion, other.id < asked.own AS earlier,
            COALESCE(payer.merged_into_id, payer.public_id) AS payer,
            COALESCE(bringer.merged_into_id, bringer.public_id) AS advocate_person,
            COALESCE(friend.merged_into_id, friend.public_id) AS friend_person,
            EXISTS (
                SELECT FROM referrals_referral bond WHERE bond.friend_id = other.customer_id
                    AND bond.advocate_id = asked.advocate AND bond.ended_at IS NULL
            ) AS brought
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
            AS asked (conversion, storefront, advocate, advocate_customer, friend, own, said)
        JOIN referrals_order other ON other.storefront_id = asked.storefront AND other.{column} = asked.said
            AND other.{column} <> '' AND other.customer_id <> asked.friend
        JOIN advocacy_customer payer ON payer.id = other.customer_id
        JOIN advocacy_customer bringer ON bringer.id = asked.advocate_customer
        JOIN advocacy_customer friend ON friend.id = asked.friend
    ) alike
    WHERE payer <> friend_person GROUP BY conversion
"""
_ASK = {column: _ALIKE.format(column=column) for column in _COLUMNS}


def by(column, said):
    """``{conversion: {"advocate": bool, "friends": how many others, "others": how many who are neither, earlier}}`` of
    ``[(Case, what its order says)]``.
    """
    asking = [
        (case.conversion, case.storefront, case.advocate, case.advocate_customer, case.friend, case.order, text)
        for case, text in said
        if text
    ]
    rows = asked(_ASK[column], [list(each) for each in zip(*asking, strict=True)]) if asking else ()
    return {
        conversion: {"advocate": bool(own), "friends": friends, "others": others}
        for conversion, own, friends, others in rows
    }


def evidence(said):
    """Of what ``by`` answers: that of the advocate and their friends, None where there is nothing."""
    if not said or not (said["advocate"] or said["friends"]):
        return None
    return {"advocate": said["advocate"], "friends": said["friends"]}


def whose(evidence):
    friends = evidence["friends"]
    who = ["an order of the advocate"] if evidence["advocate"] else []
    who += [f"orders of {friends} other friend{'s'[: friends != 1]} of the advocate"] if friends else []
    return " and ".join(who)
