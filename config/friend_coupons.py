"""``POST /a/<code>/coupon``: a friend asks for a code of their own. Joins the landing page and the program's pool.

Not by opening the page: robots open links, and would use up codes. What their browser is told to remember is needed for
what they asked for, names nobody, and is read by this page alone.
"""

from uuid import UUID

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from advocacy import addresses, ids, reading
from referrals import clicks, destinations
from referrals.pages import landing
from rewards.coupons import friends

_AT_MOST = 300


# Nobody is signed in here, and whoever is led to press it gets what the page gives to anybody.
@csrf_exempt
def coupon(request, code):
    at = timezone.now()
    link = landing.open_link(request, code, at=at)
    if link is None:
        return landing.gone(request, code)
    if request.method != "POST" or link.program.friends_pool is None:
        return redirect("landing", link.code)
    click = ids.decode("clk", request.GET.get("click", "")[:_AT_MOST])
    visit = _remembered(request, link.program) or click or ids.uuid7()
    found = friends.hand_out(program=link.program, link=link.public_id, visit=visit, visitor=_near(request, at), at=at)
    return _shown(request, link, found, click, at)


def _near(request, at):
    """The day's digest of the network alone: who asks as many browsers asks no more often."""
    return clicks.visitor(request_address=addresses.of(request), user_agent="", at=at)


def _cookie(program):
    return f"coupon_{ids.encode('prg', program.public_id)}"


def _remembered(request, program):
    said = request.get_signed_cookie(_cookie(program), default="", salt="coupon")
    return UUID(said) if said else None


def _shown(request, link, found, click, at):
    reading.choose_language(request, fallback=link.storefront.language)
    whole = friends.shown(found, at=at) if found else ""
    shop = destinations.address(
        destination=link.destination,
        program_destination=link.program.destination,
        allowed_hosts=link.program.allowed_hosts,
        code=link.code,
        coupon=whole,
        click=ids.encode("clk", click) if click else "",
        utm=destinations.campaign(request.GET),
    )
    context = {
        "storefront": link.storefront,
        "program": link.program,
        "coupon": whole,
        "worth": _worth(found),
        "over": found is not None and not whole,
        "ends": reading.day(found.ends_at, zone=link.program.time_zone, at=at) if whole else "",
        "shop": shop or link.storefront.url,
    }
    response = landing.private(render(request, "referrals/coupon.html", context))
    if found:
        kept = {"expires": found.ends_at, "path": "/a/", "secure": request.is_secure(), "httponly": True}
        response.set_signed_cookie(_cookie(link.program), str(found.visit), salt="coupon", samesite="Lax", **kept)
    return response


def _worth(found):
    if found is None:
        return ""
    pool = found.pool
    return reading.short_amount(pool.amount_minor, pool.currency) if pool.currency else reading.percent(pool.percent_bp)
