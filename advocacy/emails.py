"""One key for one mailbox, for comparing only: never for writing to; and where one is named in a text. Pure."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import idna

# They ignore dots in the name, and are one provider under two domains.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
# A name in quotes that needs none is the same mailbox as without.
_QUOTED = re.compile(r'"([a-z0-9_+.-]+)"').fullmatch

# Signs that may surround one are no part of it, though a name in an address might have them.
_WRITTEN = re.compile(r"[\w.+%$~^-]+@[\w.-]+")


def keys_in(text):
    """The keys of all mailboxes that a text names, in whatever spelling, those of an address bar (``%40``) too."""
    texts = (text, unquote(text)) if "%40" in text else (text,)
    return {normalise(found.lstrip("-.").rstrip("-._")) for each in texts for found in _WRITTEN.findall(each)}


def texts_of(document):
    """Every text in a JSON document, the names of its members too."""
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each


def is_named(text, *, key, alone):
    """Whether a text names the mailbox of this key. ``alone``: ``standing_alone`` of its address as it is known."""
    if alone is None or ("@" not in text and "%40" not in text):
        return False
    return alone.search(text) is not None or key in keys_in(text)


def standing_alone(words):
    """A pattern of where one of them stands by itself, None without any.

    ann@acme.co is not in joann@acme.co, nor in ann@acme.com.
    """
    words = "|".join(re.escape(word) for word in words if word)
    return re.compile(rf"(?<![\w.+-])(?:{words})(?![\w-]|\.\w)", re.IGNORECASE) if words else None


@lru_cache(maxsize=4096)
def normalise(address):
    """``Fred.Miller+shop@GoogleMail.com`` → ``fredmiller@gmail.com``. A text without @ comes back in lower case."""
    plain = (address if address.isascii() else _visible(address)).strip().lower()
    name, at, domain = plain.rpartition("@")
    if not at:
        return plain
    domain = _ascii(domain.rstrip("."))
    if quoted := _QUOTED(name):
        name = quoted[1]
    name = name.split("+", 1)[0] or name
    if domain in _DOTLESS:
        name, domain = name.replace(".", "") or name, _DOTLESS[domain]
    return f"{name}@{domain}"


def _visible(address):
    """One spelling of each letter, without what is written and not seen (zero-width spaces, soft hyphens)."""
    shown = "".join(sign for sign in address if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFKC", shown)


@lru_cache(maxsize=4096)
def _ascii(domain):
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain  # not a name that IDNA knows; compared as it was written
