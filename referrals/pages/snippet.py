"""``/advocacy.js``: what a shop's pages load. A short cache, so that a mend reaches all shops within the hour."""

import functools
import gzip
import hashlib
from pathlib import Path

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import etag, require_safe

FILE = Path(__file__).parents[1] / "static" / "referrals" / "advocacy.js"


@functools.cache
def _written():
    """``(as it is, compressed, its tag)``."""
    plain = FILE.read_bytes()
    return plain, gzip.compress(plain, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"'


@require_safe
@etag(lambda request: _written()[2])
def snippet(request):
    plain, compressed, _ = _written()
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(compressed if zipped else plain, content_type="text/javascript; charset=utf-8")
    if zipped:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = "public, max-age=3600"
    # Any page may run it, also one that isolates itself from others.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
