"""Stripe's API, by its official library: https://docs.stripe.com/api. Its calls go through ``advocacy.outbound``."""

from datetime import timedelta

import stripe

from advocacy.platforms.calling import PlatformFailed, Registered, asked_to_wait

credentials = {"api_key": "Secret or restricted key (sk_… or rk_…)"}
PAGE = 100
BY_HAND = set()
ADDRESS = "https://api.stripe.com"


class _Outbound(stripe.HTTPClient):
    """Lets the library call nothing but what our own calls may reach, with the same patience."""

    name = "outbound"

    def __init__(self, caller):
        super().__init__()
        self._caller = caller

    def request(self, method, url, headers, post_data=None):
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        answer = self._caller.call(method.upper(), url, headers=dict(headers), body=body)
        return answer.body.decode(errors="replace"), answer.status, answer.headers

    def close(self):
        """Every call is a connection of its own."""


def client(caller):
    """The library's client of this connection."""
    connection = caller.connection
    return stripe.StripeClient(
        caller.credential("api_key"),
        http_client=_Outbound(caller),
        max_network_retries=0,
        base_addresses={"api": connection.api_address.rstrip("/") or ADDRESS},
        stripe_account=connection.shop if connection.shop.startswith("acct_") else None,
    )


def changed(caller, *, since, until, cursor):
    """A page of what was made in the period, or so long before that it may have been paid, lost or won in it."""
    ours = client(caller).v1
    lists = [
        ("checkout.session.completed", ours.checkout.sessions.list, 14, {"status": "complete"}),
        ("invoice.paid", ours.invoices.list, 30, {"status": "paid", "expand": ["data.payments"]}),
        ("payment_intent.succeeded", ours.payment_intents.list, 14, {}),
        ("refund.created", ours.refunds.list, 30, {}),
        ("charge.dispute.closed", ours.disputes.list, 120, {}),
    ]
    place = cursor.get("list", 0)
    topic, listed, days_before, more = lists[place]
    made = {"gte": int((since - timedelta(days=days_before)).timestamp()), "lte": int(until.timestamp())}
    after = {"starting_after": cursor["after"]} if "after" in cursor else {}
    found = in_words(lambda: listed({"created": made, "limit": PAGE} | more | after))
    page = in_words(lambda: [each.to_dict() for each in found.data])
    further = {"list": place + 1} if place + 1 < len(lists) else None
    further = {"list": place, "after": page[-1]["id"]} if found.has_more and page else further
    return [(topic, each) for each in page if topic != "payment_intent.succeeded" or _is_paid(each)], further


def _is_paid(intent):
    return intent.get("status") == "succeeded"


def heard(caller, address):
    mine = _endpoint(client(caller), address)
    return set(mine.enabled_events) if mine and mine.status == "enabled" else set()


def _endpoint(ours, address):
    listed = in_words(lambda: ours.v1.webhook_endpoints.list({"limit": PAGE}))
    return next((each for each in listed.data if each.url == address), None)


def register(caller, address, topics, secret):
    """One endpoint for all topics. Stripe tells its secret once: without it the endpoint is made anew."""
    ours = client(caller)
    mine = _endpoint(ours, address)
    there = set(mine.enabled_events) if mine and mine.status == "enabled" else set()
    missing = tuple(topic for topic in topics if topic not in there and "*" not in there)
    if mine and secret and not missing:
        return Registered()
    events = sorted({*there, *topics} - {"*"}) if "*" not in there else ["*"]
    if mine and secret:
        in_words(lambda: ours.v1.webhook_endpoints.update(mine.id, {"enabled_events": events, "disabled": False}))
        return Registered(topics=missing)
    if mine:
        in_words(lambda: ours.v1.webhook_endpoints.delete(mine.id))
    wanted = {"url": address, "enabled_events": events, "api_version": stripe.api_version}
    made = in_words(lambda: ours.v1.webhook_endpoints.create(wanted))
    return Registered(topics=tuple(topics), secret=made.secret)


def about(caller):
    account = in_words(client(caller).v1.accounts.retrieve_current)
    name = getattr(getattr(account, "settings", None), "dashboard", None)
    mode = "test" if is_test(caller) else "live"
    shown = getattr(name, "display_name", None) or account.id
    return f"It is the account “{shown}” ({account.id}), with a key of {mode} mode."


def is_test(caller):
    return caller.credential("api_key").startswith(("sk_test_", "rk_test_"))


def in_words(ask):
    try:
        return ask()
    except stripe.StripeError as error:
        said = error.user_message or "it could not be reached."
        status = f" answered {error.http_status}" if error.http_status else ""
        wait = asked_to_wait({name.lower(): value for name, value in (error.headers or {}).items()})
        told = {"answered": error.http_status, "wait": wait}
        raise PlatformFailed("platform_failed", f"Stripe{status}: {said}"[:300], **told) from error
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise PlatformFailed("platform_failed", "Stripe did not answer as its API says.") from error
