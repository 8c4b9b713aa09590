"""What shops export themselves, our own objects, and a mapping."""

import json
from pathlib import Path

import pytest

from advocacy.refusals import Refused
from referrals import imports
from referrals.models import Order
from tests import cast
from tests.referrals.imports_stage import counts, keep, taken

PAYLOADS = Path(__file__).parent / "payloads"


SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,\
Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Shipping Country,Note Attributes,\
Cancelled at,Refunded Amount,Id
#1001,fred@example.com,paid,2025-05-01 10:00:05 +0200,EUR,45.00,4.00,7.18,49.00,SPRING,5.00,\
2025-05-01 10:00:00 +0200,2,Mug,20.00,MUG,Fred Flint,DE,"advocacy_code: alice-link
gift: no",,10.00,'450789469
#1001,fred@example.com,,,,,,,,,,2025-05-01 10:00:00 +0200,1,Tea,10.00,TEA,,,,,,
#1002,wilma@shop.example,pending,,EUR,9.00,0.00,1.44,9.00,,0.00,2025-05-02 10:00:00 +0200,1,Tea,9.00,TEA,W,AT,,,0.00,1
"""


def test_shopifys_order_export_is_recognised_and_its_rows_are_joined(acme):
    row = keep(acme, SHOPIFY)
    assert (row.layout, row.rows) == ("shopify_orders", 2)
    assert taken(row) == counts(new=2)
    order = Order.objects.get(external_id="450789469")
    assert (order.status, order.subtotal_minor, order.discount_minor, order.total_minor) == ("paid", 5000, 500, 4900)
    assert (order.refunded_minor, order.tax_included, order.referral_code) == (1000, True, "alice-link")
    assert [(line["sku"], line["quantity"]) for line in order.products] == [("MUG", 2), ("TEA", 1)]
    assert order.warnings == []
    assert Order.objects.get(external_id="1").status == "pending"


WOO = """order_id,order_number,date,status,shipping_total,tax_total,fee_total,discount_total,order_total,\
refunded_total,order_currency,customer_id,billing_email,billing_first_name,billing_last_name,billing_country,line_items,coupon_items
77,77,2025-05-01 10:00:00,completed,4.00,8.00,0.00,5.00,57.00,7.00,EUR,12,fred@example.com,Fred,Flint,DE,\
"id:1|name:Mug|product_id:3|sku:MUG|quantity:2|total:45.00|tax:8.00",code:SPRING|amount:5.00
78,78,2025-05-01 10:00:00,on-hold,0.00,0.00,0.00,0.00,9.00,0.00,EUR,0,wilma@example.com,Wilma,,AT,,
"""


def test_woocommerces_order_export_is_recognised(acme):
    row = keep(acme, WOO)
    assert row.layout == "woocommerce_orders"
    assert taken(row) == counts(new=2)
    order = Order.objects.select_related("customer").get(external_id="77")
    assert (order.status, order.total_minor, order.refunded_minor, order.warnings) == ("paid", 5700, 700, [])
    assert (order.customer.external_id, order.customer.name, order.coupon_codes) == ("12", "Fred Flint", ["SPRING"])
    assert order.products[0]["sku"] == "MUG"


@pytest.mark.parametrize("name", ["shopify/orders_paid", "woocommerce/order_refunded"])
def test_documents_of_the_platforms_are_read_as_their_messages_are(acme, name):
    document = json.loads((PAYLOADS / f"{name}.json").read_text())
    row = keep(acme, json.dumps(document) + "\n")
    assert row.layout == name.split("/")[0] + "_documents"
    assert taken(row) == counts(new=1)


def test_a_document_with_an_odd_currency_is_refused_in_words_and_its_page_opens(acme):
    document = json.loads((PAYLOADS / "woocommerce/order_created.json").read_text())
    row = keep(acme, json.dumps(document | {"currency": []}) + "\n")
    assert taken(row) == counts(refused=1)
    assert [why for _, why in imports.refused(row)] == ["currency must be an ISO 4217 code in capitals, such as EUR."]
    row = keep(acme, json.dumps(document | {"currency": {}}) + "\n", check=False)
    assert imports.first_rows(row)[0][2].startswith("currency must be")


def test_our_own_objects_are_what_the_api_takes(acme):
    line = json.dumps(cast.order("1", customer={"external_id": "fred"}), default=str)
    deep, large = '{"metadata": ' + 300 * "[" + 300 * "]" + "}", f'{{"metadata": {10**30}}}'
    row = keep(acme, f'{line}\n{{"external_id": "2", "totl": 5}}\n[1]\n{{"a": \n{deep}\n{large}\n')
    assert taken(row) == counts(new=1, refused=5)
    assert [why[:30] for _, why in imports.refused(row)] == [
        "totl is not a field here; take",
        "It is no JSON object.",
        "It is not JSON (Expecting valu",
        "It is nested too deeply.",
        "It is not JSON (a number too l",
    ]


def test_a_mapping_says_what_the_names_of_columns_do_not(acme):
    text = 'Bestellung,Kunde,Summe,Datum\n1,fred@example.com,"5,00",1.2.2025\n'
    with pytest.raises(Refused, match="No column is external_id"):
        keep(acme, text)
    mapping = {"Bestellung": "external_id", "Kunde": "email", "Summe": "total", "Datum": "placed_at"}
    assert taken(keep(acme, text, mapping=mapping)) == counts(new=1)
    with pytest.raises(Refused, match="the file has no column Preis"):
        keep(acme, text, mapping={"Preis": "total"})
