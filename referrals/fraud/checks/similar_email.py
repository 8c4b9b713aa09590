"""The friend's address differs hardly from the advocate's, or is one of a numbered series of the advocate's friends."""

import itertools
import re

from referrals.fraud.cases import asked

LABEL = "Addresses alike"
HELP = (
    "The friend's e-mail address differs in a letter or two from the advocate's, or several friends of the advocate "
    "have addresses that differ in a number only, such as anna1, anna2, anna3."
)
POINTS, SIDES = 50, ("advocate", "friend")
OF_THE_PAIR = ""
LIMITS = {
    "distance": (2, "Letters that differ from the advocate’s address, at most"),
    "series": (3, "Friends whose addresses differ in a number only, from"),
}
# In shorter names two letters are half of it.
_SHORTEST = 6
# Of a house and no person: two houses have the same.
_ROLES = set(
    "abrechnung accounting admin bestellung billing buchhaltung buero contact customer einkauf hallo hello info kontakt"
    " kundenservice marketing office order orders post privat purchasing rechnung sales service shop support team"
    " vertrieb webmaster welcome".split()
)
_DIGITS = re.compile(r"\d+", re.ASCII)
# Only the advocate's newest friends: a series is made in one go.
_MOST = 200
_OTHERS = """
    SELECT asked.conversion, array_agg(DISTINCT friend.email_key)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS asked (conversion, advocate, referral)
    CROSS JOIN LATERAL (
        SELECT bond.friend_id FROM referrals_referral bond
        WHERE bond.advocate_id = asked.advocate AND bond.id <= asked.referral ORDER BY bond.id DESC LIMIT %s
    ) bond
    JOIN advocacy_customer friend ON friend.id = bond.friend_id AND friend.email_key ~ '[0-9]'
    GROUP BY asked.conversion
"""


def gather(cases):
    """``{conversion: addresses with digits of the advocate's friends, its own included}``"""
    asking = [
        (each.conversion, each.advocate, each.referral) for each in cases if _DIGITS.search(_name(each.friend_email))
    ]
    return dict(asked(_OTHERS, [*map(list, zip(*asking, strict=True)), _MOST])) if asking else {}


def find(case, known, limits):
    if (number := _distance(case.advocate_email, case.friend_email, limits["distance"])) is not None:
        return {"distance": number}
    stem = _stem(case.friend_email)
    series = sum(_stem(each) == stem for each in known.get(case.conversion, ()))
    return {"series": series} if series >= max(limits["series"], 2) else None


def words(evidence):
    if "series" in evidence:
        return f"{evidence['series']} friends of the advocate have addresses that differ in a number only."
    if not (number := evidence["distance"]):
        return "The friend’s address has the same name as the advocate’s, with other digits or at another provider."
    return f"The friend’s address differs in {number} letter{'s'[: number != 1]} from the advocate’s."


def _name(address):
    return address.rpartition("@")[0]


def _stem(address):
    return _DIGITS.sub("#", _name(address)), address.rpartition("@")[2]


def _distance(one, other, most):
    """In how many letters the names of two addresses differ, but for digits at their ends; None where in more than
    ``most``, or too short to say.
    """
    one, other = (_name(each).rstrip("0123456789") for each in (one, other))
    if {one, other} & _ROLES:
        return None
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > most:
        return None
    if not _share_a_part(one, other, most + 1):
        return None
    distance = _letters(one, other, most)
    return distance if distance <= most else None


def _share_a_part(one, other, number):
    """Of so many parts, one letter changed touches one: names that differ in fewer have a part in common."""
    size = len(one) // number
    places = [each * size for each in range(number)] + [len(one)]
    return any(one[start:end] in other for start, end in itertools.pairwise(places))


def _letters(one, other, most):
    """Levenshtein's distance, as far as it is at most ``most``: only what lies so near the diagonal can be."""
    far = most + 1
    row = [min(column, far) for column in range(len(other) + 1)]
    for place, letter in enumerate(one, start=1):
        last, row = row, [far] * len(row)
        row[0] = min(place, far)
        for column in range(max(place - most, 1), min(place + most, len(other)) + 1):
            row[column] = min(last[column] + 1, row[column - 1] + 1, last[column - 1] + (letter != other[column - 1]))
        if min(row) > most:
            return far
    return row[-1]
