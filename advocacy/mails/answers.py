"""What a mail server means by refusing a mail: by its reply code, the status (RFC 3463) in its words, and these. Pure.

Codes alone do not tell whose fault it is: 550 is said of a mailbox that does not exist, and of us who may not send. An
address is to blame only where that is said; what is refused for good without a word is taken to be about us.
"""

import re

_FOR_GOOD = 500
# Mailbox unknown, its address malformed, moved or disabled; what its domain says of it.
_GONE = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
_STATUS = re.compile(r"(?<![\d.])[45]\.([0-7]\.\d{1,3})(?!\.?\d)").search
_UNKNOWN = re.compile(
    r"unknown (user|recipient|mailbox|address|account)|no such (user|recipient|mailbox|address|account|person)|"
    r"no mailbox|invalid (user|recipient|mailbox|address)|mailbox name not allowed|"
    r"(user|recipient|mailbox|address|account)\b[^.;]{0,30}\b(unknown|not found|not exist|n.t exist|disabled|inactive|"
    r"deactivated|no longer|invalid|not valid)",
    re.IGNORECASE,
).search
# Of a mailbox that is there.
_BUSY = re.compile(r"\brate\b|too many|(mailbox|inbox|storage)( is)? full|quota", re.IGNORECASE).search
_OF_SENDER = re.compile(r"sender|mail from|\byour (account|ip|domain|server|access|host)", re.IGNORECASE).search
# Daily limits of ours, and senders of ours that are malformed or shut off.
_OURS = {"4.5", "1.7", "1.8"}
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


def is_for_good(code):
    return code >= _FOR_GOOD


def has_no_mailbox(code, said):
    """Whether the address is to blame. ``said``: the server's words, bytes or text."""
    status, words = _status(said), _words(said)
    if not is_for_good(code) or _BUSY(words) or _OF_SENDER(words):
        return False
    return status in _GONE if status else bool(_UNKNOWN(words))


def is_about_us(code, said):
    """Whether it would refuse other mails of ours as well: we may not send by it, or for that sender."""
    status = _status(said)
    if is_for_good(code) and _OF_SENDER(_words(said)):
        return True
    if status:
        return status.startswith("7.") or status in _OURS
    return is_for_good(code) and not has_no_mailbox(code, said) and not _BUSY(_words(said))


def _status(said):
    found = _STATUS(_text(said))
    return found[1] if found else ""


def _words(said):
    """Without the addresses that servers repeat: these say anything."""
    return _ADDRESS.sub(" ", _text(said))


def _text(said):
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said or "")
