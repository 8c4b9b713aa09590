"""Who keeps something of people: the lists of ``config/privacy.py``."""

from django.conf import settings
from django.utils.module_loading import import_string


def all():
    return import_string(settings.PRIVACY_PARTS)


def searches():
    """``search(customer=, cursor=, at=)`` erases a part of what names the person without a key to find it by, and
    answers where to go on, or None where nothing is left. They are done before the rows that name the person.
    """
    return import_string(settings.PRIVACY_SEARCHES)
