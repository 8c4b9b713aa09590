"""Do again, in its order, what was done: decide, credit, and move as people and storefronts asked.

Each storefront by itself, on its own line of time: a test twin's clock is ahead of all others. The chain is that of the
moves. What a decision made is waited for until the decisions before it, and it, were made
again; what was asked (a redemption, a payout, an expiry) is repeated on the same lots as soon as they are where they
were. Whether something was credited is taken from the record, that it was due is not: nobody wrote down when an
advocate was paused, or which codes were in stock.
"""

from rewards import crediting, ledger
from rewards.models import Leg as Legs
from rewards.models import Reward
from rewards.rebuild import deciding, recorded, stage

_MACHINES = frozenset((Legs.GRANT, Legs.TAKE_PENDING, Legs.TAKE_AVAILABLE, Legs.TAKE_EXPIRED))
# With these, what had been waived is taken back.
_UNDONE = frozenset((Legs.UNSPEND, Legs.UNPAY))
_AT_ONCE = 500


class Repeating:
    """``decisions`` and ``moves`` are how many were done again."""

    def __init__(self, live, told):
        self.live, self.told, self.total = live, told, recorded.count(live)
        self.decisions = self.moves = 0
        self._storefront = self._groups = self._entered = None

    def run(self):
        """Yield a sentence for what cannot be repeated."""
        with deciding.as_recorded(self.live):
            for storefront in recorded.storefronts(self.live):
                yield from self._run(storefront)

    def _run(self, storefront):
        self._storefront, self._entered = storefront, None
        self._groups = recorded.decisions(self.live, storefront)
        for legs in self._batches():
            yield from self._repeat(legs)
        while self._decide():
            pass

    def _batches(self):
        """Lists of moves that were asked for at once, of different rewards."""
        batch, rewards = [], set()
        for legs in recorded.moves(self._storefront):
            if batch and (not _alike(batch[-1], legs) or legs[0].reward in rewards or len(batch) >= _AT_ONCE):
                yield batch
                batch, rewards = [], set()
            batch.append(legs)
            rewards.add(legs[0].reward)
        if batch:
            yield batch

    def _repeat(self, batch):
        found = self._ready(batch)
        while found is None and self._decide():
            found = self._ready(batch)
        if found is None:
            found = _rewards(batch)
            for legs in batch:
                if not _follows(found, legs) and not _is_made(found, legs):
                    yield _sentence(legs, "was not made again")
        todo = [(found[legs[0].key], legs) for legs in batch if _follows(found, legs) and _asked(legs)]
        self.moves += len(batch)
        if todo and _is_release(todo[0][1]):
            yield from _credit(todo)
        elif todo:
            _move(todo)

    def _ready(self, batch):
        """The rewards of the moves, where each was made or can be made now; None where decisions must come first."""
        found = _rewards(batch)
        ready = all(_is_made(found, legs) or (_asked(legs) and _may_follow(found, legs)) for legs in batch)
        return found if ready else None

    def _decide(self):
        """The next decisions, as far as they were not made by those before; False where there are none."""
        group = next(self._groups, None)
        if group is None:
            return False
        if group[0].decided_at != self._entered:
            self._entered = group[0].decided_at
            stage.enter(self.live, storefront=self._storefront, moment=self._entered)
        deciding.decide(group, storefront=self._storefront)
        self.decisions += len(group)
        self.told(self.decisions, self.total)
        return True


def _asked(legs):
    """Whether people, storefronts or the clock asked for it, and no decision."""
    said = {leg.leg for leg in legs}
    return legs[0].rule_id is None or not said & _MACHINES or bool(said & _UNDONE)


def _is_release(legs):
    return legs[0].rule_id is not None and len(legs) == 1 and legs[0].leg == Legs.RELEASE


def _alike(one, other):
    return (one[0].at, _asked(one), _is_release(one)) == (other[0].at, _asked(other), _is_release(other))


def _is_made(found, legs):
    reward = found.get(legs[0].key)
    return reward is not None and reward.version >= legs[0].move


def _follows(found, legs):
    reward = found.get(legs[0].key)
    return reward is not None and reward.version == legs[0].move - 1


def _may_follow(found, legs):
    """Not before the last decision until then was made: it may have credited it, or changed what holds it."""
    if not _follows(found, legs):
        return False
    return found[legs[0].key].subject.decisions_made >= max(leg.decided or 0 for leg in legs)


def _rewards(batch):
    """``{key: Reward}`` as they are now."""
    subjects = {legs[0].subject for legs in batch}
    rows = Reward.objects.filter(subject__public_id__in=subjects)
    rows = rows.select_related("rule", "rule_version", "subject", "advocate")
    return {(row.program_id, row.subject.trigger, row.subject.public_id, row.rule_id, row.side): row for row in rows}


def _credit(todo):
    rewards = [reward for reward, _ in todo]
    deciding.let_credit({reward.advocate_id for reward in rewards if reward.advocate_id})
    for reward in rewards:
        if reward.advocate_id:
            reward.advocate.status = "active"
    crediting.bring([crediting.target(reward) for reward in rewards], at=todo[0][1][0].at)
    for reward, legs in todo:
        if reward.version < legs[0].move:
            held = f" and is held ({reward.held_by})" if reward.held_by else ""
            yield _sentence(legs, f"was not to be credited then: it is due at {reward.due_at.isoformat()}{held}")


def _move(todo):
    for reward, legs in todo:
        reward.waived_minor -= sum(crediting.waived_no_more(reward, leg.leg, leg.amount) for leg in legs)
        ledger.move(reward, [(leg.leg, leg.amount) for leg in legs])
        if any(leg.leg == Legs.RELEASE for leg in legs) and reward.credited_at is None:
            reward.credited_at = legs[0].at
    crediting.save([reward for reward, _ in todo])
    postings = [
        ledger.Posting(reward, Legs(leg.leg), leg.amount, leg.reference) for reward, legs in todo for leg in legs
    ]
    ledger.post(postings, at=todo[0][1][0].at)


def _sentence(legs, why):
    program, trigger, subject, rule, side = legs[0].key
    said = ", ".join(f"{leg.leg} {leg.amount}" for leg in legs)
    return (
        f"Move {legs[0].move} ({said}) of rule {rule} for the {side} of {trigger} {subject} in program {program} {why}."
    )
