"""What a narrowed key may do: ``orders:read``, ``orders:write``, by the heading of an endpoint in the documentation."""

import re

from advocacy.refusals import Refused

READ, WRITE = "read", "write"
_SAFE = ("get", "head", "options")
# What endpoints ask for, in words; complete once the URLs are loaded.
KNOWN = {}


class ScopeMissing(Refused):
    status = 403


def of(tag, method, *, reads=False):
    """The scope that a method of an endpoint under this heading asks for."""
    word = re.sub(r"\W+", "_", tag.lower())
    act = READ if reads or method in _SAFE else WRITE
    KNOWN[f"{word}:{act}"] = f"{tag}: {act}"
    return f"{word}:{act}"


def sentence(tag, method, *, reads):
    return f" A key with scopes needs `{of(tag, method, reads=reads)}`."


def check(request, view):
    """True; raises ``ScopeMissing`` for a narrowed key that lacks the scope of this call. To write is not to read."""
    granted = request.auth.scopes
    if not granted or getattr(view, "scope_of_its_calls", False):
        return True
    wanted = getattr(view, "scopes", {}).get("GET" if request.method == "HEAD" else request.method)
    # A method that is not served is answered as such.
    if wanted in granted or (wanted is None and not hasattr(view, request.method.lower())):
        return True
    raise ScopeMissing(
        "scope_missing",
        f"This key may not do this: it lacks the scope {wanted or 'for it'}. Use another key, or one with that scope.",
    )


def choices():
    """``[("orders:read", "Orders: read"), …]`` of all that is asked for, for forms."""
    return sorted(KNOWN.items())
