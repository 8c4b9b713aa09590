"""Bank accounts: their numbers (IBAN, ISO 13616), which of them SEPA reaches, and their holders’ names. Pure."""

import re

from rewards import latin

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII).fullmatch
# Elsewhere the check digits alone decide.
_LENGTHS = {
    **dict.fromkeys("NO".split(), 15),
    **dict.fromkeys("BE".split(), 16),
    **dict.fromkeys("DK FI FO GL NL".split(), 18),
    **dict.fromkeys("MK SI".split(), 19),
    **dict.fromkeys("AT BA EE LT LU XK".split(), 20),
    **dict.fromkeys("CH HR LI LV".split(), 21),
    **dict.fromkeys("BG DE GB GE IE ME RS".split(), 22),
    **dict.fromkeys("GI IL".split(), 23),
    **dict.fromkeys("AD CZ ES MD RO SE SK TN VA".split(), 24),
    **dict.fromkeys("PT".split(), 25),
    **dict.fromkeys("IS TR".split(), 26),
    **dict.fromkeys("FR GR IT MC SM".split(), 27),
    **dict.fromkeys("AL CY HU PL".split(), 28),
    **dict.fromkeys("MT".split(), 31),
}
# By their IBANs, the countries of the scheme (EPC 409-09).
SEPA = frozenset(
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE "
    "SI SK SM VA".split()
)
_LONGEST_NAME = 70
_REMAINDER = 1
_SHOWN = 4
EMPTY = "Write the IBAN, such as DE89 3704 0044 0532 0130 00."
SHAPELESS = "An IBAN begins with two letters and two digits, such as DE89 3704 0044 0532 0130 00."
LENGTH = "An IBAN of %(country)s has %(wanted)s signs; this one has %(found)s."
MISTYPED = "This IBAN has a mistake in it: its check digits do not fit. Compare it with your bank card."


OUTSIDE_SEPA = "Payouts go to accounts in SEPA only, which this IBAN’s country is not in. Give another account."
UNSPELLED = "A bank file cannot spell this name. Write it in Latin letters, as it stands on your bank card."
LONG = "A bank file has room for 70 signs of a name. Shorten it as your bank does."


class BadName(ValueError):
    """Carries the sentence."""


class BadIban(ValueError):
    """Carries the sentence, whole as its text and, to be translated, as ``words`` with ``numbers``."""

    def __init__(self, words, **numbers):
        super().__init__(words % numbers)
        self.words, self.numbers = words, numbers


def iban(text):
    """The IBAN in capitals without spaces. Raises ``BadIban``."""
    plain = re.sub(r"[\s-]", "", text).upper()
    if not plain:
        raise BadIban(EMPTY)
    if not _SHAPE(plain):
        raise BadIban(SHAPELESS)
    wanted = _LENGTHS.get(plain[:2])
    if wanted and len(plain) != wanted:
        raise BadIban(LENGTH, country=plain[:2], wanted=wanted, found=len(plain))
    # ISO 7064: the first four signs go to the end, letters count from 10.
    if int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 != _REMAINDER:
        raise BadIban(MISTYPED)
    return plain


def ending(text):
    """What of an account may be shown: its last four signs, unless that would be most of it."""
    return text[-_SHOWN:] if len(text) > 2 * _SHOWN else ""


def in_sepa(number):
    """Whether a SEPA transfer reaches this IBAN."""
    return number[:2] in SEPA


def holder(name):
    """The name as a bank file spells it, whole. Raises ``BadName``."""
    try:
        spelled = latin.spelled(name)
    except latin.Unwritable as unwritable:
        raise BadName(UNSPELLED) from unwritable
    if len(spelled) > _LONGEST_NAME:
        raise BadName(LONG)
    return spelled
