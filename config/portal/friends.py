"""The portal's list of friends: referrals joined with what they earned, in words for the advocate."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from advocacy import reading
from advocacy.reasons import REASONS
from referrals import friends
from rewards import earnings
from rewards.models import RewardStatus

# A text of several reasons, under a name there: for makemessages, which reads no names.
gettext_noop("This one does not count under the program’s terms.")

PAGE = 20
_CHANNELS = {"whatsapp": "WhatsApp", "sms": "SMS", "qr": "QR", "facebook": "Facebook", "instagram": "Instagram"}
# Reasons whose threshold is money, in the program's unit.
_OF_MONEY = {"below_minimum", "above_maximum", "minimum_payout"}
_STEPS = 4
JOINED, WAITING, PAID, COUNTED, NONE = "joined", "waiting", "paid", "counted", "none"


@dataclass(frozen=True)
class Row:
    """A friend on the page. ``steps``: four of done, now or empty; ``refused``: the words before the reason."""

    number: int
    name: str
    worth: str
    refused: str
    what: str
    steps: tuple
    state: str


def rows(*, advocate, before, at):
    """``(rows, next)``: a page of friends, newest first, and where the next one begins (a public id, or None)."""
    found = friends.of(advocate=advocate, limit=PAGE + 1, before=before)
    page = found[:PAGE]
    earned = earnings.by_conversion(
        advocate=advocate, conversions=[each for friend in page for each in friend.conversions]
    )
    shown = [_row(friend, [earned[each] for each in friend.conversions], advocate.program, at) for friend in page]
    return shown, (page[-1].referral if len(found) > PAGE else None)


def row(*, referral, at):
    """The same Row of one friend, for who asks what their advocate reads."""
    friend, advocate = friends.one(referral=referral), referral.advocate
    earned = earnings.by_conversion(advocate=advocate, conversions=friend.conversions)
    return _row(friend, [earned[each] for each in friend.conversions], referral.program, at)


def _row(friend, earned, program, at):
    state, done, what = _state(earned, program.time_zone, at)
    if any(each.waived for each in earned):
        what = _("%(sentence)s What you had used of more stays yours.") % {"sentence": what}
    return Row(
        number=friend.number,
        name=_name(friend.channel),
        worth=_worth(earned),
        refused=_("No reward.") if state == NONE else "",
        what=what,
        steps=tuple(_step(place, done, waiting=state == WAITING) for place in range(_STEPS)),
        state=_spoken(state),
    )


def _name(channel):
    """Friends have not agreed to be named; the way they came is the advocate's own."""
    if not channel:
        return _("A friend")
    known = _("e-mail") if channel.lower() in ("email", "e-mail") else _CHANNELS.get(channel.lower(), channel)
    return _("A friend, via %(channel)s") % {"channel": known}


def _worth(earned):
    """What the friend's orders brought or will bring; empty where nothing."""
    sums = defaultdict(int)
    for each in earned:
        for unit, minor in each.amounts.items():
            sums[unit] += minor
    return ", ".join(reading.amount(total, unit) for unit, total in sums.items() if total)


def _step(place, done, *, waiting):
    if place < done:
        return "done"
    return "now" if waiting and place == done else ""


def _spoken(state):
    """What the row of steps shows, for whom cannot see it."""
    return {
        JOINED: _("Joined"),
        WAITING: _("Joined, ordered, waiting, not yet paid"),
        PAID: _("Joined, ordered, waited, paid"),
        COUNTED: _("Joined, ordered, counted"),
        NONE: _("Joined, ordered, no reward"),
    }[state]


def _state(earned, zone, at):
    """``(state, steps done, sentence)``. What is on the way comes before what is credited, and that before a no."""
    waiting = [each for each in earned if each.status == RewardStatus.PENDING]
    credited = [each for each in earned if each.credited_at and any(each.amounts.values())]
    if waiting:
        return WAITING, 2, _on_the_way(waiting, bool(credited), zone, at)
    if credited:
        return PAID, _STEPS, credited_words(credited, zone=zone, at=at)
    if any(each.status == earnings.UNDECIDED for each in earned):
        return WAITING, 2, _("Ordered. Your reward is being worked out.")
    if any(each.status in (earnings.COUNTED, earnings.REACHED) for each in earned):
        return COUNTED, _STEPS, _counted(earned)
    if earned:
        return NONE, 0, _reason(earned[-1])
    return JOINED, 1, _("Joined, not ordered yet.")


def credited_words(credited, *, zone, at):
    """Of Earnings that are credited; where no code came for them, as the statement says it."""
    if all(each.pays_off for each in credited):
        sentence = _("%(earned)s. No code: it pays off one that you used, whose reward was taken back.")
        return sentence % {"earned": _("A friend’s order")}
    last = max(each.credited_at for each in credited)
    return _("Bought. Credited on %(day)s.") % {"day": reading.day(last, zone=zone, at=at)}


def _counted(earned):
    if any(each.status == earnings.COUNTED for each in earned):
        return _("Bought. Counts towards your next reward.")
    return _("Bought. Counted for a reward that you reached.")


def _on_the_way(waiting, partly, zone, at):
    """Held by a review or due already: on its way, and no more is said."""
    due = [each.due_at for each in waiting]
    soonest = min(due) if all(due) else None
    if any(each.waits_for_code for each in waiting):
        return _("Your code is on its way: you get it as soon as new ones come, and need do nothing.")
    if soonest is None or soonest <= at:
        return _("A part is credited, the rest is on its way.") if partly else _("Ordered. Your reward is on its way.")
    words = {"day": reading.day(soonest, zone=zone, at=at)}
    if partly:
        return _("A part is credited. The rest is yours on %(day)s, when the return period ends.") % words
    return _("Ordered. Yours on %(day)s, when the return period ends.") % words


def _reason(earning):
    """The advocate's text of the first reason, in the reader's language."""
    key = next(iter(earning.reasons), "zero_amount")
    threshold, unit = (earning.thresholds or {}).get(key, ("?", ""))
    if key in _OF_MONEY and unit:
        threshold = reading.short_amount(threshold, unit)
    return _(REASONS[key].advocate).format(threshold=threshold, input="?")


def milestones(*, advocate, at):
    """A sentence for each milestone: how far it is, and what the next step gives."""
    sentences = []
    for each in earnings.milestones(advocate=advocate, at=at):
        left = each.threshold - each.friends
        so_far = _("%(friends)s of %(threshold)s friends so far.") % {
            "friends": each.friends,
            "threshold": each.threshold,
        }
        what = _what(each.benefit)
        more = ngettext("One more and you get %(what)s.", "%(left)s more and you get %(what)s.", left)
        more %= {"left": left, "what": what}
        sentences.append(f"{so_far} {more}")
    return sentences


def _what(benefit):
    if benefit.label:
        return benefit.label
    worth = {"benefit": reading.short_amount(benefit.amount_minor, benefit.unit)}
    if benefit.form == "gift_card":
        return _("a gift card worth %(benefit)s") % worth
    return _("a coupon worth %(benefit)s") % worth if benefit.form == "coupon" else worth["benefit"]
