"""What the clients of platforms' discounts and credit answer with, and how they write amounts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice

from advocacy import money
from advocacy.platforms.calling import PlatformFailed
from advocacy.refusals import Refused


@dataclass(frozen=True, kw_only=True)
class Known:
    """A code that the shop has. ``ours``: it was made from here, for the very thing that is asked for."""

    reference: str
    ours: bool
    active: bool
    used: int
    ends_at: datetime | None = None


def decimal(amount_minor, currency):
    """``1250, EUR`` → ``12.50``, as platforms write amounts."""
    return money.plain(amount_minor, currency).partition(" ")[0]


def moment(text):
    """A time as platforms write it, or None; without a zone it is UTC."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise PlatformFailed("platform_failed", f"“{str(text)[:40]}” is no time.") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def same_currency(caller, *, currency, shops):
    """Refuse an amount in another currency than the shop's."""
    if currency and shops and currency.upper() != shops.upper():
        said = f"“{caller.connection.name}” sells in {shops.upper()}; nothing in {currency} can be taken off there."
        raise Refused("wrong_currency", said, errors={"currency": said})


def permission_missing(caller, names):
    said = f"The access of “{caller.connection.name}” lacks {' and '.join(names)}: grant it, then enter the new key."
    return Refused("permission_missing", said, errors={"connection": said})


@dataclass(frozen=True)
class Entry:
    """``amount_minor`` below 0 was taken. ``mark``: ours, "" for others', None where the platform keeps none."""

    name: str
    amount_minor: int
    mark: str | None
    # Of which order or invoice, "" where that is not told; None where it is of none.
    order: str | None = None


@dataclass(frozen=True)
class Purse:
    """``entries``: the newest first, as far as they are looked at."""

    balance_minor: int = 0
    entries: tuple = ()


# So many pages of a customer's account are asked for at once.
_MOST_PAGES = 40


def back_to(names, pages):
    """The entries of ``pages``, the newest first, as far as all of ``names`` are among them; always of one page."""
    entries, missing = [], set(names)
    for page in islice(pages, _MOST_PAGES):
        entries += page
        missing -= {entry.name for entry in page}
        if not missing:
            break
    return tuple(entries)


def minor(text, currency):
    """``12.50, EUR`` → 1250, as platforms write amounts."""
    try:
        return int((Decimal(str(text)) * 10 ** money.decimals(currency)).to_integral_value())
    except InvalidOperation as error:
        raise PlatformFailed("platform_failed", f"“{str(text)[:40]}” is no amount.") from error
