"""Who said what about a side's reward, when and why; and the queue of what is held."""

from referrals.models import Review, ReviewCase, Ruling


def keep(*, conversion, before, by, person, at):
    """Write down what was just said of a locked conversion; ``before``: ``{column: what it was}``."""
    Ruling.objects.bulk_create(
        Ruling(
            conversion=conversion,
            version=conversion.version,
            side=column.removesuffix("_review"),
            was=was,
            review=getattr(conversion, column),
            reason=conversion.review_reason,
            by=by,
            person=person,
            at=at,
        )
        for column, was in before.items()
    )
    _queue(conversion, at)


def _queue(conversion, at):
    """What is held stands in the queue, also where somebody held it whom no check had warned."""
    waiting = Review.HELD in (conversion.advocate_review, conversion.friend_review)
    known = ReviewCase.objects.filter(conversion=conversion).update(waiting=waiting)
    if waiting and not known:
        about = {"storefront_id": conversion.storefront_id, "program_id": conversion.program_id}
        ReviewCase.objects.create(conversion=conversion, waiting=True, opened_at=at, **about)
