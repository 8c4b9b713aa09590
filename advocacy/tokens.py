"""Customer tokens: a storefront's server says who looks at its page, so that a widget may act as that customer.

A token is a JWT (HS256) that the storefront signs with its secret: ``external_id``, perhaps ``email``, and ``exp``, at
most an hour ahead. What one may do is decided by the doors: share and read, never redeem and never be paid.
"""

import secrets as randomness
from dataclasses import dataclass
from datetime import timedelta

import jwt

from advocacy import given, secrets
from advocacy.refusals import Refused

LONGEST = timedelta(hours=1)
OVERLAP = timedelta(days=1)
# Clocks of two servers differ.
_LEEWAY = timedelta(seconds=60)
_LONGEST_TOKEN = 4000


class Invalid(Refused):
    status = 401


@dataclass(frozen=True)
class Claims:
    external_id: str
    email: str = ""


def new_secret(*, storefront, at):
    """A secret to sign with, shown this once. The one before counts for a day longer."""
    text = f"cts_{randomness.token_urlsafe(32)}"
    storefront.previous_token_secret = storefront.token_secret
    storefront.previous_token_secret_until = at + OVERLAP
    storefront.token_secret = secrets.seal(text)
    storefront.save(update_fields=["previous_token_secret", "previous_token_secret_until", "token_secret"])
    return text


def read(*, storefront, token, at):
    """The Claims of a token of this storefront. Raises ``Invalid`` with what is wrong, never saying of what secret."""
    said = _verified(token, _secrets(storefront, at))
    end = said["exp"]
    if isinstance(end, bool) or not isinstance(end, int | float):
        raise _invalid("exp must be a number of seconds since 1970")
    if end <= (at - _LEEWAY).timestamp():
        raise _invalid("it has expired; have your server make a new one")
    if end > (at + LONGEST + _LEEWAY).timestamp():
        raise _invalid("exp must be at most an hour ahead")
    try:
        name = given.text("external_id", said.get("external_id"), longest=200, required=True)
        email = given.email("email", said["email"]) if said.get("email") else ""
    except Refused as refused:
        raise _invalid(refused.message) from refused
    return Claims(name, email)


def _secrets(storefront, at):
    until = storefront.previous_token_secret_until
    known = [storefront.token_secret, storefront.previous_token_secret if until and until > at else None]
    return [secrets.open(sealed) for sealed in known if sealed]


def _verified(token, known):
    """What the token says, its signature checked; the times are looked at by our own clock."""
    options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False, "require": ["exp"]}
    for secret in known if len(token) <= _LONGEST_TOKEN else ():
        try:
            return jwt.decode(token, secret, algorithms=["HS256"], options=options)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise _invalid("it is no JWT signed with HS256 that has an exp") from error
    raise _invalid("it is not signed with the secret of this storefront")


def _invalid(reason):
    return Invalid("customer_token_invalid", f"This Customer-Token is not valid: {reason}.")
