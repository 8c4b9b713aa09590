"""A storefront's accounts at platforms: connected, their secrets changed without a gap, ended."""

import json
import re
from datetime import timedelta
from secrets import token_urlsafe

from django.db.models import Q

from advocacy import outbound, secrets
from advocacy.models import Connection, ConnectionStatus, Errand, Platform
from advocacy.refusals import Refused

LONGEST_OVERLAP = timedelta(days=30)
_LONGEST_SECRET = 500
_SHOPIFY = re.compile(r"[a-z0-9][a-z0-9-]{0,100}\.myshopify\.com")
_STRIPE = re.compile(r"(acct_[A-Za-z0-9]{1,100})?")


def connect(*, storefront, platform, name, shop="", secret="", credentials=None, api_address="", asked_daily=True, at):
    """A new connection. ``secret`` signs its webhooks; ``credentials`` is what its API asks for.

    Refuses what ``check_free`` does.
    """
    check_free(storefront=storefront, platform=platform, shop=shop)
    return Connection.objects.create(
        storefront=storefront,
        platform=platform,
        name=name,
        shop=shop,
        secret=_sealed(secret) if secret else None,
        credentials=secrets.seal(json.dumps(credentials)) if credentials else None,
        api_address=api_address,
        asked_daily=asked_daily,
        created_at=at,
    )


def check_free(*, storefront, platform, shop):
    """Refuses a shop that is connected already, and a second WooCommerce: each numbers its orders from 1."""
    mine = Connection.objects.filter(storefront=storefront, platform=platform)
    if mine.filter(shop=shop).exists():
        raise Refused(
            "connected_already", "This shop is connected already.", errors={"shop": "It is connected already."}
        )
    if platform == Platform.WOOCOMMERCE and mine.exists():
        said = "A storefront has one WooCommerce shop: another has orders of the same numbers. Add a storefront for it."
        raise Refused("one_shop_only", said, errors={"shop": said})


def checked_shop(*, platform, shop):
    """The shop as it is kept; refuses in words what cannot be one. Stripe's own account may be left empty."""
    shop = shop.strip()
    if platform == Platform.SHOPIFY:
        shop = shop.lower().removeprefix("https://").rstrip("/")
        if not _SHOPIFY.fullmatch(shop):
            raise Refused("invalid_shop", "Write the shop’s own name at Shopify, such as acme.myshopify.com.")
        return shop
    if platform == Platform.STRIPE:
        if not _STRIPE.fullmatch(shop):
            raise Refused("invalid_shop", "Write an account such as acct_1Nv0FG, or leave it empty for the key’s own.")
        return shop
    return outbound.checked_address(shop.rstrip("/"), name="shop")


def change(*, connection, name, asked_daily):
    connection.name, connection.asked_daily = name, asked_daily
    connection.save(update_fields=["name", "asked_daily"])


def make_secret(*, connection, at):
    """A signing secret of our own making, for a platform that takes one from us; the one that is there otherwise."""
    if not connection.secret:
        change_secret(connection=connection, secret=token_urlsafe(32), at=at)
    return secrets.open(connection.secret)


def change_secret(*, connection, secret, at, overlap=timedelta(days=1)):
    """From now on this secret signs; what the one before signed is taken for ``overlap`` longer."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refused("overlap_too_long", "Both secrets can sign side by side for at most 30 days.")
    connection.previous_secret, connection.previous_secret_until = connection.secret, at + overlap
    connection.secret = _sealed(secret)
    connection.save(update_fields=["secret", "previous_secret", "previous_secret_until"])


def change_credentials(*, connection, credentials):
    connection.credentials = secrets.seal(json.dumps(credentials))
    # What waited because the ones before were refused is tried now.
    connection.rests_until = None
    connection.save(update_fields=["credentials", "rests_until"])


def signing_secrets(connection, *, at):
    """The secrets that may sign a message now, the newest first."""
    sealed = [connection.secret]
    if connection.previous_secret_until and connection.previous_secret_until > at:
        sealed.append(connection.previous_secret)
    return [secrets.open(each) for each in sealed if each]


def credentials_of(connection):
    """What its API asks for; refuses where nothing was entered."""
    if not connection.credentials:
        raise Refused("no_credentials", f"Enter the API credentials of “{connection.name}” first.")
    return json.loads(secrets.open(connection.credentials))


def end(*, connection):
    """Whether it was active: its messages are refused from now on."""
    active = Connection.objects.filter(pk=connection.pk, status=ConnectionStatus.ACTIVE)
    ended = bool(active.update(status=ConnectionStatus.ENDED))
    # It may never be asked to end a code again whose owner is erased.
    Errand.objects.filter(connection=connection).exclude(former=None).update(former=None)
    return ended


def resume(*, connection):
    """Whether it had been ended: its messages are taken again."""
    ended = Connection.objects.filter(pk=connection.pk, status=ConnectionStatus.ENDED)
    return bool(ended.update(status=ConnectionStatus.ACTIVE))


def note_heard(*, connection, topics, at):
    """The topics that the platform says it sends to us."""
    connection.heard, connection.heard_at = sorted(topics), at
    connection.save(update_fields=["heard", "heard_at"])


def note_asked(*, connection, since, until):
    """All that changed in this period is here; the note moves on only where nothing lies between it and the last."""
    joined = Q(asked_until=None) | Q(asked_until__gte=since, asked_until__lt=until)
    Connection.objects.filter(joined, pk=connection.pk).update(asked_until=until)


def note_failure(*, connection, sentence, at):
    Connection.objects.filter(pk=connection.pk).update(last_failure=sentence[:500], last_failure_at=at)


def _sealed(secret):
    secret = secret.strip()
    if not secret or len(secret) > _LONGEST_SECRET or not secret.isprintable():
        raise Refused("invalid_secret", "Paste the signing secret as the platform shows it.")
    return secrets.seal(secret)
