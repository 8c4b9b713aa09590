"""What a field of a condition is: its kind with the ops that it knows, its reasons and its words."""

from dataclasses import dataclass, field

MONEY, NUMBER, TEXT, TEXTS, FLAG = "money", "number", "text", "texts", "flag"
# Every op that a kind knows; texts are facts that are lists: at least one of, none of, all of them.
OPERATORS = {
    MONEY: ("at_least", "at_most"),
    NUMBER: ("at_least", "at_most", "is"),
    TEXT: ("is", "one_of", "none_of"),
    TEXTS: ("one_of", "none_of", "all_of"),
    FLAG: ("is",),
}
METADATA_PREFIX = "metadata."


@dataclass(frozen=True)
class Field:
    """``words`` says it in a sentence, after “with”, where {} is the value; a flag's are those of yes and of no.

    ``reasons`` are the reasons of single ops where they are not ``reason``; of a flag ``no``, asked to be no.
    ``fact`` is the fact it is read from, where that has another name; ``read`` takes the facts and answers None where
    they do not say.
    """

    kind: str
    reason: str
    label: str
    help: str
    words: str
    fact: str = ""
    read: object = None
    reasons: dict = field(default_factory=dict)
    # Values are compared in capitals: ISO codes and coupon codes.
    capitals: bool = False
    # Of numbers: what there is at least and at most; None where there is no end.
    least: int = 0
    most: int | None = None
    # A regular expression that a value matches wholly, if not any text will do.
    pattern: str = ""

    def reason_of(self, op, wanted):
        """A flag that is asked to be no fails by the opposite reason."""
        return self.reasons.get("no" if wanted is False else op, self.reason)
