"""How people sign in: customers by a code that is mailed to them; on the way to the admin also by a password."""

import hashlib
from datetime import timedelta

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, RequestLoginCodeForm
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from advocacy import emails, mails
from advocacy.mails import composing
from advocacy.models import Customer
from advocacy.pages import brand


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Nobody signs up apart from signing in: ``user_of`` makes who is a customer a user."""
        return False

    def send_mail(self, template_prefix, email, context):
        """By the queue of all mails, before the others. They name the shop they come from, where it is known."""
        request, at = allauth_context.request, timezone.now()
        storefront = _known_to(email) or (brand.of_host(request) if request else None)
        look = {"request": request, "email": email, "storefront": storefront, "language": get_language()}
        look |= composing.paint(storefront.colour) if storefront else {}
        said = self.render_mail(template_prefix, email, look | context)
        mails.hand_over(
            to=email,
            subject=said.subject,
            text=said.body,
            html=said.alternatives[0][0],
            storefront=storefront,
            until=at + timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT),
            at=at,
        )


class RequestCode(RequestLoginCodeForm):
    """The address a code is sent to. The answer is the same whether we know it or not; only its mail differs."""

    def clean_email(self):
        email = super().clean_email()
        if not self._user:
            self._user = user_of(email)
        return email


class Login(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def _setup_password_field(self):
        """allauth takes the field away where nobody signs up with a password; staff were given one by a colleague."""
        if not self._to_the_admin():
            del self.fields["password"]
            return
        password = self.fields["password"]
        password.required = False
        password.help_text = "Leave it empty, and a code is mailed to you."

    def _to_the_admin(self):
        request = self.request
        return request is not None and request.POST.get("next", request.GET.get("next", "")).startswith("/admin/")

    def _clean_without_password(self, email, phone):
        form = RequestCode({"email": email})
        if form.is_valid():
            self.user = form._user
        for error in form.errors.get("email", []):
            self.add_error("login", error)
        return self.cleaned_data


def user_of(email):
    """The user for a customer who signs in for the first time, or None where no storefront knows the address.

    The address counts as verified only once its code was typed. Two calls at once make one user: its name is made
    of the address.
    """
    email = email.lower()
    if not _customers(email).exists():
        return None
    username = "customer-" + hashlib.sha256(email.encode()).hexdigest()[:32]
    with transaction.atomic():
        user, created = get_user_model().objects.get_or_create(username=username, defaults={"email": email})
        if created:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    return user if user.is_active else None


def _known_to(email):
    """The storefront that this address knows, if it is one."""
    found = _customers(email).select_related("storefront").order_by("storefront_id").distinct("storefront_id")[:2]
    storefronts = [customer.storefront for customer in found]
    return storefronts[0] if len(storefronts) == 1 else None


def _customers(email):
    """As ``advocacy.pages.people`` finds them: by the key, which an index serves."""
    return Customer.objects.filter(email_key=emails.normalise(email), storefront__test_twin_of__isnull=True)
