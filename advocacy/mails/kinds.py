"""Every kind of mail that an event asks for: to whom, when, and by which words. The words are shipped in English and
translated by gettext; a program may have its own (``MailWording``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop as _

from advocacy.models import MailKind

# Forms of reward of which an amount says what it is.
_AMOUNTS = {"credit", "points", "cash"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """``whose``: the event's person it goes to; ``asked``: every advocate who must agree to what was published.
    ``promotional``: only with consent. ``stoppable``: not to who unsubscribed. ``applies(event)``: of its events only
    these. ``button``: its words and where it leads.
    """

    kind: MailKind
    subject: str
    heading: str
    text: str
    # The type of event that asks for it; none: an advocate does.
    event: str = ""
    button: str = ""
    leads_to: str = "portal"
    whose: str = "customer"
    promotional: bool = False
    stoppable: bool = True
    applies: Callable = lambda event: True
    names_amount: bool = True
    # Facts that an example of the preview has.
    example: dict | None = None


def _waits(event):
    """Without a hold it is credited at once, and one mail is enough."""
    due, facts = event.facts["due_at"], event.facts
    return facts["pending_minor"] > 0 and (due is None or datetime.fromisoformat(due) > event.recorded_at)


def _asks_to_confirm(event):
    return event.facts["channel"] == "email" and event.facts["state"] == "pending" and event.facts["counts"]


def amount_of(facts):
    """``(minor units, unit)`` that a mail about these facts may name, or None."""
    if "currency" in facts:
        return facts["amount_minor"], facts["currency"]
    if facts.get("form") not in _AMOUNTS:
        return None
    return facts["available_minor"] or facts["pending_minor"] or facts["granted_minor"], facts["unit"]


_REWARD = {"form": "credit", "unit": "EUR", "granted_minor": 1000, "pending_minor": 0, "available_minor": 1000}
_REWARD |= {"due_at": "2026-12-06T10:15:00+00:00", "expires_at": "2027-12-06T10:15:00+00:00"}

KINDS = {
    each.kind: each
    for each in (
        Kind(
            kind=MailKind.WELCOME,
            event="advocate.enrolled",
            subject=_("Your link for {shop}"),
            heading=_("Welcome to {program}"),
            text=_("This is your own link. Send it to friends who would like {shop}.\n\n{offer}"),
            button=_("Share your link"),
        ),
        Kind(
            kind=MailKind.FRIEND_JOINED,
            event="referral.created",
            whose="advocate",
            subject=_("A friend came with your link"),
            heading=_("A friend came with your link"),
            text=_("Somebody you invited has come to {shop}. Your page shows what happens next."),
            button=_("See how it goes on"),
        ),
        Kind(
            kind=MailKind.FRIEND_OFFER,
            event="referral.created",
            whose="friend",
            promotional=True,
            subject=_("Your offer at {shop}"),
            heading=_("A friend has something for you"),
            text=_("You came to {shop} with a friend’s link. This is what you get:\n\n{offer}"),
            button=_("Go to the shop"),
            leads_to="shop",
        ),
        Kind(
            kind=MailKind.REWARD_PENDING,
            event="reward.pending",
            applies=_waits,
            subject=_("A reward is on its way to you"),
            heading=_("A reward is on its way"),
            text=_("You earned a reward at {shop}. It becomes yours on {day}, if nothing is sent back until then."),
            button=_("See your rewards"),
            example=_REWARD | {"pending_minor": 1000, "available_minor": 0},
        ),
        Kind(
            kind=MailKind.REWARD_AVAILABLE,
            event="reward.credited",
            subject=_("Your reward is here"),
            heading=_("Your reward is here"),
            text=_("What you earned at {shop} is yours now. Thank you."),
            button=_("See your rewards"),
            example=_REWARD,
        ),
        Kind(
            kind=MailKind.REWARD_EXPIRING,
            event="reward.expiring",
            subject=_("Your reward expires on {day}"),
            heading=_("Use it before {day}"),
            text=_("What is left of a reward of yours at {shop} expires on {day}."),
            button=_("See your rewards"),
            example=_REWARD,
        ),
        Kind(
            kind=MailKind.REWARD_EXPIRED,
            event="reward.expired",
            names_amount=False,
            subject=_("A reward of yours has expired"),
            heading=_("A reward has expired"),
            text=_("What was left of a reward of yours at {shop} has expired. What else you have is on your page."),
            button=_("See your rewards"),
            example=_REWARD | {"available_minor": 0},
        ),
        Kind(
            kind=MailKind.REWARD_REVERSED,
            event="reward.reversed",
            names_amount=False,
            subject=_("A reward of yours has changed"),
            heading=_("A reward has changed"),
            text=_(
                "A reward of yours at {shop}, or a part of it, was taken back. That happens when what it was for was "
                "sent back or cancelled, or does not meet the terms of the program after all.\n\n"
                "Your page shows what you have now. If you think it is a mistake, answer this mail."
            ),
            button=_("See your rewards"),
            example=_REWARD | {"available_minor": 0},
        ),
        Kind(
            kind=MailKind.PAYOUT,
            event="payout.paid",
            stoppable=False,
            subject=_("Your payout from {shop}"),
            heading=_("Your payout was made"),
            text=_("We paid out what you earned at {shop}. A bank may take a few days until it reaches you."),
            button=_("See your statement"),
            example={"amount_minor": 2500, "currency": "EUR"},
        ),
        Kind(
            kind=MailKind.TERMS,
            event="terms.published",
            whose="asked",
            stoppable=False,
            applies=lambda event: event.facts["material"],
            subject=_("Please agree to the terms of {program}"),
            heading=_("Please agree to the terms"),
            text=_(
                "{shop} asks you to agree to the terms of {program} as they are now.\n\n{changes}\n\n"
                "Your link works and you go on earning. Payouts wait until you agree."
            ),
            button=_("Read the terms"),
            example={"number": 0, "material": True},
        ),
        Kind(
            kind=MailKind.CLAIM,
            event="claim.decided",
            subject=_("About the friend you missed at {shop}"),
            heading=_("About the friend you missed"),
            text=_("On {day} you told us that a friend is missing in {program}.\n\n{answer}"),
            button=_("See your friends"),
            example={"state": "accepted", "refusal": "", "claimed_at": "2026-12-02T10:15:00+00:00"},
        ),
        Kind(
            kind=MailKind.CONFIRM,
            event="consent.recorded",
            stoppable=False,
            applies=_asks_to_confirm,
            subject=_("Please confirm your address for {shop}"),
            heading=_("May {shop} write to you?"),
            text=_(
                "Somebody, probably you, asked {shop} for news and offers at this address. Confirm it, and they come. "
                "If it was not you, leave it: nothing more is sent."
            ),
            button=_("Yes, write to me"),
            leads_to="confirm",
        ),
        Kind(
            kind=MailKind.INVITATION,
            whose="invited",
            subject=_("{advocate} invites you to {shop}"),
            heading=_("{advocate} invites you to {shop}"),
            text=_("{advocate} thinks that you would like {shop}.\n\n{offer}"),
            button=_("See what it is"),
            leads_to="link",
            example={"code": "ALICE-K7QD", "words": _("I buy my coffee there. Try the dark one!")},
        ),
    )
}


EVENTS = {each.event for each in KINDS.values() if each.event}
_ASKED_BY = {event: [each for each in KINDS.values() if each.event == event] for event in EVENTS}


def asked_by(event_type):
    return _ASKED_BY.get(event_type, ())
