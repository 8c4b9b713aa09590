"""``/admin/metrics/?program=&from=&to=``: a program's cards; with ``&csv=<card>`` one of them for a spreadsheet.

Its first part comes with the page, each other one by a request of its own (``&part=``), so that none waits for the
dearest; ``&all=1`` is the whole page at once, where no script runs.
"""

from datetime import date

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from advocacy.models import Program
from advocacy.refusals import Refused
from config.measured import chosen
from config.measured.cards import as_csv
from referrals.metrics.catalogue import CUTS

MAY_SEE = "advocacy.view_program"


def page(request):
    if not request.user.has_perm(MAY_SEE):
        raise PermissionDenied
    programs = list(Program.objects.select_related("storefront").order_by("storefront__test_twin_of_id", "name", "pk"))
    program = _chosen(programs, request.GET.get("program"))
    context = {"programs": programs, "program": program, "cuts": CUTS} | _chosen_of(request, program)
    if "csv" in request.GET:
        return _file(context.get("choice"), request.GET, program)
    if "part" in request.GET:
        return _part(request, context)
    if "choice" in context:
        context["parts"] = _parts(context["choice"], whole="all" in request.GET)
    context = admin.site.each_context(request) | {"title": "Metrics"} | context
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/measured/page.html", context)


def _chosen(programs, name):
    """The program of this key; without one the first there is, None without any."""
    if name is None:
        return programs[0] if programs else None
    found = next((each for each in programs if str(each.pk) == name), None)
    if found is None:
        raise Http404
    return found


def _parts(choice, *, whole):
    """The first part, or the whole, and what the others are called."""
    return [
        chosen.part(choice, name) if whole or place == 0 else chosen.Part(id=name, title=title)
        for place, (name, title) in enumerate(chosen.parts(choice))
    ]


def _part(request, context):
    """One part for a page that is there already."""
    choice, name = context.get("choice"), request.GET["part"]
    if choice is None or name not in dict(chosen.parts(choice)):
        raise Http404
    return TemplateResponse(request, "admin/measured/part.html", context | {"part": chosen.part(choice, name)})


def _chosen_of(request, program):
    """What was chosen, or ``refused`` with what is wrong with it."""
    if not program:
        return {}
    names = {"since": "from", "until": "to", "by": "by", "segment": "segment", "currency": "currency"}
    asked = {name: request.GET.get(sent, "").replace("\0", "") for name, sent in names.items()}
    try:
        choice = chosen.choice(
            program=program,
            since=_day("from", asked["since"]),
            until=_day("to", asked["until"]),
            by=asked["by"],
            segment=asked["segment"],
            currency=asked["currency"],
            user=request.user,
            at=timezone.now(),
        )
    except Refused as refusal:
        return {"refused": str(refusal), "asked": asked} | _options(program)
    return _options(program) | {
        "choice": choice,
        "asked": asked | {"since": choice.since.isoformat(), "until": choice.until.isoformat()},
    }


def _options(program):
    return {"segments": chosen.segments(program), "currencies": chosen.currencies(program)}


def _day(name, text):
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refused("bad_period", f"{name} must be a day such as 2026-11-22.") from error


def _file(choice, asked, program):
    """The card ``csv``, of the ``part`` that is named or of whichever has it."""
    names = dict(chosen.parts(choice)) if choice else {}
    found = (chosen.part(choice, name) for name in names if asked.get("part", name) == name)
    card = next((card for part in found for card in part.cards if card.id == asked["csv"]), None)
    if card is None:
        raise Http404
    answer = StreamingHttpResponse(as_csv(card), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_named(program, card, choice)}.csv"'
    return answer


def _named(program, card, choice):
    """Such as friends-cost-EUR-2026-10-25-2026-11-23: amounts in the file are bare."""
    return f"{program.slug}-{card.id}-{choice.currency or program.currency}-{choice.since}-{choice.until}"
