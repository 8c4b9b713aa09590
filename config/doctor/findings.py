import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    OK = "ok"
    WARN = "warn"  # it works, not as well as it could
    FAIL = "fail"  # something does not work
    UNCHECKED = "unchecked"  # nobody could be asked


@dataclass(frozen=True)
class Finding:
    """``about``: “server” or a storefront’s name. ``check``: one word or two. ``todo``: empty where all is well."""

    level: Level
    about: str
    check: str
    told: str
    todo: str = ""


class Findings:
    """Makes findings about one thing."""

    def __init__(self, about):
        self.about = about

    def ok(self, check, told):
        return Finding(Level.OK, self.about, check, told)

    def warn(self, check, told, todo):
        return Finding(Level.WARN, self.about, check, told, todo)

    def fail(self, check, told, todo):
        return Finding(Level.FAIL, self.about, check, told, todo)

    def unchecked(self, check, told, todo):
        return Finding(Level.UNCHECKED, self.about, check, told, todo)
