"""The way into the portal that a storefront opens for its customer."""

from django.conf import settings
from django.contrib.auth import login
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET
from rest_framework import serializers

from advocacy import customers, portal_sessions
from advocacy.api import fields
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.schema import Call, documented


class PortalSessionCall(fields.StrictSerializer):
    customer = fields.Name(max_length=210, help_text="cus_…, or ext_ and your own id.")

    example = {"customer": "ext_alice"}


class PortalSessionAnswer(serializers.Serializer):
    id = fields.PublicId("portal_session", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    url = serializers.CharField(help_text="Send the customer there at once: it opens once, until expires_at.")
    expires_at = fields.Moment()

    example = {
        "id": sample("portal_session"),
        "customer": sample("customer"),
        "url": "https://referrals.acme.example/portal/enter/pts_…:signature/",
        "expires_at": BOUGHT,
    }


@documented(
    "Portal sessions",
    post=Call(
        "Let a customer into the portal",
        PortalSessionAnswer,
        takes=PortalSessionCall,
        creates=True,
        repeats=False,
        description="For a customer who is signed in at your shop: an address that opens the portal as them, without "
        "a code by mail. It is signed, lasts ten minutes and opens once; ask for it when they click, and send them on.",
    ),
)
class PortalSessions(Endpoint):
    def post(self, request):
        call = self.taken(PortalSessionCall)
        customer = customers.named(storefront=request.storefront, name=call["customer"])
        # Who opens it comes by the real clock, also to a test twin.
        row, token = portal_sessions.make(customer=customer, at=timezone.now())
        row.url = settings.BASE_URL + reverse("portal-enter", args=[token])
        return created(PortalSessionAnswer(row).data, new=True)


@never_cache
@require_GET
@sensitive_variables()
def enter(request, token):
    """Opens the portal once. A browser that only looks ahead opens nothing."""
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return render(request, "portal/not_open.html", status=403)
    user = portal_sessions.open_once(token=token, at=timezone.now())
    if user is None:
        return render(request, "portal/not_open.html", status=410)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.set_expiry(portal_sessions.STAYS)
    answer = redirect("portal-index")
    answer["Referrer-Policy"] = "no-referrer"
    return answer
