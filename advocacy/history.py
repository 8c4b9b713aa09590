"""Whether new customers can be told from old ones: only where something is known of orders from before."""

from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.fields import BooleanField

from advocacy.models import Customer

_BEFORE = Exists(Customer.objects.filter(storefront=OuterRef("storefront"), orders_before__gt=0))
# Of programs: that they take anybody, that there was nothing before, or that what there was is known.
KNOWN = ExpressionWrapper(
    Q(new_customers_only=False) | Q(storefront__starts_fresh=True) | Q(_BEFORE), output_field=BooleanField()
)


def told(programs):
    """These programs (a queryset), each with ``new_customers_known``."""
    return programs.annotate(new_customers_known=KNOWN)
