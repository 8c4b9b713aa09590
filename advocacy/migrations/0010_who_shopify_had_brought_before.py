"""Who Shopify made known before that was written down: whoever has a number as only Shopify gives them.

A shop that left asks that its customers are forgotten, also those who never ordered and whose message is gone by now.
Numbers of other platforms are shorter, or no numbers.
"""

from django.db import migrations

MARK_THEM = r"""
UPDATE advocacy_customer customer SET brought_by = 'shopify'
FROM advocacy_storefront storefront
WHERE storefront.id = customer.storefront_id
  AND customer.brought_by = '' AND customer.external_id ~ '^[0-9]{10,20}$'
  AND EXISTS (
    SELECT FROM advocacy_connection connection
    WHERE connection.platform = 'shopify' AND connection.created_at <= customer.recorded_at
      AND connection.storefront_id IN (storefront.id, storefront.test_twin_of_id)
  )
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0009_who_brought_customers")]
    operations = [migrations.RunSQL(MARK_THEM, migrations.RunSQL.noop)]
