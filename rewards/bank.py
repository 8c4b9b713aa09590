"""Bank account numbers (IBAN, ISO 13616). Pure."""

import re

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII).fullmatch
# The lengths of the countries that SEPA reaches; elsewhere the check digits alone decide.
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
_REMAINDER = 1
EMPTY = "Write the IBAN, such as DE89 3704 0044 0532 0130 00."
SHAPELESS = "An IBAN begins with two letters and two digits, such as DE89 3704 0044 0532 0130 00."
LENGTH = "An IBAN of %(country)s has %(wanted)s signs; this one has %(found)s."
MISTYPED = "This IBAN has a mistake in it: its check digits do not fit. Compare it with your bank card."


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
