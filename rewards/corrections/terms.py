"""What may be corrected, and the version that should have been."""

from advocacy.refusals import Conflict, Refused
from rewards import rulebook
from rewards.models import Correction, Form, RuleVersion
from rewards.models.correction import OPEN

# What a mistake can be in. Anything else changes what a rule is about: that is a new version.
CORRECTABLE = (
    "benefits minimum_order_minor conditions caps per_currency order_limit months_limit months_from hold_days "
    "hold_from delivery_allowance_days digital_at_once expires_days"
).split()
# Such as a whole copy of the version holds.
_REST = set(rulebook.TERMS) - set(CORRECTABLE)
PERIOD = {"starts_at": "Choose another period."}


def told(version, terms):
    """The terms without those that cannot be corrected and are told as they are."""
    return {name: value for name, value in terms.items() if name not in _REST or getattr(version, name) != value}


def check(version, terms, starts_at, ends_at, at):
    """Raises ``Refused`` where this is no correction of this version."""
    if version.corrects_id is not None:
        raise Refused("corrects_already", "This version corrects another one; correct what follows from it by hand.")
    if Correction.objects.filter(rule_version__rule=version.rule_id, state__in=OPEN).exists():
        raise Conflict("correction_open", "Another correction of this rule is open; approve or withdraw it first.")
    if odd := sorted(set(terms) - set(CORRECTABLE)):
        raise Refused("not_correctable", f"Save a new version to change {', '.join(odd)}.")
    changed = {name for name, value in terms.items() if getattr(version, name) != value}
    if not changed:
        raise Refused("nothing_corrected", "Nothing is different from the mistaken version.")
    if version.milestone_every and {"conditions", "minimum_order_minor"} & changed:
        raise Refused("not_correctable", "Which friends a milestone counts is not corrected; its rewards are.")
    if not starts_at < ends_at <= at:
        raise Refused("period_not_over", "The period ends after it starts, and not later than now.", errors=PERIOD)
    rule = version.rule
    rulebook.check(program=rule.program, rule=rule, terms=rulebook.terms_of(version) | terms)
    _check_form_and_unit(version, terms)


def _check_form_and_unit(version, terms):
    """What was granted stands in the ledger in its form and currency, and so does its difference."""
    benefits = terms.get("benefits", version.benefits)
    for side, benefit in version.benefits.items():
        if side in benefits and benefits[side].get("form", Form.CREDIT) != benefit.get("form", Form.CREDIT):
            raise Refused(
                "not_correctable", f"What the {side} got cannot take another form afterwards; save a new version."
            )
    if odd := sorted(set(terms.get("per_currency", version.per_currency)) ^ set(version.per_currency)):
        raise Refused(
            "not_correctable",
            f"Rewards cannot change currency afterwards ({', '.join(odd)}); save a new version.",
        )


def corrected(correction):
    """The version that should have been, not saved."""
    mistaken = correction.rule_version
    terms = rulebook.terms_of(mistaken) | correction.terms
    span = {"starts_at": correction.starts_at, "ends_at": correction.ends_at}
    return RuleVersion(
        rule=mistaken.rule, number=mistaken.number, created_at=correction.proposed_at, corrects=mistaken, **terms | span
    )
