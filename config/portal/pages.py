"""The portal: what a signed-in advocate shares, what became of each friend, and what is theirs. Read-only."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from advocacy import ids, offers, reading, terms
from advocacy.models import AdvocateStatus, ProgramStatus
from advocacy.pages import downloads, people
from config.portal import cash, codes, friends, joining, statement, wallet
from referrals.friends import counts
from referrals.models import LinkStatus
from referrals.pages import late_codes, sharing


@never_cache
@require_safe
@login_required
def index(request):
    """Leads to the only program, lets choose among several, or says what to do where there is none."""
    mine = list(people.advocacies_of(request.user))
    if len(mine) == 1:
        return redirect("portal", ids.encode("adv", mine[0].public_id))
    known = next((one.customer.locale for one in mine), "")
    reading.choose_language(request, known=known)
    choices = [(ids.encode("adv", one.public_id), one) for one in mine]
    context = {"choices": choices, "late_code": late_codes.may_enter(request.user)}
    context["open"] = [
        (ids.encode("prg", one.public_id), one) for one in joining.open_to(request.user, at=timezone.now())
    ]
    return render(request, "portal/index.html", context)


@never_cache
@require_safe
@login_required
def share(request, advocate):
    at, advocate = timezone.now(), _advocate(request, advocate)
    link = advocate.links.filter(status=LinkStatus.ACTIVE).order_by("pk").first()
    known = {"channel": link.channel} if link else {}
    promise = offers.in_force(program=advocate.program, at=at, advocate=advocate, facts=known)
    rows, following = friends.rows(advocate=advocate, before=_before(request, "ref"), at=at)
    context = _context(advocate, "share") | {
        "headline": offers.headline(promise),
        "lines": offers.lines(promise),
        "unavailable": sharing.unavailable(promise=promise, program=advocate.program, at=at),
        "closed": _closed(advocate, link, at),
        "sharing": link and sharing.of(link=link, storefront=advocate.storefront, promise=promise),
        "counts": counts(advocate=advocate),
        "milestones": friends.milestones(advocate=advocate, at=at),
        "friends": rows,
        "following": following and ids.encode("ref", following),
        "purses": wallet.purses(advocate=advocate, at=at),
        "at": at,
    }
    return render(request, "portal/share.html", context)


@never_cache
@require_safe
@login_required
def rewards(request, advocate):
    at, advocate = timezone.now(), _advocate(request, advocate)
    lines, following = statement.lines(advocate=advocate, before=_before(request, "trf"), at=at)
    mine, waiting, paying = codes.of(advocate=advocate, at=at)
    context = _context(advocate, "rewards") | {
        "codes": mine,
        "waiting": waiting,
        "paying": paying,
        "lines": lines,
        "following": following and ids.encode("trf", following),
        "cash": cash.of(advocate=advocate, at=at),
        "purses": wallet.purses(advocate=advocate, at=at),
    }
    return render(request, "portal/rewards.html", context)


@never_cache
@require_safe
@login_required
def statement_file(request, advocate):
    at, advocate = timezone.now(), _advocate(request, advocate)
    header, rows = statement.table(advocate=advocate, at=at)
    return downloads.table("statement", header, rows)


def _advocate(request, name):
    advocate = people.advocacy_of(request.user, name)
    reading.choose_language(request, known=advocate.customer.locale, fallback=advocate.storefront.language)
    return advocate


def _context(advocate, current):
    return {
        "advocate": advocate,
        "id": ids.encode("adv", advocate.public_id),
        "storefront": advocate.storefront,
        "program": advocate.program,
        "current": current,
        "asked": terms.wanted(advocate),
        "agreed_before": advocate.terms_version,
    }


def _closed(advocate, link, at):
    """Why there is nothing to share now, or an empty text."""
    program = advocate.program
    if advocate.status == AdvocateStatus.BANNED:
        return "banned"
    if program.status == ProgramStatus.ENDED or (program.ends_at and program.ends_at <= at):
        return "ended"
    if program.status == ProgramStatus.PAUSED or (program.starts_at and program.starts_at > at):
        return "paused"
    return "" if link else "no link"


def _before(request, prefix):
    """Where the page before ended; what is not an id of ours leads nowhere."""
    given = request.GET.get("before")
    if not given:
        return None
    public_id = ids.decode(prefix, given)
    if public_id is None:
        raise Http404
    return public_id
