"""Whether we hear of a connection all that we need: its webhooks registered, looked at, and what came of them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Sum

from advocacy import connections, ids, platforms
from advocacy.models import Platform
from referrals.inbound.platforms import ALL
from referrals.models import InboundMessage, InboundRefusal

# An admin waits before the page.
PATIENCE = 5
COUNTED = timedelta(days=30)


@dataclass(frozen=True)
class Topic:
    """``sent``: whether the platform says that it sends it, None where that is not known; ``last_at``: when it came."""

    name: str
    sent: bool | None
    last_at: object


def address_of(connection):
    """Where the platform sends its webhooks to."""
    return f"{settings.BASE_URL}/in/{connection.platform}/{ids.encode('con', connection.public_id)}"


def register(*, connection, at):
    """Have the platform send all topics we need; answers those that were missing. A secret that it makes is kept."""
    caller, api = platforms.Caller(connection, patience=PATIENCE), platforms.ALL[connection.platform]
    makes_none = connection.platform == Platform.WOOCOMMERCE
    secret = connections.make_secret(connection=connection, at=at) if makes_none else bool(connection.secret)
    address, topics = address_of(connection), ALL[connection.platform].TOPICS
    there = api.heard(caller, address)
    made = api.register(caller, address, topics, secret)
    if made.secret:
        connections.change_secret(connection=connection, secret=made.secret, at=at)
    connections.note_heard(connection=connection, topics=there | set(made.topics), at=at)
    return made.topics


def look(*, connection, at):
    """Ask the platform whose account it is and what it sends to us; answers a sentence."""
    caller, api = platforms.Caller(connection, patience=PATIENCE), platforms.ALL[connection.platform]
    about, heard = api.about(caller), api.heard(caller, address_of(connection))
    connections.note_heard(connection=connection, topics=heard, at=at)
    missing = missing_of(connection)
    if missing:
        return f"{about} It does not send us yet: {', '.join(missing)}. Use “Register webhooks”."
    return f"{about} It sends us all that is needed."


def missing_of(connection):
    """Topics that the platform did not say it sends; none where it was never asked."""
    if not connection.heard_at or "*" in connection.heard:
        return []
    by_hand = platforms.ALL[connection.platform].BY_HAND
    return [
        topic for topic in ALL[connection.platform].TOPICS if topic not in connection.heard and topic not in by_hand
    ]


def topics_of(connection):
    """Each topic we need, and what else came."""
    last = dict(
        InboundMessage.objects.filter(connection=connection)
        .order_by("topic", "-id")
        .distinct("topic")
        .values_list("topic", "received_at")
    )
    needed, by_hand = ALL[connection.platform].TOPICS, platforms.ALL[connection.platform].BY_HAND
    others = sorted(last.keys() - set(needed))
    asked = {*connection.heard} if connection.heard_at else None

    def sent(name):
        # What we do not need is not missing.
        unknown = asked is None or name in by_hand or name not in needed
        return None if unknown else name in asked or "*" in asked

    return [Topic(name, sent(name), last.get(name)) for name in [*needed, *others]]


def refusals_of(connection, *, at):
    """``[(reason, count)]`` of the last 30 days, the most frequent first."""
    lately = InboundRefusal.objects.filter(connection=connection, day__gte=(at - COUNTED).date())
    return list(lately.values("reason").annotate(total=Sum("count")).order_by("-total").values_list("reason", "total"))
