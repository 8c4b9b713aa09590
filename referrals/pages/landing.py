"""``/a/<code>``: what a friend sees first, what a conversation shows of a link, and a word where it leads nowhere."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, Q
from django.http.request import split_domain_port
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advocacy import ids, offers, reading, twins
from advocacy.models import AdvocateStatus, ProgramStatus, Side, Storefront, Testimonial, TestimonialStatus
from advocacy.pages import brand
from referrals import destinations, links
from referrals.models import Link, LinkStatus

_MOST_TESTIMONIALS = 3


@require_safe
def landing(request, code):
    """The page of an open link; ``?click=`` is what the redirect stored, to be handed on to the shop."""
    given = request.GET.get("click", "")
    return _page(request, code, click=given if ids.decode("clk", given) else "")


def preview(request, code):
    """The same page, for the robot that shows a link in a conversation; nothing was clicked."""
    return _page(request, code, click="")


def gone(request, code):
    """404 for a code that is unknown, over or switched off."""
    return _closed(request, find(request, code), timezone.now())


def find(request, code):
    """The link that a code names on this host, in whatever state; None where there is none. As the redirect looks."""
    host = split_domain_port(request.get_host())[0].lower()
    on_shared_host = ~Exists(Storefront.objects.filter(link_domain__iexact=host))
    here = Q(domain=host) | Q(domain="") & (Q(storefront__link_domain__iexact=host) | on_shared_host)
    named = Link.objects.filter(here, code=code.replace("\0", "").upper())
    return named.select_related("storefront", "program", "advocate__customer").order_by("-domain").first()


def open_link(request, code, *, at):
    """The same where it leads somewhere, else None."""
    link = find(request, code)
    return None if link is None or _closed_because(link, at) else link


def _page(request, code, *, click):
    link = find(request, code)
    at = twins.clock(link.storefront, timezone.now()) if link else timezone.now()
    if link is None or _closed_because(link, at):
        return _closed(request, link, at)
    reading.choose_language(request, fallback=link.storefront.language)
    shop = destinations.address(
        destination=link.destination,
        program_destination=link.program.destination,
        allowed_hosts=link.program.allowed_hosts,
        code=link.code,
        click=click,
        utm=destinations.campaign(request.GET),
    )
    context = _context(link, at) | {"shop": shop or link.storefront.url, "page_url": links.address(link)}
    if link.program.friends_pool:
        context["ask"] = destinations.with_query(
            f"/a/{link.code}/coupon", {"click": click} if click else {}, destinations.campaign(request.GET)
        )
    return private(render(request, "referrals/landing.html", context))


def _context(link, at):
    program, known = link.program, {"channel": link.channel}
    promise = offers.in_force(program=program, at=at, advocate=link.advocate, facts=known)
    offer, name = promise.friend, _first_name(link.advocate)
    until = _until(program, offer, at)
    return {
        "storefront": link.storefront,
        "program": program,
        "link": link,
        "name": name,
        "promise": promise,
        "headline": _headline(link, promise),
        "used_up": "" if offer else _used_up(program, promise, at),
        "conditions": offers.conditions(offer, until=until) if offer else "",
        "also": [_said_of(each, _until(program, each, at)) for each in promise.also],
        "comes": offers.comes(offer) if offer else "",
        "disclosure": offers.disclosure(promise.advocate, name=name) if promise.advocate else "",
        "testimonials": _testimonials(link),
    }


def _said_of(offer, until):
    return f"{capfirst(offers.to_friend(offer))}. {offers.conditions(offer, until=until)}".strip()


def _first_name(advocate):
    return (advocate.display_name.split() or [""])[0] if advocate.shows_name else ""


def _headline(link, promise):
    """The program's own words may promise what is not to be had now."""
    if promise.friend:
        return link.program.headline or capfirst(offers.to_friend(promise.friend))
    withheld = any(each.offer.side == Side.FRIEND for each in promise.left_out)
    return link.storefront.name if withheld else link.program.headline or link.storefront.name


def _used_up(program, promise, at):
    """A sentence about the friend's offer whose limit is full; what never comes back is not spoken of."""
    for each in promise.left_out:
        if each.offer.side == Side.FRIEND and each.why.until:
            words = {"offer": capfirst(offers.to_friend(each.offer))}
            words["day"] = reading.day(each.why.until, zone=program.time_zone, at=at)
            return _("%(offer)s: all that was planned is given for now. It opens again on %(day)s.") % words
    return ""


def _until(program, offer, at):
    """The last day of the offer or the program, whichever comes first, in words."""
    ends = min((end for end in (program.ends_at, offer and offer.ends_at) if end), default=None)
    return reading.day(ends - timedelta(microseconds=1), zone=program.time_zone, at=at) if ends else ""


def _testimonials(link):
    """The advocate's own first, then the newest of others."""
    published = (
        Testimonial.objects.filter(Q(program=None) | Q(program=link.program))
        .filter(storefront=link.storefront, status=TestimonialStatus.PUBLISHED)
        .select_related("customer__standing")
        .order_by("-pk")
    )
    own = published.filter(advocate=link.advocate)[:1]
    others = published.exclude(advocate=link.advocate) if own else published
    return [_Said.of(one, link.advocate) for one in [*own, *others[: _MOST_TESTIMONIALS - len(own)]]]


@dataclass(frozen=True)
class _Said:
    """A testimonial as friends read it. Publishing a name is not agreeing that it stands beside one's code."""

    text: str
    rating: int | None
    name: str
    since: int
    bought: bool

    @classmethod
    def of(cls, testimonial, advocate):
        standing = getattr(testimonial.customer, "standing", None)
        hidden = testimonial.advocate_id == advocate.pk and not advocate.shows_name
        return cls(
            text=testimonial.text,
            rating=testimonial.rating,
            name="" if hidden else testimonial.display_name,
            since=testimonial.customer.created_at.year,
            bought=bool(standing and standing.orders),
        )


def _closed_because(link, at):
    """Which word says why the link leads nowhere, or an empty text."""
    program = link.program
    if program.status == ProgramStatus.ENDED or (program.ends_at and program.ends_at <= at):
        return "ended"
    if link.status == LinkStatus.DISABLED or link.advocate.status == AdvocateStatus.BANNED:
        return "disabled"
    if link.expires_at and link.expires_at <= at:
        return "expired"
    if program.status == ProgramStatus.PAUSED or (program.starts_at and program.starts_at > at):
        return "paused"
    return ""


def _closed(request, link, at):
    storefront = link.storefront if link else brand.of_host(request)
    reading.choose_language(request, fallback=storefront.language if storefront else "")
    context = {
        "storefront": storefront,
        "program": link.program if link else None,
        "why": _closed_because(link, at) if link else "unknown",
    }
    return private(render(request, "referrals/gone.html", context, status=404))


def private(response):
    """Kept by nobody on the way, and found by no search."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
