"""Rules as an admin keeps them: every edit is a new version, and each version tells the base what it promises."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from advocacy import conditions, money
from advocacy.models import Offer
from advocacy.refusals import Refused
from rewards import book
from rewards.models import CONVERSION_TRIGGER, Frequency, Rule, RuleStatus, RuleVersion
from rewards.rules import terms as words

# The columns of a version that its terms are made of.
TERMS = (
    "trigger frequency order_limit months_limit months_from milestone_every milestone_repeats minimum_order_minor "
    "conditions benefits caps per_currency hold_days hold_from delivery_allowance_days expires_days priority "
    "exclusive_group ends_at"
).split()
# Ahead of now, so that no transaction under way is decided by a version that it could not see.
NOTICE = timedelta(seconds=10)


def save(*, program, name, terms, at, rule=None, starts_at=None, from_the_past=False):
    """A new rule, or a new version of one; returns the RuleVersion.

    ``terms``: RuleVersion's columns. ``starts_at`` is at least 10 s ahead (that is its default); only a rule's first
    version may start in the past, and only with ``from_the_past``. Raises ``Refused`` in words.
    """
    earliest = at + NOTICE
    starts_at = starts_at or earliest
    if starts_at < earliest and (rule is not None or not from_the_past):
        raise Refused(
            "starts_too_early",
            f"A version starts at {earliest:%H:%M:%S} UTC or later: what happened before keeps its rules.",
            errors={"starts_at": "Choose a time that is still to come."},
        )
    _check(terms)
    with transaction.atomic():
        rule = _rule(program, name, rule)
        version = _next_version(rule, terms, starts_at, at)
        _promise(program, version)
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


def check(*, terms):
    """Raise ``Refused`` by field where these terms cannot be."""
    _check(terms)


def _rule(program, name, rule):
    if rule is None:
        return Rule.objects.create(program=program, name=name)
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    rule.name, rule.status = name, RuleStatus.ACTIVE
    rule.save(update_fields=["name", "status"])
    return rule


def _next_version(rule, terms, starts_at, at):
    last = rule.versions.order_by("number").last()
    if last is not None:
        if starts_at <= last.starts_at:
            raise Refused(
                "starts_too_early",
                f"Version {last.number} starts on {last.starts_at:%Y-%m-%d %H:%M} UTC; a new version starts after it.",
                errors={"starts_at": "Choose a later time."},
            )
        if last.ends_at is None or last.ends_at > starts_at:
            _end(last, starts_at)
    version = RuleVersion(rule=rule, number=last.number + 1 if last else 1, starts_at=starts_at, created_at=at, **terms)
    version.full_clean(exclude=["rule"])
    version.save(force_insert=True)
    return version


def _end(version, ends_at):
    version.ends_at = ends_at
    version.save(update_fields=["ends_at"])
    Offer.objects.filter(rule_version=version.public_id).update(ends_at=ends_at)


def _check(terms):
    conditions.validate(terms.get("conditions", []))
    errors = {}
    for side, said in terms.get("benefits", {}).items():
        kind, maximum = said.get("kind", words.FIXED), said.get("maximum_minor")
        if kind == words.FIXED and not said.get("amount_minor"):
            errors[f"{side}_amount_minor"] = "Write an amount above 0, or choose that this side gets nothing."
        if kind == words.PERCENT and not 0 < said.get("percent_bp", 0) <= money.BASIS_POINTS:
            errors[f"{side}_percent_bp"] = "Write a percentage above 0 and at most 100."
        if maximum is not None and maximum <= 0:
            errors[f"{side}_maximum_minor"] = "Write a maximum above 0, or leave it empty."
    if not terms.get("benefits"):
        errors["benefits"] = "Choose what the advocate or the friend gets."
    if errors:
        raise Refused("invalid_rule", "This rule cannot be saved yet: " + " ".join(errors.values()), errors=errors)


def _promise(program, version):
    conversion = version.trigger == CONVERSION_TRIGGER
    for side, benefit in benefits(version).items():
        Offer.objects.create(
            program=program,
            side=side,
            rule_version=version.public_id,
            kind=benefit.kind,
            form=benefit.form,
            label=benefit.label,
            trigger=version.trigger,
            friends=version.milestone_every,
            amount_minor=benefit.amount_minor,
            percent_bp=benefit.percent_bp,
            unit=benefit.unit,
            maximum_minor=benefit.maximum_minor,
            minimum_order_minor=version.minimum_order_minor,
            first_order_only=conversion and version.frequency == Frequency.FIRST_ORDER,
            hold_days=version.hold_days,
            starts_at=version.starts_at,
            ends_at=version.ends_at,
        )


def benefits(version):
    """``{side: Benefit}`` of the sides that get something."""
    return book.terms_of(version).amounts.benefits


def sentence(version, *, currency):
    """The rule in one plain sentence, for the admin."""
    gives = " and ".join(f"the {side} {_benefit(benefit, currency)}" for side, benefit in benefits(version).items())
    which = "a friend’s first order" if version.frequency == Frequency.FIRST_ORDER else "every order of a friend"
    least = f" of {money.plain(version.minimum_order_minor, currency)} or more" if version.minimum_order_minor else ""
    wait = f"{version.hold_days} days after {version.get_hold_from_display()}" if version.hold_days else "at once"
    further = f", {conditions.sentence(version.conditions, currency)}" if version.conditions else ""
    return f"Give {gives} for {which}{least}{further}, {wait}."


def _benefit(benefit, currency):
    if benefit.kind != words.PERCENT:
        return money.plain(benefit.amount_minor, benefit.unit)
    most = f", up to {money.plain(benefit.maximum_minor, currency)}" if benefit.maximum_minor else ""
    return f"{benefit.percent_bp / 100:g} % of the revenue{most}"


def unlimited(terms):
    """Whether a rule could pay without limit: a percentage of every order, with no maximum and no cap."""
    return (
        terms.get("frequency") == Frequency.EVERY_ORDER
        and not terms.get("caps")
        and any(
            said.get("kind") == words.PERCENT and not said.get("maximum_minor")
            for said in terms.get("benefits", {}).values()
        )
    )
