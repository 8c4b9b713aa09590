"""A reward as the model has it: how much of it is where."""

from dataclasses import dataclass, field

PLACES = ("pending", "available", "reserved", "spent", "paid", "expired")


@dataclass
class Lot:
    recipient: str
    form: str
    due_at: object
    expires_days: int | None
    reviewed: bool = False
    credited: bool = False
    expires_at: object = None
    code: str = ""  # assigned, used or revoked
    waits: bool = False  # for a code
    holds: dict = field(default_factory=lambda: dict.fromkeys(PLACES, 0))

    def move(self, source, target, amount):
        for place, change in ((source, -amount), (target, amount)):
            if place:
                self.holds[place] += change
