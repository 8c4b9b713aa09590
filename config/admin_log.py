"""What the log of the admin says of a person: that somebody did something stays; of whom and why does not."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from advocacy import ids
from advocacy.models import Advocate, Alert, Answer, Consent, Customer, Mail, Merge, Report, Testimonial
from referrals.models import (
    Claim,
    Conversion,
    Invitation,
    Link,
    Order,
    PrivacyRequest,
    Referral,
    ReviewCase,
)
from rewards.models import Adjustment, Coupon, Payee, PayeeChange, Payout, Redemption, Reward, ShopCredit

_ERASED = "(erased)"
# The ways from a row to the customers whom it is about.
ABOUT = {
    Customer: ["pk"],
    Advocate: ["customer"],
    Answer: ["customer"],
    Consent: ["customer"],
    Mail: ["customer"],
    Merge: ["survivor", "merged"],
    Report: ["customer"],
    Testimonial: ["customer"],
    Claim: ["advocate__customer", "friend", "order__customer"],
    Conversion: ["referral__advocate__customer", "referral__friend", "order__customer"],
    Invitation: ["advocate__customer"],
    Link: ["advocate__customer"],
    Order: ["customer"],
    PrivacyRequest: ["customer"],
    Referral: ["advocate__customer", "friend"],
    ReviewCase: ["conversion__referral__advocate__customer", "conversion__referral__friend"],
    Adjustment: ["customer"],
    Coupon: ["customer"],
    Payee: ["customer"],
    PayeeChange: ["payee__customer"],
    Payout: ["customer"],
    Redemption: ["customer"],
    Reward: ["recipient"],
    ShopCredit: ["customer"],
}


def told(customer):
    """The words of the log are colleagues' own, and of the shop's work; nothing of them is told."""
    return {}


def erase(customer, *, at):
    """Before the rows go: by them it is known whom an entry is about."""
    for model, paths in ABOUT.items():
        about = Q()
        for path in paths:
            about |= Q(**{path: customer.pk})
        _empty(model, model.objects.filter(about))
    links = Link.objects.filter(advocate__customer=customer).values_list("public_id", flat=True)
    _empty(Alert, Alert.objects.filter(subject__in=[ids.encode("lnk", link) for link in links]))


def forget(*, before, at):
    LogEntry.objects.filter(action_time__lt=before).delete()


def _empty(model, found):
    keys = [str(pk) for pk in found.values_list("pk", flat=True).distinct()]
    for entry in LogEntry.objects.filter(content_type__in=_kinds(model), object_id__in=keys):
        entry.object_repr, entry.change_message = _ERASED, _what(entry.change_message)
        entry.save(update_fields=["object_repr", "change_message"])


def _kinds(model):
    """Of the model and of the pages that show it as something else, such as a customer's wallet."""
    found = ContentType.objects.get_for_models(*_shown_as(model), for_concrete_models=False)
    return [kind.pk for kind in found.values()]


def _shown_as(model):
    return [model, *(each for each in model.__subclasses__() if each._meta.proxy)]


def _what(message):
    """What was done, without the reason behind it; what forms write is about fields, and says nothing without names."""
    return "" if message.startswith("[") else message.split(":")[0]
