"""What a simulation compares and over which days: checked once, then kept as JSON."""

from dataclasses import dataclass
from datetime import datetime

from advocacy import ids
from advocacy.models import Program
from advocacy.refusals import Refused
from rewards import book, rulebook
from rewards.models import Rule, RuleVersion
from rewards.simulation.sets import NEW, Sets

_DATES = ("starts_at", "ends_at")
_NOT_TERMS = {"id", "public_id", "rule", "number", "created_at", "corrects", "own_ends_at", *_DATES}
_COLUMNS = {field.name for field in RuleVersion._meta.concrete_fields} - _NOT_TERMS


@dataclass(frozen=True)
class Plan:
    """``start`` to before ``until``. ``draft``: ``{"name", "terms"}`` or None; ``replaced``: a rule's id or None."""

    program: Program
    start: datetime
    until: datetime
    replaced: int | None
    draft: dict | None
    versions: tuple

    def sets(self):
        """``{trigger: Sets}`` of today's rules and of those with the draft, both as if in force all the time."""
        today = {}
        rows = RuleVersion.objects.filter(pk__in=self.versions).select_related("rule__program").order_by("rule")
        for version in rows:
            today.setdefault(version.trigger, []).append(book.terms_of(version))
        drafted = self._version()
        triggers = {*today, *([drafted.trigger] if drafted else [])}
        return {trigger: self._sets(trigger, today.get(trigger, []), drafted) for trigger in sorted(triggers)}

    def _sets(self, trigger, today, drafted):
        mine = drafted is not None and drafted.trigger == trigger
        return Sets(today=today, draft=book.terms_of(drafted) if mine else None, replaced=self.replaced)

    def _version(self):
        if self.draft is None:
            return None
        rule = Rule(pk=self.replaced or NEW, program=self.program, name=self.draft["name"])
        return RuleVersion(rule=rule, number=0, **self.draft["terms"])

    def as_json(self):
        return {
            "program": ids.encode("prg", self.program.public_id),
            "from": self.start.isoformat(),
            "until": self.until.isoformat(),
            "replaced": self.replaced,
            "draft": self.draft,
            "versions": list(self.versions),
        }


def read(parameters):
    """The Plan that ``as_json`` wrote."""
    return Plan(
        program=Program.objects.select_related("storefront").get(public_id=ids.decode("prg", parameters["program"])),
        start=datetime.fromisoformat(parameters["from"]),
        until=datetime.fromisoformat(parameters["until"]),
        replaced=parameters["replaced"],
        draft=parameters["draft"],
        versions=tuple(parameters["versions"]),
    )


def made(*, program, name, terms, rule, start, until, at):
    """A Plan. ``terms`` as ``rulebook.save`` takes them, or None: the rule is taken away. Raises Refused by field."""
    _check_period(start, until, at)
    if terms is None and rule is None:
        raise Refused("nothing_to_simulate", "Say what the draft gives, or which rule is taken away.")
    in_force = book.in_force_at(program=program, at=at)
    return Plan(
        program=program,
        start=start,
        until=min(until, at),
        replaced=rule.pk if rule else None,
        draft=None if terms is None else {"name": name, "terms": _checked(program, terms, rule)},
        versions=tuple(version.pk for version in in_force),
    )


def _check_period(start, until, at):
    if start >= until:
        said = "The time asked about begins before it ends."
        raise Refused("invalid_period", said, errors={"until": "Choose a day after the first."})
    if start >= at:
        said = "Only what has happened can be simulated."
        raise Refused("invalid_period", said, errors={"from": "Choose a day that is over."})


def _checked(program, terms, rule):
    """The terms without their dates, refused as saving them would refuse them."""
    terms = {column: value for column, value in terms.items() if column not in _DATES}
    unknown = sorted(terms.keys() - _COLUMNS)
    if unknown:
        said = {f"terms.{name[:60]}": "A rule has no such part." for name in unknown}
        raise Refused("invalid_rule", f"A rule has no {unknown[0][:60]!a}.", errors=said)
    rulebook.check(program=program, terms=terms, rule=rule)
    return terms
