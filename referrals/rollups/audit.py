"""What a recount would find different. Differences are bugs."""

from django.utils import timezone

from advocacy.models import Lane, Pending, Program, Storefront
from referrals.models import Day, Mark
from referrals.rollups import clicking, converting, counting, questions
from referrals.rollups.marks import all_cells
from referrals.rollups.recounting import AT_ONCE, CLICKS_AT_ONCE, open_clicks, without_clicks


def differences(storefront=None, *, at=None):
    """A sentence for every number of a Day or DayCut of a storefront (or of all) that is off.

    A storefront with events on their way is left out, and what waits to be recounted is no difference. So ask when
    the workers are idle.
    """
    at = at or timezone.now()
    for shop in [storefront] if storefront else Storefront.objects.order_by("pk"):
        # A stuck event made no mark: what it changed is a difference.
        if not Pending.objects.filter(storefront=shop, lane=Lane.PEOPLE, stuck_at__isnull=True).exists():
            yield from _of_days(shop, at)


def _of_days(storefront, at):
    waiting = set(open_clicks(at=at))
    waiting.update(Mark.objects.filter(program__storefront=storefront).values_list("program_id", "day").distinct())
    stored = set(Day.objects.filter(program__storefront=storefront).values_list("program_id", "day"))
    cells = sorted((stored | _expected(storefront, stored)) - waiting)
    names = {program.pk: str(program) for program in Program.objects.filter(storefront=storefront)}
    for part in _parts(cells, AT_ONCE):
        gone = without_clicks(part, at=at)
        for own in _parts(sorted(set(part) - set(gone)), CLICKS_AT_ONCE):
            yield from _told(questions.OF_CLICKS, clicking.differing(own), names)
        # What was counted of clicks in time stays when these are deleted.
        if never := sorted(set(gone) - _counted(storefront)):
            yield from _told(questions.OF_CLICKS, clicking.differing(never, clicks=False), names)
        for program_id, day, channel, _ in clicking.differing_pages(part):
            yield f"{names[program_id]}, {day}, channel {channel or 'none'}: who was active is not who its links say."
        for program_id, day, conversion in converting.differing(part):
            yield f"{names[program_id]}, {day}, conversion {conversion}: what is kept of it is not what it adds."
        for question in questions.RECORDS:
            yield from _told(question, counting.differing(question, part), names)


def _parts(cells, size):
    return [cells[first : first + size] for first in range(0, len(cells), size)]


def _counted(storefront):
    """The days whose clicks were counted."""
    rows = Day.objects.filter(program__storefront=storefront, clicks_at__isnull=False)
    return set(rows.values_list("program_id", "day"))


def _expected(storefront, stored):
    """Days with something to count. A program's days begin with its first mark."""
    begun = {program_id for program_id, _ in stored}
    return {cell for cell in all_cells(storefront=storefront) if cell[0] in begun}


def _told(question, differing, names):
    for program_id, day, cut, key, stored, found in differing:
        of_what = f", {cut} {key or 'none'}" if cut else ""
        for name, kept, number in zip(question.columns, stored, found, strict=True):
            if kept != number:
                yield f"{names[program_id]}, {day}{of_what}: {name} is {kept}, a recount finds {number}."
