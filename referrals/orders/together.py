"""New orders that share a transaction: those of one list, or of calls at the same moment.

Only what is plain is shared: orders nobody knows yet, of different customers. For the rest the answer is None, and its
caller takes it by itself, as it does when anything at all went wrong: then nothing of the shared transaction is left,
and no order is refused, delayed or lost because of another one. What a commit and its statements cost is shared; what
is decided of an order is decided by the same code either way.
"""

import logging

from django.db import IntegrityError, connection, transaction

from advocacy import emails
from advocacy.customers_at_once import OneByOne
from advocacy.models import bulk
from advocacy.outbox import interruptions
from advocacy.refusals import Refused
from referrals.orders import finding, recording
from referrals.orders.said import create

log = logging.getLogger(__name__)

MOST = 100
# Of a file, whose transaction nobody waits for.
MOST_OF_A_FILE = 1000
# Who waits longer for a row that somebody holds waits by itself.
_PATIENCE = "300ms"


def take_first(said):
    """For calls at the same moment: what became of each, or None where it must be taken by itself."""
    answers = [None] * len(said)
    for places in _by_storefront(said):
        alike = [said[place] for place in places]
        first = next(rounds(alike))
        for place, answer in zip(first, take([alike[place] for place in first]), strict=True):
            answers[places[place]] = answer
    return answers


def _by_storefront(said):
    found = {}
    for place, each in enumerate(said):
        found.setdefault(each.storefront.pk, []).append(place)
    return found.values()


def rounds(said, *, most=None):
    """Lists of at most so many places: no two orders of one list speak of the same order or person, and those that do
    keep order.
    """
    turns, most = {}, most or MOST
    for places in _related(said):
        for turn, place in enumerate(sorted(places)):
            turns.setdefault(turn, []).append(place)
    for turn in sorted(turns):
        alike = sorted(turns[turn])
        yield from (alike[start : start + most] for start in range(0, len(alike), most))


def _related(said):
    """The places in groups: what has a word in common is related, also by way of others."""
    group_of, groups = {}, {}
    for place, each in enumerate(said):
        words = _words(each)
        if group_of.keys().isdisjoint(words):
            groups[place] = words
            group_of |= {word: {place} for word in words}
            continue
        group = {place}.union(*(group_of.get(word, ()) for word in words))
        for other in group:
            words += groups.pop(other, ())
        groups[place] = words
        group_of |= dict.fromkeys(words, group)
    return [group_of[words[0]] if words else {place} for place, words in groups.items()]


def _words(said):
    """What two calls of the same order, or the same person, have in common."""
    words = finding.written(said.names)
    who = said.values.get("customer", {})
    if isinstance(who, str):
        return [*words, f"customer {who.removeprefix('ext_')}"]
    if isinstance(who.get("external_id"), str):
        words.append(f"customer {who['external_id']}")
    if isinstance(who.get("email"), str):
        words.append(f"mailbox {emails.normalise(who['email'])}")
    return words


def take(said, *, replay=False):
    """What became of orders of one round; None for those that must be taken by themselves.

    ``replay``: what the same source told first in the very same words is answered as such, without another look.
    """
    # Within its caller's transaction it would shorten the waits of all that follows.
    patience = None if connection.in_atomic_block else _PATIENCE
    try:
        with transaction.atomic():
            return _take(said, patience, replay)
    except Exception as error:
        if _may_be(error):
            log.info("%d orders are taken one by one: %r", len(said), error)
        else:
            log.exception("%d orders are taken one by one, because together they failed.", len(said))
        return [None] * len(said)


# PostgreSQL's class of what another call wrote a moment earlier.
_THERE_ALREADY = "23505"


def _may_be(error):
    """Whether it is a matter of course among calls at the same moment: a refusal, a deadlock, a row somebody holds."""
    if isinstance(error, IntegrityError):
        return getattr(error.__cause__, "sqlstate", None) == _THERE_ALREADY
    try:
        interruptions.pass_on(error)
    except interruptions.Interrupted:
        return True
    return isinstance(error, Refused | OneByOne)


def _take(said, patience, replay):
    storefront, names = said[0].storefront, [each.names for each in said]
    finding.wait_for_turn(storefront, [name for each in names for name in each], patience=patience)
    known = finding.ids_of(storefront, [each.names + each.beside for each in said])
    answers = _replayed(said, known) if replay else {}
    new = {each: _plain(each) for each, order in zip(said, known, strict=True) if order is None}
    new = {each: plain for each, plain in new.items() if plain}
    made = create(new, at=max(each.at for each in said)) if new else ()
    answers |= zip(new, made, strict=True)
    return [answers.get(each) for each in said]


def _replayed(said, known):
    """``{said: answer}`` of those that are here exactly as the same source told them first."""
    asked = {order: each for each, order in zip(said, known, strict=True) if order}
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTS, [bulk.array([*map(str, asked)])])
        told = cursor.fetchall()
    return {
        asked[order]: recording.Recorded(replayed=True)
        for order, name, source, digest in told
        if asked[order].values.get("external_id") == name
        and asked[order].source == source
        and asked[order].digest == bytes(digest)
    }


_DIGESTS = "SELECT id, external_id, brought_by, digest FROM referrals_order WHERE id = ANY(%s)"


def _plain(said):
    """What is to be made, or None: what is refused is refused by itself."""
    customer = said.values.get("customer")
    if isinstance(customer, dict) and (customer.get("email_verified") or customer.get("consent")):
        # It may make two people one; it is kept beside what is known of them.
        return None
    try:
        new = said.new()
    except Refused:
        return None
    return new if new.person else None
