"""What somebody may have meant who mistyped: texts one slip away. Pure."""

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Longer ones have too many, and nobody types them.
LONGEST = 64


def slips(text):
    """Every text that is one slip away: a sign left out, one too many, another one, or two that changed places.

    Of a number also the next and the one before. In the capitals that the text has, with the signs that codes,
    numbers and addresses are made of; none of a text that is shorter than three signs or longer than ``LONGEST``.
    """
    if not 3 <= len(text) <= LONGEST:  # noqa: PLR2004
        return set()
    signs, places = _signs(text), range(len(text))
    found = {text[:place] + text[place + 1 :] for place in places}
    found |= {text[:place] + text[place : place + 2][::-1] + text[place + 2 :] for place in places}
    found |= {text[:place] + sign + text[place + 1 :] for place in places for sign in signs}
    found |= {text[:place] + sign + text[place:] for place in range(len(text) + 1) for sign in signs}
    return (found | _beside(text)) - {text}


def _signs(text):
    if text.isascii() and text.isdigit():
        return _DIGITS
    letters = _LETTERS.lower() if text == text.lower() else _LETTERS
    return letters + _DIGITS + "".join(sorted({sign for sign in text if not sign.isalnum()} | {"-"}))


def _beside(text):
    if not (text.isascii() and text.isdigit()):
        return set()
    return {str(int(text) + step).zfill(len(text)) for step in (-1, 1) if int(text) + step >= 0}
