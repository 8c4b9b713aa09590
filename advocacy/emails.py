"""One key for one mailbox, for comparing only: never for writing to. Pure."""

import re
import unicodedata
from functools import lru_cache

import idna

# They ignore dots in the name, and are one provider under two domains.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
# A name in quotes that needs none is the same mailbox as without.
_QUOTED = re.compile(r'"([a-z0-9_+.-]+)"').fullmatch


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
