"""Who said what about a side's reward, when and why; and the queue of what is held."""

from referrals.models import Review, ReviewCase, Ruling


def keep(*, conversion, before, by, person, at):
    """Write down what was just said of a locked conversion; ``before``: ``{column: what it was}``."""
    keep_all([(conversion, before)], by=by, person=person, at=at)


def keep_all(said, *, by, person, at):
    """The same of several: ``[(conversion, before)]``."""
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
        for conversion, before in said
        for column, was in before.items()
    )
    _queue([conversion for conversion, _ in said], at)


def _queue(said, at):
    """What is held stands in the queue, also where somebody held it whom no check had warned."""
    held = [each for each in said if Review.HELD in (each.advocate_review, each.friend_review)]
    over = [each for each in said if each not in held]
    if over:
        ReviewCase.objects.filter(conversion__in=over).update(waiting=False)
    if held and ReviewCase.objects.filter(conversion__in=held).update(waiting=True) < len(held):
        known = set(ReviewCase.objects.filter(conversion__in=held).values_list("conversion", flat=True))
        ReviewCase.objects.bulk_create(
            ReviewCase(
                conversion=each,
                storefront_id=each.storefront_id,
                program_id=each.program_id,
                waiting=True,
                opened_at=at,
            )
            for each in held
            if each.pk not in known
        )
