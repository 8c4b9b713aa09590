"""Lines of the log, without what must not be kept: codes in addresses, and the values of rows that a database refuses.

For Django, Celery and granian's access log (off by default) alike; a proxy's log is its owner's care.
"""

import logging
import re

# Ids are no secrets.
_CODES = re.compile(r"(/(?:codes|coupons)/)(?!(?:validate|use)\b|cpn_)[^/\s?\"']+(?=/(?:validate|use)\b)")
_SEARCHED = re.compile(r"([?&](?:q|code)=)[^&\s\"']+")
# "DETAIL:  Failing row contains (…)", "CONTEXT:  unnamed portal parameter $1 = '…'".
_ROWS = re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$", re.MULTILINE)


def masked(text):
    text = _SEARCHED.sub(r"\1…", _CODES.sub(r"\1…", text))
    return _ROWS.sub(r"\1 (not kept)", text)


class Line(logging.Formatter):
    def format(self, record):
        return masked(super().format(record))


class OneLine(logging.Filter):
    """Of what anybody may cause at any time, such as a request for another host: its sentence, as a warning."""

    def filter(self, record):
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True
