"""What signing in to the portal keeps of a person, and what the log of the admin says of them."""

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from advocacy.models import Advocate, Customer
from advocacy.privacy.exporting import rows
from referrals.models import Link, Referral
from rewards.models import Adjustment, Payee

_ERASED = "(erased)"


def told(customer):
    return {"sign_ins": rows(_people(customer), "email", "date_joined", "last_login")}


def erase(customer, *, at):
    elsewhere = Customer.objects.filter(email_key=customer.email_key).exclude(pk=customer.pk)
    if customer.email_key and not elsewhere.exists():
        # Staff sign in by the same rows: they stay.
        _people(customer).filter(is_staff=False, is_superuser=False).delete()
    for model, path in _LOGGED.items():
        _empty_log(model, model.objects.filter(**{path: customer.pk}))


def _people(customer):
    if not customer.email_key:
        return User.objects.none()
    return User.objects.filter(pk__in=EmailAddress.objects.filter(email__iexact=customer.email).values("user"))


_LOGGED = {
    Customer: "pk",
    Advocate: "customer",
    Link: "advocate__customer",
    Referral: "friend",
    Adjustment: "customer",
    Payee: "customer",
}


def _empty_log(model, found):
    """That somebody did something stays; of whom and why does not."""
    keys = [str(pk) for pk in found.values_list("pk", flat=True)]
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=keys)
    for entry in about:
        entry.object_repr, entry.change_message = _ERASED, entry.change_message.split(":")[0]
        entry.save(update_fields=["object_repr", "change_message"])
