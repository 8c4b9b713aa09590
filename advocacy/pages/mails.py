"""Where links in mails lead that need no sign-in: no more mails (RFC 8058), and yes to mails.

What looks at links before their reader does, such as a mail scanner, sends GET: that changes nothing.
"""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from advocacy import reading
from advocacy.mails import stopping
from advocacy.models import SuppressionReason


@never_cache
@csrf_exempt  # mail programs send it, without a page of ours; the signed token is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
def off(request, token):
    customer = stopping.of_token(token)
    if customer is None:
        return _broken(request)
    _choose_language(request, customer)
    done = "off" if stopping.is_off(customer) else ""
    if request.method == "POST":
        if request.POST.get("again"):
            stopping.subscribe_again(customer=customer)
            done = "again"
        else:
            stopping.unsubscribe(customer=customer, at=timezone.now())
            done = "off"
    return _page(request, "advocacy/mails_off.html", {"storefront": customer.storefront, "done": done})


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token):
    found, done = stopping.of_confirm_token(token), ""
    if found is None:
        return _broken(request)
    customer, mailbox = found
    _choose_language(request, customer)
    if request.method == "POST":
        done = "yes" if stopping.confirm(customer=customer, mailbox=mailbox, at=timezone.now()) else "no"
    return _page(request, "advocacy/mails_confirm.html", {"storefront": customer.storefront, "done": done})


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def never(request, token):
    found, done = stopping.of_never_token(token), ""
    if found is None:
        return _broken(request)
    storefront, digest = found
    reading.choose_language(request, known="", fallback=storefront.language)
    if request.method == "POST":
        done = "again" if request.POST.get("again") else "off"
        if done == "again":
            stopping.invite_again(storefront=storefront, digest=digest)
        else:
            refused = SuppressionReason.REFUSED
            stopping.stop_digest(storefront=storefront, digest=digest, reason=refused, at=timezone.now())
    return _page(request, "advocacy/mails_never.html", {"storefront": storefront, "done": done})


def _broken(request):
    """A link that was cut off or copied wrongly: whose it was is not known, so say what else they can do."""
    reading.choose_language(request)
    return _page(request, "advocacy/mails_broken.html", status=404)


def _page(request, template, context=None, **options):
    """It is somebody's own: nothing that searches the web keeps it."""
    response = render(request, template, context, **options)
    response["X-Robots-Tag"] = "noindex"
    return response


def _choose_language(request, customer):
    reading.choose_language(request, known=customer.locale, fallback=customer.storefront.language)
