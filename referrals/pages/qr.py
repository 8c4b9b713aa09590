"""A link's address as a QR code: inside our own pages, and as a picture of its own for mails and shops' pages."""

import functools
import io

import segno
from django.http import HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from referrals import links
from referrals.pages import landing

# Of a PNG: pixels of one module, so that it can be printed as a card.
_SCALE = 10
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def inline(address):
    """An SVG of ours, so it is safe as it is."""
    return mark_safe(_made(address).svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))


@csrf_exempt
@require_safe
def picture(request, code, kind):
    """``/r/<code>/qr.svg`` or ``.png``: says what everybody sees who opens the link. 404 for a code of nobody."""
    link = landing.find(request, code)
    if link is None:
        return landing.gone(request, code)
    response = HttpResponse(_drawn(links.address(link), kind), content_type=_TYPES[kind])
    # A code keeps its address; a day, for the storefront may move to a domain of its own.
    response["Cache-Control"] = "public, max-age=86400"
    # Shops show it on their pages.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


@functools.lru_cache(maxsize=1000)
def _drawn(address, kind):
    file = io.BytesIO()
    _made(address).save(file, kind=kind, scale=_SCALE)
    return file.getvalue()


def _made(address):
    return segno.make(address, error="m")
