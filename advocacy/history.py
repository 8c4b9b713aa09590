"""Whether new customers can be told from old ones: only where something is known of orders from before.

That is what customers are said to have ordered before (``orders_before``), or orders that were imported.
"""

from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.fields import BooleanField

from advocacy.models import Customer, Storefront

_BEFORE = Exists(Customer.objects.filter(storefront=OuterRef("storefront"), orders_before__gt=0))
# Of programs: that they take anybody, that there was nothing before, or that what there was is known.
KNOWN = ExpressionWrapper(
    Q(new_customers_only=False)
    | Q(storefront__starts_fresh=True)
    | Q(storefront__history_imported_at__isnull=False)
    | Q(_BEFORE),
    output_field=BooleanField(),
)


def told(programs):
    """These programs (a queryset), each with ``new_customers_known``."""
    return programs.annotate(new_customers_known=KNOWN)


def imported(*, storefront, at):
    """Orders of the past are here from now on."""
    Storefront.objects.filter(pk=storefront.pk, history_imported_at=None).update(history_imported_at=at)
