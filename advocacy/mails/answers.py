"""What a mail server means by refusing a mail: by its reply code, and the status (RFC 3463) its words begin with. Pure.

Codes alone do not tell whose fault it is: 550 is said of a mailbox that does not exist, and of us who may not send.
"""

import re

_FOR_GOOD = 500
# Mailbox unknown, its address malformed, moved or disabled; what its domain says of it.
_GONE = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
_NO_MAILBOX = {550, 551, 553}
_STATUS = re.compile(r"\s*[45]\.(\d{1,3}\.\d{1,3})(?=\s|$)").match
_OF_US = re.compile(r"relay|authenti|denied|block|blacklist|spam|policy|sender|reputation|listed", re.IGNORECASE)


def is_for_good(code):
    return code >= _FOR_GOOD


def has_no_mailbox(code, said):
    """Whether the address is to blame. ``said``: the server's words, bytes or text."""
    status = _status(said)
    if status:
        return is_for_good(code) and status in _GONE
    return code in _NO_MAILBOX and not _OF_US.search(_text(said))


def is_about_us(code, said):
    """Whether it would refuse other mails of ours as well: we may not send by it, or for that sender."""
    status = _status(said)
    return status.startswith("7.") if status else code in _NO_MAILBOX and bool(_OF_US.search(_text(said)))


def _status(said):
    found = _STATUS(_text(said))
    return found[1] if found else ""


def _text(said):
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said or "")
