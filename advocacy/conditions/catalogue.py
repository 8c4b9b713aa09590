"""Every field that can be asked about, with the reason given where it fails and its words for an admin."""

from advocacy.conditions.kinds import FLAG, MONEY, NUMBER, TEXT, TEXTS, Field


def _of_lines(*keys):
    """Reads the products' values under these keys, each once."""

    def read(facts):
        lines = facts.get("products")
        if lines is None:
            return None
        return list(dict.fromkeys(line[key] for line in lines for key in keys if line.get(key)))

    return read


def _first_order(facts):
    earlier = facts.get("earlier_orders")
    return None if earlier is None else earlier == 0


_ABOVE = {"at_most": "above_maximum"}
_CODES = {"capitals": True}

FIELDS = {
    "goods_minor": Field(
        MONEY,
        "below_minimum",
        "Value of the goods",
        "Before any discount, so before the friend's own offer too; without tax and shipping as the shop counts it.",
        "goods of {}",
        reasons=_ABOVE,
    ),
    "revenue_minor": Field(
        MONEY,
        "below_minimum",
        "Revenue",
        "After discounts, before tax and shipping: the friend's own offer can push an order below a minimum.",
        "a revenue of {}",
        reasons=_ABOVE,
    ),
    "basis_minor": Field(
        MONEY,
        "below_minimum",
        "Order total",
        "What was charged, with tax and shipping.",
        "a total of {}",
        reasons=_ABOVE,
    ),
    "currency": Field(
        TEXT,
        "wrong_currency",
        "Currency",
        "Three capital letters, such as EUR.",
        "currency {}",
        pattern="[A-Z]{3}",
        **_CODES,
    ),
    "products": Field(
        TEXTS,
        "product_excluded",
        "Products",
        "Ids of products or variants, or SKUs, as the shop sends them.",
        "the product {}",
        read=_of_lines("product", "variant", "sku"),
    ),
    "categories": Field(
        TEXTS,
        "product_excluded",
        "Product categories",
        "As the shop sends them with each product.",
        "a product of the category {}",
        fact="products",
        read=_of_lines("category"),
    ),
    "coupon_codes": Field(
        TEXTS, "coupon_not_used", "Coupons used", "Codes used in the order, in any case.", "the coupon {}", **_CODES
    ),
    "first_order": Field(
        FLAG,
        "not_first_order",
        "First order",
        "Whether it is the customer's first order ever, orders before the program included.",
        "a first order|a later order",
        reasons={"no": "first_order_excluded"},
        fact="earlier_orders",
        read=_first_order,
    ),
    "earlier_orders": Field(
        NUMBER,
        "not_first_order",
        "Earlier orders",
        "How many orders the customer had placed before, those before the program included.",
        "{} earlier orders",
        reasons={"at_least": "too_few_orders"},
    ),
    "new_customer": Field(
        FLAG,
        "existing_customer",
        "New customer",
        "Whether the friend had no order before joining.",
        "a new customer|a customer from before",
        reasons={"no": "new_customer_excluded"},
    ),
    "days_since_signup": Field(
        NUMBER,
        "too_late_after_signup",
        "Days since joining",
        "Whole days from the friend's joining to the order.",
        "{} days since joining",
        reasons={"at_least": "too_soon_after_signup"},
    ),
    "sequence": Field(
        NUMBER,
        "limit_of_orders_reached",
        "Number of the order",
        "The friend's how-manieth order that was recorded for the advocate, from 1.",
        "the friend’s order no. {}",
        least=1,
        reasons={"at_least": "too_few_orders"},
    ),
    "country": Field(
        TEXT,
        "country_excluded",
        "Country",
        "Two capital letters, such as DE.",
        "country {}",
        pattern="[A-Z]{2}",
        **_CODES,
    ),
    "channel": Field(
        TEXT, "channel_excluded", "Channel", "The channel of the advocate's link, such as whatsapp.", "channel {}"
    ),
    "method": Field(
        TEXT,
        "method_excluded",
        "How the friend came",
        "code, coupon, click, cookie, invitation or manual.",
        "attribution by {}",
        pattern="code|coupon|click|cookie|invitation|manual",
    ),
    "advocate_segments": Field(
        TEXTS, "not_in_segment", "Segments of the advocate", "As the shop names them.", "an advocate in the segment {}"
    ),
    "friend_segments": Field(
        TEXTS, "not_in_segment", "Segments of the friend", "As the shop names them.", "a friend in the segment {}"
    ),
    "advocate_tier": Field(
        TEXT, "not_in_tier", "Tier of the advocate", "As the shop names it.", "an advocate of the tier {}"
    ),
    "friend_tier": Field(TEXT, "not_in_tier", "Tier of the friend", "As the shop names it.", "a friend of the tier {}"),
    "rating": Field(
        NUMBER,
        "rating_too_low",
        "Stars",
        "1 to 5, of a testimonial.",
        "a rating of {}",
        least=1,
        most=5,
        reasons={"at_most": "answer_excluded", "is": "answer_excluded"},
    ),
    "score": Field(
        NUMBER,
        "rating_too_low",
        "Score",
        "The answer to a survey's question, on its own scale.",
        "a score of {}",
        reasons={"at_most": "answer_excluded", "is": "answer_excluded"},
    ),
    "survey": Field(TEXT, "answer_excluded", "Survey", "Its id, as the shop names it.", "the survey {}"),
    "kind": Field(
        TEXT,
        "answer_excluded",
        "Kind of survey",
        "nps, csat or ces.",
        "a survey of the kind {}",
        pattern="nps|csat|ces",
    ),
    "reported_type": Field(
        TEXT, "event_excluded", "Type of the shop’s own event", "As the shop names it.", "the shop’s event {}"
    ),
    "touchpoint": Field(TEXT, "event_excluded", "Touchpoint", "As the shop names it.", "the touchpoint {}"),
    "status": Field(TEXT, "status_excluded", "Status", "Of what the event is about.", "status {}"),
}
# The one field with a name of its own at the end: metadata.<key>.
METADATA = Field(
    TEXT,
    "metadata_mismatch",
    "Metadata",
    "metadata. and a key of the order's metadata that the program keeps.",
    "metadata {}",
    fact="metadata",
)
