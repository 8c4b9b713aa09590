"""What customers say about the shop: sent, read by somebody, published or not, withdrawn."""

from django.db import transaction

from advocacy import events, given
from advocacy.models import Testimonial, TestimonialStatus
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Refused

_BEST = 5


def send(
    *,
    storefront,
    customer,
    program=None,
    advocate=None,
    text,
    rating=None,
    display_name="",
    consented,
    wording="",
    source,
    at,
):
    """A new testimonial, which waits to be read. ``consented`` to its public use, in the words that ``wording`` names.

    ``source``: "api" or "page". Plain text: whatever it holds, pages show it escaped.
    """
    testimonial = Testimonial(
        storefront=storefront,
        customer=customer,
        program=program,
        advocate=advocate,
        text=given.text("text", text, longest=2000, required=True).strip(),
        rating=None if rating is None else given.whole("rating", rating, least=1, most=_BEST),
        display_name=given.line("display_name", display_name, longest=80),
        consent_at=at if given.flag("consented", consented) else None,
        consent_wording=given.text("wording", wording, longest=40),
        source=source,
        sent_at=at,
        version=1,
    )
    with transaction.atomic():
        testimonial.save(force_insert=True)
        _tell(testimonial, events.TESTIMONIAL_SENT, at)
    return testimonial


def publish(*, testimonial, by, at):
    """Show it. True if that changed anything. Refuses ``no_consent``, also for what its author withdrew."""
    with transaction.atomic():
        row = _lock(testimonial)
        if row.status == TestimonialStatus.PUBLISHED:
            return False
        if row.consent_at is None or row.status == TestimonialStatus.WITHDRAWN:
            raise Refused("no_consent", "Its author has not agreed that it is shown, or took that back.")
        _moderate(row, TestimonialStatus.PUBLISHED, by=by, reason="", at=at)
        _tell_next(row, events.TESTIMONIAL_PUBLISHED, at)
    return _came_true(testimonial)


def reject(*, testimonial, by, reason, at):
    """Do not show it, or no longer. True if that changed anything. ``reason`` is a word for staff, never its rating."""
    reason = given.text("reason", reason, longest=200)
    with transaction.atomic():
        row = _lock(testimonial)
        if row.status in (TestimonialStatus.REJECTED, TestimonialStatus.WITHDRAWN):
            return False
        was_shown = row.status == TestimonialStatus.PUBLISHED
        _moderate(row, TestimonialStatus.REJECTED, by=by, reason=reason, at=at)
        if was_shown:
            _tell_next(row, events.TESTIMONIAL_WITHDRAWN, at)
    return _came_true(testimonial)


def withdraw(*, testimonial, at):
    """Its author takes the consent back. True if that changed anything; it is never shown again."""
    with transaction.atomic():
        row = _lock(testimonial)
        if row.status == TestimonialStatus.WITHDRAWN:
            return False
        was_shown = row.status == TestimonialStatus.PUBLISHED
        row.status, row.consent_at = TestimonialStatus.WITHDRAWN, None
        row.save(update_fields=["status", "consent_at"])
        if was_shown:
            _tell_next(row, events.TESTIMONIAL_WITHDRAWN, at)
    return _came_true(testimonial)


def _lock(testimonial):
    rows = Testimonial.objects.select_for_update(no_key=True, of=["self"])
    return rows.select_related("storefront", "customer", "program").get(pk=testimonial.pk)


def _moderate(row, status, *, by, reason, at):
    row.status, row.reason, row.moderated_by, row.moderated_at = status, reason, by, at
    row.save(update_fields=["status", "reason", "moderated_by", "moderated_at"])


def _came_true(testimonial):
    testimonial.refresh_from_db()
    return True


def _tell_next(row, event_type, at):
    row.version += 1
    row.save(update_fields=["version"])
    _tell(row, event_type, at)


def _tell(testimonial, event_type, at):
    facts = {
        "status": str(testimonial.status),
        "rating": testimonial.rating,
        "consented": testimonial.consent_at is not None,
        "country": testimonial.customer.country,
        "stands": testimonial.status == TestimonialStatus.PUBLISHED,
        "program_status": str(testimonial.program.status_at(at)) if testimonial.program else "",
    }
    draft = Draft(
        type=event_type,
        subject=testimonial,
        storefront=testimonial.storefront,
        customer=testimonial.customer,
        program=testimonial.program,
        advocate=testimonial.advocate,
        facts=facts,
        occurred_at=at,
    )
    record([draft], at=at)
