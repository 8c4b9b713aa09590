"""The test twin of a storefront: the same code, rows of its own, no real money, mail or metric."""

from advocacy.models import Storefront

_COPIED = ("url", "currency", "time_zone", "language", "colour")


def of(storefront, *, at):
    """The storefront's test twin, made when it is first needed; a twin is its own."""
    if storefront.test_twin_of_id:
        return storefront
    # Of two that make it at once, the short name is unique: one of them finds the other's.
    made, _ = Storefront.objects.get_or_create(
        test_twin_of=storefront,
        defaults={name: getattr(storefront, name) for name in _COPIED}
        | {"name": f"{storefront.name} (test)"[:120], "slug": f"{storefront.slug[:55]}-test", "created_at": at},
    )
    return made
