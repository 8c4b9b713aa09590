"""Rules as an admin keeps them: every edit is a new version, and each version tells the base what it promises."""

from datetime import timedelta

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import Max, Q

from advocacy.models import Offer
from advocacy.refusals import Refused
from rewards import promises, rule_checks, rule_warnings, sentences
from rewards.models import Rule, RuleStatus, RuleVersion

# The columns of a version that its terms are made of.
TERMS = (
    "trigger frequency order_limit months_limit months_from milestone_every milestone_repeats minimum_order_minor "
    "conditions benefits caps per_currency hold_days hold_from delivery_allowance_days expires_days priority "
    "exclusive_group ends_at"
).split()
# Ahead of now, so that no transaction under way is decided by a version that it could not see.
NOTICE = timedelta(seconds=10)
benefits, sentence = sentences.benefits, sentences.sentence
warnings = rule_warnings.warnings


def save(*, program, name, terms, at, rule=None, starts_at=None, from_the_past=False):
    """A new rule, or a new version of one; returns the RuleVersion.

    ``terms``: RuleVersion's columns, those of ``TERMS``. ``starts_at`` is at least 10 s ahead (that is its default);
    only a rule's first version may start in the past, and only with ``from_the_past``. Raises ``Refused`` with a
    sentence by field: the columns' names, and for a benefit's parts ``advocate_percent_bp`` and so on.
    """
    earliest = at + NOTICE
    starts_at = starts_at or earliest
    if starts_at < earliest and (rule is not None or not from_the_past):
        raise Refused(
            "starts_too_early",
            f"A version starts at {earliest:%H:%M:%S} UTC or later: what happened before keeps its rules.",
            errors={"starts_at": "Choose a time that is still to come."},
        )
    check(program=program, terms=terms, rule=rule)
    with transaction.atomic():
        rule = _rule(program, name, rule)
        version = _next_version(rule, terms, starts_at, at)
        promises.write(program=program, version=version)
    return version


def terms_of(version):
    """A stored version's terms, to be saved again as another version."""
    return {column: getattr(version, column) for column in TERMS}


def archive(*, rule, at):
    """End a rule, ``NOTICE`` from now; what it granted stays."""
    at += NOTICE
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(pk=rule.pk)
        rule.status = RuleStatus.ARCHIVED
        rule.save(update_fields=["status"])
        # A version that has not begun never will: it ends right after its start.
        for version in rule.versions.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)):
            _end(version, max(at, version.starts_at + timedelta(microseconds=1)))
    return rule


def check(*, program, terms, rule=None):
    """Raise ``Refused`` by field where these terms cannot be."""
    rule_checks.check(program=program, terms=terms, rule=rule)


def _rule(program, name, rule):
    if rule is None:
        rule = Rule(program=program, name=name)
        _clean(rule, exclude=["program"])
        rule.save(force_insert=True)
        return rule
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    rule.name, rule.status = name, RuleStatus.ACTIVE
    _clean(rule, exclude=["program"])
    rule.save(update_fields=["name", "status"])
    return rule


def _next_version(rule, terms, starts_at, at):
    last = rule.versions.filter(corrects=None).order_by("number").last()
    if last is not None:
        if starts_at <= last.starts_at:
            raise Refused(
                "starts_too_early",
                f"Version {last.number} starts on {last.starts_at:%Y-%m-%d %H:%M} UTC; a new version starts after it.",
                errors={"starts_at": "Choose a later time."},
            )
        if last.ends_at is None or last.ends_at > starts_at:
            _end(last, starts_at)
    number = 1 + (rule.versions.aggregate(Max("number"))["number__max"] or 0)
    version = RuleVersion(rule=rule, number=number, starts_at=starts_at, created_at=at, **terms)
    _clean(version, exclude=["rule"])
    version.save(force_insert=True)
    return version


def _clean(row, *, exclude):
    """What the columns themselves refuse, in their words."""
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as invalid:
        errors = {name: " ".join(said) for name, said in invalid.message_dict.items()}
        whole = errors.pop(NON_FIELD_ERRORS, None)
        errors |= {"ends_at" if "ends_at" not in errors else "": whole} if whole else {}
        raise Refused("invalid_rule", " ".join(errors.values()), errors=errors) from invalid


def _end(version, ends_at):
    version.ends_at = ends_at
    version.save(update_fields=["ends_at"])
    Offer.objects.filter(rule_version=version.public_id).update(ends_at=ends_at)
