"""Settling with the checks of fraud before it: what they hold is held when it is first decided."""

from referrals import fraud
from referrals.events import CONVERSION_RECORDED
from rewards import settlement


def settle(*, events, at):
    """The handler of lane ``money`` of whatever a rule may be about."""
    held = fraud.screen(events=[event for event in events if event.type == CONVERSION_RECORDED.name], at=at)
    settlement.settle(events=[*events, *held], at=at)
