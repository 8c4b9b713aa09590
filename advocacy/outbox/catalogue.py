"""What an event type is. Each app lists its own in its ``events.py``; the documentation is made from them."""

from dataclasses import dataclass

TYPES = {}


@dataclass(frozen=True)
class EventType:
    """``facts`` maps each fact's name to what it means; an event carries exactly these.

    ``triggers``: whether a rule may be triggered by it. What rewards do themselves never triggers rewards. A fact
    ``stands`` says whether the subject counts (still); a later event of the same subject is settled again.
    ``settles``: whether it may change what is owed; what tells of the past only, as an import does, waits in no lane of
    money.
    ``when``: the same in words that go on after “when” and “as soon as”, such as "a friend signs up", for rules.
    ``recipients``: whom a rule on it can give something to; of advocate, friend and customer those its events name.
    """

    name: str
    subject: str
    meaning: str
    facts: dict
    triggers: bool = True
    when: str = ""
    recipients: tuple = ("customer",)
    settles: bool = True

    def __post_init__(self):
        TYPES[self.name] = self

    def __hash__(self):
        return hash(self.name)
