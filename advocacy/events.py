"""The event types of the base."""

from advocacy.outbox.catalogue import EventType

_CUSTOMER = {
    "identified": "whether the storefront gave an id or e-mail of its own",
    "orders_before": "orders before the program",
}
CUSTOMER_CREATED = EventType(
    "customer.created",
    "customer",
    "A person became known to the storefront.",
    _CUSTOMER,
    when="a customer becomes known",
)
# What an import tells of the past begins nothing: no rule is asked, and nothing waits to be settled.
CUSTOMER_IMPORTED = EventType(
    "customer.imported",
    "customer",
    "A person became known by an import of what happened before.",
    _CUSTOMER,
    triggers=False,
    settles=False,
)
CUSTOMER_CHANGED = EventType(
    "customer.changed",
    "customer",
    "The storefront said something new of a person.",
    _CUSTOMER,
    when="the shop says something new of a customer",
)
CUSTOMER_ERASED = EventType(
    "customer.erased",
    "customer",
    "A person was erased: nothing names them here any more. Erase what you keep of them by our ids.",
    _CUSTOMER,
    triggers=False,
)
CUSTOMER_AT_RISK = EventType(
    "customer.at_risk",
    "customer",
    "A customer's chance to buy again fell below the storefront's limit: told when it falls, not each night.",
    {
        "alive_percent": "how likely they will ever buy again, in percent",
        "expected_orders_e2": "days with an order in the next 12 months, in hundredths: 125 is 1.25",
        "expected_value_minor": "what they are expected to spend on these, or null",
        "currency": "ISO 4217",
        "advocate": "whether they bring friends in any program",
        "friends": "how many friends they brought who bought",
    },
    when="a customer is at risk of leaving",
)
_MERGE = {
    "survivor": "the customer's id that counts for both",
    "merged": "the customer's id that led there, or leads to itself again",
    "source": "who said so: api, admin, same_email or a platform",
}
CUSTOMER_MERGED = EventType(
    "customer.merged",
    "merge",
    "Two customers are one person: the survivor has what both had.",
    _MERGE,
    triggers=False,
)
CUSTOMER_UNMERGED = EventType(
    "customer.unmerged", "merge", "A merge was undone: each customer has their own again.", _MERGE, triggers=False
)
# What a rule asks of a moment: as it was then, so that a late worker decides the same.
_PROGRAM = {"program_status": "active, paused or ended, by its window too, at that moment; empty without a program"}
_ADVOCATE = {
    "status": "active, paused or banned",
    "terms_version": "the terms accepted, or null",
    "country": "of the customer: ISO 3166, or empty",
    "advocate_segments": "of the customer, as the storefront names them",
    "advocate_tier": "of the customer, as the storefront names it, or empty",
} | _PROGRAM
ADVOCATE_ENROLLED = EventType(
    "advocate.enrolled",
    "advocate",
    "A customer joined a program to bring others.",
    _ADVOCATE,
    when="somebody joins as an advocate",
    recipients=("advocate",),
)
# By the shop, not by a wish of theirs: what a rule promises for joining is not theirs.
ADVOCATE_ADDED = EventType(
    "advocate.added",
    "advocate",
    "The shop made a customer an advocate: by an import, or as one of its past buyers.",
    _ADVOCATE,
    triggers=False,
    settles=False,
)
ADVOCATE_CHANGED = EventType(
    "advocate.changed",
    "advocate",
    "An advocate was paused, banned or made active again, or agreed to newer terms.",
    _ADVOCATE,
    when="an advocate is paused, banned or made active again",
    recipients=("advocate",),
)
TERMS_PUBLISHED = EventType(
    "terms.published",
    "terms",
    "A version of a program's terms was published. Where its change is material, advocates are asked to agree again.",
    {
        "number": "of the version: 1, 2, 3 …",
        "material": "whether payouts wait for who has not agreed to it",
        "languages": "in which it can be read",
    },
    triggers=False,
)
TERMS_ACCEPTED = EventType(
    "terms.accepted",
    "terms_acceptance",
    "An advocate agreed to a version of their program's terms.",
    {
        "number": "of the version",
        "source": "portal, api, snippet, import or admin",
    },
    triggers=False,
)
_TESTIMONIAL = {
    "status": "pending, published, rejected or withdrawn",
    "rating": "stars from 1 to 5, or null",
    "consented": "whether it may be shown",
    "country": "of the customer: ISO 3166, or empty",
    "stands": "whether it is published",
} | _PROGRAM
TESTIMONIAL_SENT = EventType(
    "testimonial.sent",
    "testimonial",
    "A customer said something about the shop.",
    _TESTIMONIAL,
    when="a testimonial is sent",
)
TESTIMONIAL_PUBLISHED = EventType(
    "testimonial.published",
    "testimonial",
    "A testimonial was published.",
    _TESTIMONIAL,
    when="a testimonial is published",
)
TESTIMONIAL_WITHDRAWN = EventType(
    "testimonial.withdrawn",
    "testimonial",
    "A published testimonial is shown no more: taken back by its author or by an admin.",
    _TESTIMONIAL,
    when="a testimonial is taken back",
)
SURVEY_ANSWERED = EventType(
    "survey.answered",
    "answer",
    "A customer answered a survey.",
    {
        "survey": "the storefront's own id of the survey, or empty",
        "kind": "nps, csat or ces; or expectation, experience or importance",
        "touchpoint": "of what it was asked, as the storefront names it, or empty",
        "score": "the answer, on the survey's own scale",
        "scale_min": "the scale's lowest score",
        "scale_max": "the scale's highest score",
        "country": "of the customer: ISO 3166, or empty",
        "stands": "whether it counts: always",
    }
    | _PROGRAM,
    when="a survey is answered",
)
EVENT_REPORTED = EventType(
    "event.reported",
    "report",
    "The storefront told an event of its own, such as a visit to a touchpoint or a contact with its support.",
    {
        "reported_type": "what the storefront calls it",
        "touchpoint": "where it happened, as the storefront names it, or empty",
        "metadata": "of what came with it, the keys that a program of the storefront keeps for its rules",
        "country": "of the customer: ISO 3166, or empty",
        "stands": "whether it counts: always",
    },
    when="the shop tells an event of its own",
)
# What is paid for is not freely given.
CONSENT_RECORDED = EventType(
    "consent.recorded",
    "consent",
    "A customer agreed to promotional messages on a channel, confirmed it, or took it back.",
    {
        "channel": "email, sms, phone, post, push or messenger",
        "state": "none, pending, confirmed or withdrawn",
        "basis": "consent, or customer: an existing customer who has not objected",
        "wording_version": "by which words they were asked, as the storefront names them, or empty",
        "source": "where it was said, as the storefront names it, or empty",
        "counts": "whether it was the newest of its customer and channel as it was recorded",
    },
    triggers=False,
)

_ALERT = {
    "alert": "the kind of alert, such as link_burst or budget_low",
    "about": "the id of what it is about, or its name",
    "count": "how many things are meant",
    "numbers": "what it was decided by, by name: numbers and ids",
    "opened_at": "since when it is so",
}
ALERT_OPENED = EventType(
    "alert.opened",
    "alert",
    "Something needs somebody of the shop: told once, until it is over.",
    _ALERT,
    triggers=False,
    settles=False,
)
ALERT_CLOSED = EventType(
    "alert.closed", "alert", "What an alert told of is over.", _ALERT, triggers=False, settles=False
)
ALERT_DAILY = EventType(
    "alert.daily",
    "storefront",
    "What needs somebody of the shop this morning: once a day, while anything does.",
    {"day": "the day, in the shop's time zone", "open": "how many alerts are open, by their kind"},
    triggers=False,
    settles=False,
)
