"""Make recorded decisions again by the same verbs that made them."""

from contextlib import contextmanager

from django.db import connection

from advocacy.models import Advocate, AdvocateStatus, Event
from rewards import book, fulfilment, locks
from rewards.models import Correction, Subject
from rewards.rebuild import recorded, stage
from rewards.settlement import again, cases, closing, correcting, derived, parting, settle_events, together
from rewards.settlement.derived import STEP
from rewards.settlement.tiers import TOP_UP

_KEY = ("pk", "program_id", "trigger", "public_id")
_STANDING = ("program_status", "advocate_status")
# Whose reward was credited by its next move, at this moment.
_CREDITED = """
    SELECT DISTINCT move.advocate_id FROM rebuild_move move
    LEFT JOIN rewards_subject subject ON subject.public_id = move.subject AND subject.program_id = move.program_id
        AND subject.trigger = move.trigger
    LEFT JOIN rewards_reward reward ON reward.subject_id = subject.id AND reward.side = move.side
        AND reward.rule_id IS NOT DISTINCT FROM move.rule_id
    WHERE move.subject = ANY(%s) AND move.at = %s AND move.leg = 'release' AND move.side = 'advocate'
      AND move.move = COALESCE(reward.version, 0) + 1
"""
_IS_CREDITED = """
    SELECT EXISTS (
        SELECT FROM rebuild_move WHERE subject = %s AND program_id = %s AND trigger = %s AND rule_id = %s AND side = %s
            AND move = %s AND at = %s AND leg = 'release'
    )
"""


@contextmanager
def as_recorded(live):
    """Codes are ready where the record says that the reward was credited; none is taken from the stock.

    Who was one person when something was decided, the decision says.
    """
    kept = fulfilment.READY, fulfilment.HANDED_OVER, fulfilment.TAKEN_BACK
    fulfilment.READY = dict.fromkeys(fulfilment.READY, _not_credited)
    fulfilment.HANDED_OVER, fulfilment.TAKEN_BACK = {}, {}
    together.RECORDED = recorded.together(live)
    try:
        yield
    finally:
        fulfilment.READY, fulfilment.HANDED_OVER, fulfilment.TAKEN_BACK = kept
        together.RECORDED = None


def _not_credited(rewards, at):
    return [reward for reward in rewards if not _is_credited(reward, at)]


def _is_credited(reward, at):
    subject = reward.subject
    key = subject.public_id, reward.program_id, subject.trigger, reward.rule_id, str(reward.side)
    with connection.cursor() as cursor:
        cursor.execute(_IS_CREDITED, [*key, reward.version + 1, at])
        return cursor.fetchone()[0]


def let_credit(advocates, *, others=()):
    """Advocates who were in good standing, and others who were not or of whom nothing was due."""
    Advocate.objects.filter(pk__in=others).exclude(status=AdvocateStatus.PAUSED).update(status=AdvocateStatus.PAUSED)
    Advocate.objects.filter(pk__in=advocates).exclude(status=AdvocateStatus.ACTIVE).update(status=AdvocateStatus.ACTIVE)


def decide(group, *, storefront):
    """Make these decisions of one call, of one storefront, unless those before have brought them with them."""
    known = _known(group)
    todo = [each for each in group if known.get(each.key, (0, 0))[1] < each.number]
    if not todo:
        return
    at = todo[0].decided_at
    _stand_as_then(todo, at)
    if todo[0].trigger == TOP_UP:
        closing.settle_ended(at=at, limit=None, storefront=storefront)
        return
    if todo[0].correction:
        correction = Correction.objects.select_related("rule_version").get(public_id=todo[0].correction)
        correcting.settle_these(correction, _in_order(todo), at=at)
        return
    told = [each for each in todo if not each.derived and each.version > known.get(each.key, (0, 0))[0]]
    waited = [each for each in todo if not each.derived and each.version <= known.get(each.key, (0, 0))[0]]
    if told:
        settle_events(events=_events(told), at=at)
    if waited:
        _again(waited, at)
    _part([each for each in todo if each.trigger == STEP], storefront, at)


def _known(group):
    """``{key: (version last settled, decisions made)}``."""
    rows = Subject.objects.filter(public_id__in={each.subject for each in group})
    return {(row.program_id, row.trigger, row.public_id): (row.settled_version, row.decisions_made) for row in rows}


def _stand_as_then(todo, at):
    """Advocates, and for top-ups programs too, as they were; later decisions of facts carry it themselves."""
    advocates = {each.advocate_id for each in todo if each.advocate_id}
    with connection.cursor() as cursor:
        cursor.execute(_CREDITED, [[each.subject for each in todo], at])
        credited = {pk for (pk,) in cursor.fetchall()}
    let_credit(credited & advocates, others=advocates - credited)
    if todo[0].trigger == TOP_UP:
        stage.stand(
            banned={each.advocate_id for each in todo if each.facts["advocate_status"] == AdvocateStatus.BANNED},
            programs={each.program_id: each.facts["program_status"] for each in todo},
        )


def _events(told):
    """Their events up to the version that was decided, in order."""
    upto = {each.subject: each for each in told}
    rows = Event.objects.filter(subject_id__in=upto).order_by("pk")
    events = [event for event in rows if event.version <= upto[event.subject_id].version]
    for event in events:
        # Nobody wrote down before how program and advocate stood: the decision did.
        facts = upto[event.subject_id].facts or {}
        event.facts = event.facts | {name: facts[name] for name in _STANDING if name in facts}
    return events


def _again(waited, at):
    found = locks.subjects_by_id(ids=_in_order(waited))
    places = {pk: place for place, pk in enumerate(_in_order(waited))}
    found.sort(key=lambda row: places[row.pk])
    rule_book = book.of_storefronts({row.storefront_id for row in found})
    again(found=cases.of_subjects(found), rule_book=rule_book, at=at)


def _part(steps, storefront, at):
    """Those that no friend moved: a merge was undone, by which they had been reached."""
    known = _known(steps) if steps else {}
    left = {each.subject for each in steps if known.get(each.key, (0, each.number))[1] < each.number}
    if left:
        cases = derived.known(list(left)).values()
        parting.again(cases=cases, rule_book=book.of_storefronts({storefront}), at=at)


def _in_order(decided):
    """The ids of their subjects here."""
    rows = Subject.objects.filter(public_id__in={each.subject for each in decided})
    here = {(program, trigger, subject): pk for pk, program, trigger, subject in rows.values_list(*_KEY)}
    return [here[each.key] for each in decided if each.key in here]
