"""Rules as an admin keeps them: every edit is a new version, and each version tells the base what it promises."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q

from advocacy.models import Offer
from advocacy.refusals import Refused
from rewards import promises, rule_checks, rule_warnings, sentences, version_digests
from rewards.models import Rule, RuleStatus, RuleVersion

# The columns of a version that its terms are made of.
TERMS = (
    "trigger frequency order_limit months_limit months_from milestone_every milestone_repeats minimum_order_minor "
    "conditions benefits caps per_currency hold_days hold_from delivery_allowance_days digital_at_once expires_days "
    "priority exclusive_group ends_at"
).split()
# Ahead of now, so that no transaction under way is decided by a version that it could not see.
NOTICE = timedelta(seconds=10)
benefits, sentence = sentences.benefits, sentences.sentence
warnings = rule_warnings.warnings


def save(*, program, name, terms, at, rule=None, starts_at=None, from_the_past=False, replace=False, accepted=False):
    """A new rule, or a new version of one; returns the RuleVersion.

    ``terms``: RuleVersion's columns, those of ``TERMS``. ``starts_at`` is at least 10 s ahead (that is its default);
    only a rule's first version may start in the past, and only with ``from_the_past``. ``replace``: versions that have
    not begun are cancelled. ``accepted``: dangerous warnings are meant, otherwise they refuse. Raises ``Refused`` with
    a sentence by field: the columns' names, and for a benefit's parts ``advocate_percent_bp`` and so on.
    """
    check(program=program, terms=terms, rule=rule, constraints=False)
    rule_warnings.check(program=program, terms=terms, accepted=accepted)
    with transaction.atomic():
        known, rule = rule, _rule(program, name, rule)
        starts_at = start(
            program, at=at, rule=known and rule, starts_at=starts_at, from_the_past=from_the_past, replace=replace
        )
        if replace:
            _take_back(rule, at)
        version = _next_version(rule, terms, starts_at, at)
        promises.write(program=program, version=version)
        version_digests.tell(version, at=at)
    return version


def terms_of(version):
    """A stored version's terms, to be saved again as another version."""
    return {column: getattr(version, column) for column in TERMS}


def newest(rule):
    """The last version that was not cancelled, or None."""
    return _standing(rule).last()


def in_force(*, rule, at):
    """The version that decides about what happens at that moment, or None."""
    return _standing(rule).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at).last()


def planned(*, rule, at):
    """The versions that can still be cancelled."""
    return _standing(rule).filter(starts_at__gt=at + NOTICE)


def cancel(*, rule, at):
    """Take back what has not begun: the version in force goes on as its own terms say; without one it is archived."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(pk=rule.pk)
        if not planned(rule=rule, at=at).exists():
            raise Refused("nothing_planned", "No version of this rule is planned; what has begun is not taken back.")
        _take_back(rule, at)
        if newest(rule) is None:
            rule.status = RuleStatus.ARCHIVED
            rule.save(update_fields=["status"])
    return rule


def archive(*, rule, at):
    """End a rule, ``NOTICE`` from now; what it granted stays."""
    at += NOTICE
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(pk=rule.pk)
        rule.status = RuleStatus.ARCHIVED
        rule.save(update_fields=["status"])
        for version in rule.versions.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)):
            # A version that has not begun never will.
            _end(version, max(at, version.starts_at))
    return rule


def check(*, program, terms, rule=None, constraints=True):
    """Raise ``Refused`` by field where these terms cannot be; writes nothing.

    Without ``constraints`` what the database refuses by itself is left to it.
    """
    rule_checks.check(program=program, terms=terms, rule=rule)
    known = {name: value for name, value in terms.items() if name != "ends_at"}
    draft = RuleVersion(rule=rule or Rule(program=program), number=1, starts_at=_EVER, **known)
    _clean(draft, exclude=["rule", "number"], validate_constraints=constraints)


def start(program, *, at, rule=None, starts_at=None, from_the_past=False, replace=False):
    """When a version begins that is saved now; raises ``Refused`` where it cannot begin at ``starts_at``."""
    earliest = at + NOTICE
    starts_at = starts_at or earliest
    if starts_at < earliest and (rule is not None or not from_the_past):
        raise Refused(
            "starts_too_early",
            f"A version starts at {_shown(program, earliest, '%H:%M:%S')} or later: what happened before keeps its "
            "rules.",
            errors={"starts_at": "Choose a time that is still to come."},
        )
    last = _before(rule, at, replace) if rule else None
    if last is None or starts_at > last.starts_at:
        return starts_at
    day = _shown(program, last.starts_at, "%-d %b %Y, %H:%M")
    said = f"Version {last.number} is planned to start on {day}: replace it, cancel it, or let this one start later."
    raise Refused("version_planned", said, errors={"starts_at": said})


def check_end(terms, starts_at):
    """Refuse an end that is not after the start."""
    if terms.get("ends_at") is not None and terms["ends_at"] <= starts_at:
        said = "A rule must end after it starts."
        raise Refused("invalid_rule", said, errors={"ends_at": said})


def _standing(rule):
    began = Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at"))
    return rule.versions.filter(began, corrects=None).order_by("number")


_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def _before(rule, at, replace):
    """The version that a new one comes after."""
    standing = _standing(rule)
    return (standing.filter(starts_at__lte=at + NOTICE) if replace else standing).last()


def _shown(program, moment, form):
    return f"{moment.astimezone(ZoneInfo(program.time_zone)):{form}} ({program.time_zone})"


def _rule(program, name, rule):
    if rule is None:
        rule = Rule(program=program, name=name)
        _save(rule, exclude=["program"], force_insert=True)
        return rule
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    rule.name, rule.status = name, RuleStatus.ACTIVE
    _save(rule, exclude=["program"], update_fields=["name", "status"])
    return rule


def _take_back(rule, at):
    taken = list(planned(rule=rule, at=at))
    for version in taken:
        _end(version, version.starts_at)
    last = newest(rule)
    # What the first of them had ended goes on.
    if taken and last and last.ends_at == taken[0].starts_at:
        _end(last, last.own_ends_at)


def _next_version(rule, terms, starts_at, at):
    last = newest(rule)
    if last is not None and (last.ends_at is None or last.ends_at > starts_at):
        _end(last, starts_at)
    number = 1 + (rule.versions.aggregate(Max("number"))["number__max"] or 0)
    check_end(terms, starts_at)
    own = {"starts_at": starts_at, "own_ends_at": terms.get("ends_at")}
    version = RuleVersion(rule=rule, number=number, created_at=at, **own, **terms)
    _save(version, exclude=["rule"], force_insert=True)
    return version


def _save(row, *, exclude, **how):
    """The database checks the constraints by itself; Django would ask it once for each, so only for their words."""
    _clean(row, exclude=exclude, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError:
        _clean(row, exclude=exclude)
        raise


def _clean(row, *, exclude, **how):
    """What the columns themselves refuse, in their words."""
    try:
        row.full_clean(exclude=exclude, **how)
    except ValidationError as invalid:
        errors = {name: " ".join(said) for name, said in invalid.message_dict.items()}
        if NON_FIELD_ERRORS in errors:
            errors[""] = errors.pop(NON_FIELD_ERRORS)
        raise Refused("invalid_rule", " ".join(errors.values()), errors=errors) from invalid


def _end(version, ends_at):
    version.ends_at = ends_at
    version.save(update_fields=["ends_at"])
    Offer.objects.filter(rule_version=version.public_id).update(ends_at=ends_at)
