"""The event types of the base."""

from advocacy.outbox.catalogue import EventType

_CUSTOMER = {
    "identified": "whether the storefront gave an id or e-mail of its own",
    "orders_before": "orders before the program",
}
CUSTOMER_CREATED = EventType("customer.created", "customer", "A person became known to the storefront.", _CUSTOMER)
CUSTOMER_CHANGED = EventType(
    "customer.changed", "customer", "The storefront said something new of a person.", _CUSTOMER
)
ADVOCATE_ENROLLED = EventType(
    "advocate.enrolled",
    "advocate",
    "A customer joined a program to bring others.",
    {"status": "active, paused or banned", "terms_version": "the terms accepted, or null"},
)
ADVOCATE_CHANGED = EventType(
    "advocate.changed",
    "advocate",
    "An advocate was paused, banned or made active again.",
    {"status": "active, paused or banned", "terms_version": "the terms accepted, or null"},
)
TESTIMONIAL_SENT = EventType(
    "testimonial.sent",
    "testimonial",
    "A customer said something about the shop.",
    {"status": "its status", "rating": "1 to 5, or null", "consented": "whether it may be shown"},
)
TESTIMONIAL_PUBLISHED = EventType(
    "testimonial.published",
    "testimonial",
    "A testimonial was published.",
    {"status": "its status", "rating": "1 to 5, or null", "consented": "whether it may be shown"},
)
TESTIMONIAL_WITHDRAWN = EventType(
    "testimonial.withdrawn",
    "testimonial",
    "A published testimonial is shown no more: taken back by its author or by an admin.",
    {"status": "its status", "rating": "1 to 5, or null", "consented": "whether it may be shown"},
)
