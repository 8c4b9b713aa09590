"""Read the environment, and refuse what cannot work in words that name the variable and say what to write."""

import base64
import importlib.util
import json
import os
import zoneinfo
from email.utils import parseaddr
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
_KEY_BYTES = 32
_LEAST_SECRET, _LEAST_PASSWORD, _LEAST_TOKEN = 24, 16, 20


def read_file(checkout):
    """Add what ``.env`` says (or the file that ENV_FILE names) to the environment, which itself comes first."""
    path = os.environ.get("ENV_FILE", checkout / ".env")
    if path and os.path.isfile(path):
        env.read_env(path)
    elif os.environ.get("ENV_FILE"):
        refuse("ENV_FILE", "the path of a file of settings, or empty for none")


def refuse(name, wanted):
    raise ImproperlyConfigured(f"{name} must be {wanted}; it is {env.str(name, '')!r}.")


def text(name, default=""):
    return env.str(name, default)


def choice(name, default, *, among):
    value = text(name, default)
    if value not in among:
        refuse(name, "one of " + ", ".join(among))
    return value


def flag(name, *, default):
    value = text(name, "yes" if default else "no").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    return refuse(name, "yes or no")


def whole_number(name, *, default, least, most):
    value = text(name, str(default)).strip()
    if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
        refuse(name, f"a whole number from {least} to {most}")
    return int(value)


def limits(name):
    """``{"reviews": {"hours": 24}}`` of ``reviews.hours=24``."""
    found = {}
    for said in names(name):
        place, _, number = said.partition("=")
        whose, dot, limit = place.strip().partition(".")
        if not (whose and dot and limit and number.strip().isascii() and number.strip().isdigit()):
            refuse(name, "whole numbers by name, separated by commas, such as reviews.hours=24")
        found.setdefault(whose, {})[limit] = int(number)
    return found


def names(name, default=()):
    return [part.strip() for part in text(name, ",".join(default)).split(",") if part.strip()]


def encryption_keys(name, *, needed):
    """Keys of 32 random bytes in URL-safe base64, separated by commas; none only where they are not needed."""
    keys = names(name)
    if not all(_is_key(key) for key in keys) or (needed and not keys):
        # A key, even a mistyped one, must not stand in a log.
        raise ImproperlyConfigured(
            f"{name} must be one or more keys, separated by commas, each 32 random bytes in URL-safe base64. "
            "Make one with: "
            "python3 -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'"
        )
    return keys


def token(name):
    """What a caller shows to be let in; empty: nobody is."""
    value = text(name)
    if value and (len(value) < _LEAST_TOKEN or not value.isascii() or not value.isprintable()):
        raise ImproperlyConfigured(
            f"{name} must be {_LEAST_TOKEN} random characters or more, or empty. Make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return value


def signing_secret(name):
    """What a sender signs with, as Standard Webhooks writes it; empty: nobody does."""
    value = text(name)
    if value:
        try:
            good = value.startswith("whsec_") and len(base64.b64decode(value[6:], validate=True)) >= _LEAST_SECRET
        except ValueError:
            good = False
        if not good:
            raise ImproperlyConfigured(
                f"{name} must be whsec_ and 24 random bytes or more in base64, or empty. Make one with: "
                'python3 -c "import base64, secrets; '
                "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
            )
    return value


def mail_service(name):
    """A backend of django-anymail by its name, or none."""
    value = text(name)
    if value and (not value.isidentifier() or importlib.util.find_spec(f"anymail.backends.{value}") is None):
        refuse(name, "the name of a mail service as django-anymail writes it, such as postmark or amazon_ses, or empty")
    return value


def name_and_password(name):
    """``name:password`` for HTTP's basic authentication; empty: none."""
    value = text(name)
    user, _, password = value.partition(":")
    if value and (not user or len(password) < _LEAST_PASSWORD or not value.isascii() or not value.isprintable()):
        raise ImproperlyConfigured(
            f"{name} must be a name, a colon and a password of {_LEAST_PASSWORD} characters or more, or empty. Make "
            "one with: python3 -c \"import secrets; print('mail:' + secrets.token_urlsafe(32))\""
        )
    return value


def json_object(name):
    try:
        value = json.loads(text(name) or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        # It holds the key of a mail service, which must not stand in a log.
        raise ImproperlyConfigured(f'{name} must be an object in JSON, such as {{"POSTMARK_SERVER_TOKEN": "…"}}.')
    return value


def _is_key(text):
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == _KEY_BYTES
    except ValueError:
        return False


def address(name, default, *, schemes):
    """An address such as ``https://referrals.example.com``, without a slash at its end."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        good = parts.scheme in schemes and "://" in value and (parts.netloc or parts.path)
    except ValueError:
        good = False
    if not good:
        refuse(name, "an address that begins with " + " or ".join(f"{scheme}://" for scheme in schemes))
    return value


def origin(name, default, *, schemes):
    """An address with nothing after its host and port."""
    value = address(name, default, schemes=schemes)
    parts = urlsplit(value)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        refuse(name, "an address without a path, such as https://referrals.example.com")
    return value


def sender(name, default):
    """A mail address, alone or as ``Name <address>``."""
    value = text(name, default)
    local, _, host = parseaddr(value)[1].partition("@")
    if not local or not host:
        refuse(name, "a mail address, such as Referrals <referrals@example.com>")
    return value


def time_zone(name, default):
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
        refuse(name, "a time zone's name such as Europe/Berlin")
    return value


def database(name, default):
    """Django's database settings from an address such as ``postgresql://user:password@host:5432/name``."""
    value = address(name, default, schemes=("postgresql", "postgres"))
    try:
        settings = environ.Env.db_url_config(value)
    except (ValueError, ImproperlyConfigured):
        refuse(name, "an address such as postgresql://user:password@host:5432/name")
    if not settings.get("NAME"):
        refuse(name, "an address that ends with the database's name, such as postgresql://user@host:5432/name")
    return settings


def mail(name, default):
    try:
        return env.email_url(name, default)
    except (KeyError, ValueError, ImproperlyConfigured):
        return refuse(name, "an address such as smtp+tls://user:password@host:587 or consolemail://")
