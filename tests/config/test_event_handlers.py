"""What follows each event: registered names exist, and the catalogue's page says what the code does."""

from django.conf import settings

from advocacy.models import Lane
from advocacy.outbox.catalogue import TYPES
from config import event_handlers
from config.management.commands.document_events import document


def test_handlers_are_registered_for_event_types_and_lanes_that_exist():
    assert set(event_handlers.HANDLERS) <= set(TYPES)
    assert {lane for lanes in event_handlers.HANDLERS.values() for lane in lanes} <= set(Lane.values)


def test_rewards_own_events_never_trigger_rules():
    settles = {
        name
        for name, lanes in event_handlers.HANDLERS.items()
        for handlers in lanes.values()
        if event_handlers.settling.settle in handlers
    }
    assert not {name for name in settles if name.startswith(("reward.", "redemption.", "payout.", "delivery."))}


def test_the_page_of_events_says_what_the_code_does():
    page = settings.BASE_DIR / "docs" / "events.md"
    assert page.read_text() == document(), "Run: python manage.py document_events"
