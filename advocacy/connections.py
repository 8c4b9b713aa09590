"""A storefront's accounts at platforms: connected, their secrets changed without a gap, ended."""

import json
from datetime import timedelta

from advocacy import secrets
from advocacy.models import Connection, ConnectionStatus
from advocacy.refusals import Refused

LONGEST_OVERLAP = timedelta(days=30)
_LONGEST_SECRET = 500


def connect(*, storefront, platform, name, shop="", secret="", credentials=None, api_address="", at):
    """A new connection. ``secret`` signs its webhooks; ``credentials`` is what its API asks for."""
    return Connection.objects.create(
        storefront=storefront,
        platform=platform,
        name=name,
        shop=shop,
        secret=_sealed(secret) if secret else None,
        credentials=secrets.seal(json.dumps(credentials)) if credentials else None,
        api_address=api_address,
        created_at=at,
    )


def change_secret(*, connection, secret, at, overlap=timedelta(days=1)):
    """From now on this secret signs; what the one before signed is taken for ``overlap`` longer."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refused("overlap_too_long", "Both secrets can sign side by side for at most 30 days.")
    connection.previous_secret, connection.previous_secret_until = connection.secret, at + overlap
    connection.secret = _sealed(secret)
    connection.save(update_fields=["secret", "previous_secret", "previous_secret_until"])


def change_credentials(*, connection, credentials):
    connection.credentials = secrets.seal(json.dumps(credentials))
    connection.save(update_fields=["credentials"])


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
    return bool(active.update(status=ConnectionStatus.ENDED))


def note_failure(*, connection, sentence, at):
    Connection.objects.filter(pk=connection.pk).update(last_failure=sentence[:500], last_failure_at=at)


def _sealed(secret):
    secret = secret.strip()
    if not secret or len(secret) > _LONGEST_SECRET or not secret.isprintable():
        raise Refused("invalid_secret", "Paste the signing secret as the platform shows it.")
    return secrets.seal(secret)
