"""One key for one mailbox, for comparing only: never for writing to. Pure."""

import unicodedata
from functools import lru_cache

# They ignore dots in the name, and are one provider under two domains.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


@lru_cache(maxsize=4096)
def normalise(address):
    """``Fred.Miller+shop@GoogleMail.com`` → ``fredmiller@gmail.com``. A text without @ comes back in lower case."""
    plain = (address if address.isascii() else unicodedata.normalize("NFKC", address)).strip().lower()
    name, at, domain = plain.rpartition("@")
    if not at:
        return plain
    domain = _ascii(domain.rstrip("."))
    name = name.split("+", 1)[0] or name
    if domain in _DOTLESS:
        name, domain = name.replace(".", "") or name, _DOTLESS[domain]
    return f"{name}@{domain}"


@lru_cache(maxsize=4096)
def _ascii(domain):
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain  # not a name that IDNA knows; compared as it was written
