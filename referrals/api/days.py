"""Days in a query."""

import re
from datetime import date

from advocacy.api.lists import invalid

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def day_of(request, name):
    """The day that a parameter names, or None without it; refused where it is none."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(_WRITTEN.fullmatch(text)[0])
    except (TypeError, ValueError) as error:
        raise invalid(f"{name} must be a day such as 2026-11-22.") from error
