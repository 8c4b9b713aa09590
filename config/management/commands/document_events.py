import json

from django.conf import settings
from django.core.management.base import BaseCommand

from advocacy.outbox.catalogue import TYPES
from config import event_examples, event_handlers

_BEGINNING = """# Events

Every event type, by its subject. This page is written by `manage.py document_events`; a test compares it.
An event carries exactly the facts listed, and besides them its storefront, customer, program, advocate,
friend and cause, where it has them. `version` counts the changes of its subject, and only grows.

Each can be sent to webhook endpoints (docs/api.md tells how) once it is recorded. The whole body of one:

```json
{body}
```

Below is what `data.facts` of each type looks like; the other fields are the same in all.
"""
_WHOLE = "referral.created"


def document():
    """The text of docs/events.md, from the catalogues of the apps."""
    lines = _BEGINNING.format(body=json.dumps(event_examples.example(_WHOLE), indent=2)).splitlines()
    for kind in sorted({event_type.subject for event_type in TYPES.values()}):
        lines += ["", f"## {kind}"]
        for event_type in sorted((one for one in TYPES.values() if one.subject == kind), key=lambda one: one.name):
            lines += ["", f"### {event_type.name}", "", event_type.meaning, "", _worked_on(event_type), ""]
            lines += ["| fact | meaning |", "|---|---|"]
            lines += [f"| `{name}` | {meaning} |" for name, meaning in event_type.facts.items()]
            lines += ["", "```json", _facts(event_type), "```"]
    return "\n".join(lines) + "\n"


def _facts(event_type):
    facts = event_examples.example(event_type.name)["data"]["facts"]
    return "{\n" + ",\n".join(f'  "{name}": {json.dumps(value)}' for name, value in facts.items()) + "\n}"


def _worked_on(event_type):
    # Webhooks follow all of them, which the page says once.
    lanes = {lane: each for lane, each in event_handlers.HANDLERS.get(event_type.name, {}).items() if lane != "out"}
    if not lanes:
        return "Nothing but webhooks follows it; it is kept for the record."
    told = [
        f"lane `{lane}`: " + ", ".join(f"`{handler.__module__}.{handler.__name__}`" for handler in handlers)
        for lane, handlers in lanes.items()
    ]
    return "What follows: " + "; ".join(told) + "."


class Command(BaseCommand):
    help = "Write docs/events.md from the catalogues of event types."

    def handle(self, **options):
        path = settings.BASE_DIR / "docs" / "events.md"
        path.write_text(document())
        self.stdout.write(f"Written: {path.relative_to(settings.BASE_DIR)}")
