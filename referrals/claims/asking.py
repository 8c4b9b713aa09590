"""An advocate says that a friend is missing. Whether anything of that name is here is not told to them."""

import re
import unicodedata
from datetime import timedelta

from advocacy import emails, given, persons, secret_codes
from advocacy.models import Advocate, AdvocateStatus
from advocacy.privacy import digest_of
from advocacy.refusals import Conflict, Refused
from referrals import events
from referrals.claims import looking, telling
from referrals.models import Claim, ClaimState, NamedBy

# By one person within a day: whoever misses more has another question.
A_DAY = 5
AGAIN_AFTER = timedelta(days=7)
_WORD = re.compile(r"[^\s@]{1,60}").fullmatch


def ask(*, advocate, named, at):
    """``(claim, created)``: ``named`` is an order's number, a code that came with it, or an e-mail address.

    The same name again is the same claim, as it is now, or, refused more than ``AGAIN_AFTER`` ago, open again. Whether
    it names anything changes nothing that the advocate can see. Refuses what is no name, the advocate's own address
    (``self_referral``), a program that takes no claims (``claims_closed``), who is banned or erased; Conflict
    ``too_many_claims`` beyond ``A_DAY``. Runs in the caller's transaction.
    """
    _may(advocate)
    storefront, (kind, name) = advocate.storefront, name_of(named)
    if kind == NamedBy.EMAIL and name in persons.mailboxes(advocate.customer):
        _refuse("self_referral", "This is the advocate's own address.")
    # One after the other, so that no more get through than may.
    Advocate.objects.select_for_update(no_key=True).get(pk=advocate.pk)
    digest = digest_of(storefront, name.upper() if kind == NamedBy.WORD else name)
    known = _mine(advocate).filter(digest=digest).first()
    if known and not _is_asked_anew(known, at):
        return known, False
    if not left(advocate=advocate, at=at):
        raise Conflict("too_many_claims", f"One person can name {A_DAY} missing friends a day; go on tomorrow.")
    claim = Claim(
        storefront=storefront,
        program=advocate.program,
        advocate=advocate,
        named_by=kind,
        named="" if kind == NamedBy.EMAIL else secret_codes.hidden(storefront=storefront.pk, codes=[name])[0],
        digest=digest,
        claimed_at=at,
        decide_by=at + timedelta(days=advocate.program.claim_deadline_days),
        version=known.version + 1 if known else 1,
    )
    if known:
        claim.pk, claim.public_id = known.pk, known.public_id
    seen = looking.by_name(claim, name)
    claim.order, claim.friend, claim.reasons = seen.order, seen.friend, list(seen.reasons)
    claim.save(force_insert=known is None, force_update=known is not None)
    telling.tell(claim, events.CLAIM_OPENED, at=at)
    return claim, known is None


def _is_asked_anew(claim, at):
    """What was refused may be asked again after a while, whatever is here by now: so nobody learns whether it is."""
    return claim.state == ClaimState.REFUSED and claim.decided_at < at - AGAIN_AFTER


def left(*, advocate, at):
    """How many more they can ask for now."""
    return max(A_DAY - _mine(advocate).filter(claimed_at__gt=at - timedelta(days=1)).count(), 0)


def name_of(text):
    """``(how, name)`` as names are compared: an address as mailboxes are, a word without its #."""
    # An @ in another form is one, too: an address is not kept as a word.
    text = unicodedata.normalize("NFKC", given.line("named", text, longest=320, required=True))
    if "@" in text:
        return NamedBy.EMAIL, emails.normalise(given.email("named", text))
    word = text.lstrip("#")
    if not _WORD(word):
        _refuse("invalid_field", "Name one order number, one code or one e-mail address, without spaces.")
    return NamedBy.WORD, word


def _mine(advocate):
    return Claim.objects.filter(advocate__in=persons.records(advocate).values("pk"))


def _may(advocate):
    if not advocate.program.claim_days:
        raise Refused("claims_closed", "This program takes no claims for missing friends; see its claim_days.")
    if advocate.status == AdvocateStatus.BANNED:
        raise Refused("advocate_banned", "A banned advocate brings nobody.")
    persons.lock_to_tell_of(advocate.customer)


def _refuse(code, sentence):
    given.refuse("named", sentence, code=code)
