"""Names in the letters that every bank of SEPA takes (EPC 217-08). Pure.

What is Latin, Greek or Cyrillic has a spelling of its own in them. Other scripts do not: only whoever bears the name
knows how their bank spells it.
"""

import unicodedata

_TAKEN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_LATIN = "ä ae ö oe ü ue ß ss ẞ ss æ ae œ oe ø o ł l đ d ð d þ th ħ h ı i ŋ n ŧ t ŀ l ĸ k ſ s ə e"
_GREEK = "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o"
# As in Bulgaria, which is in SEPA; then the letters of its neighbours.
_CYRILLIC = (
    "а a б b в v г g д d е e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х h ц ts ч ch ш sh щ sht "
    "ъ a ь y ю yu я ya ђ dj ј j љ lj њ nj ћ c џ dz ѓ gj ѕ dz ќ kj є ye і i ї yi ґ g ы y э e ё e ў u"
)


def _table():
    signs = " ".join((_LATIN, _GREEK, _CYRILLIC)).split()
    low = dict(zip(signs[::2], signs[1::2], strict=True))
    high = {sign.upper(): said.capitalize() for sign, said in low.items() if len(sign.upper()) == 1}
    return str.maketrans(high | low | {"&": "+", "’": "'", "‘": "'", "–": "-", "—": "-"})


_SPELLED = _table()


class Unwritable(ValueError):
    """A letter or a digit has no spelling, or nothing is left."""


def spelled(text):
    """The text in those letters; other signs become spaces. Raises ``Unwritable``."""
    # A letter with its own spelling, such as ä, may come as a letter and an accent.
    plain = unicodedata.normalize("NFC", text).translate(_SPELLED)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    plain = plain.translate(_SPELLED)
    if any(sign not in _TAKEN and sign.isalnum() for sign in plain):
        raise Unwritable
    plain = " ".join("".join(sign if sign in _TAKEN else " " for sign in plain).split())
    # The scheme keeps these for itself: //, and / at either end.
    while "//" in plain:
        plain = plain.replace("//", "/")
    plain = plain.strip(" /")
    if not any(sign.isalnum() for sign in plain):
        raise Unwritable
    return plain
