"""The why of what is no order: a sign-up, a testimonial, a milestone's step, anything that a rule was asked about."""

from advocacy import ids
from config.timeline import parts
from rewards import explanations
from rewards.models import Subject

# Of one pair; who has more asks for one of them.
MOST = 50


def explain_subject(*, storefront, kind, public_id):
    """Every rule's verdict on it; None where no rule was asked about a fact of this kind and id."""
    told = explanations.of_subject(storefront=storefront, kind=kind, public_id=public_id)
    if not told["decisions"]:
        return None
    name = ids.encode(ids.PREFIXES.get(kind, kind), public_id)
    return {"summary": _summary(told), "subject": {"id": name, "kind": kind}} | parts.decided(told)


def explain_pair(*, storefront, advocate, friend):
    """Everything that was decided about an advocate and a friend, the newest first."""
    subjects = Subject.objects.filter(storefront=storefront, advocate=advocate, friend=friend).order_by("-pk")
    facts = dict.fromkeys(subjects.values_list("kind", "public_id")[:MOST])
    told = (explain_subject(storefront=storefront, kind=kind, public_id=public_id) for kind, public_id in facts)
    return [one for one in told if one]


def _summary(told):
    said = []
    for rule in told["decisions"][-1]["rules"]:
        owed = [f"{side['owed']} to the {side['side']}" for side in rule["sides"] if side["owed_minor"]]
        why = dict.fromkeys(reason["staff"] for side in rule["sides"] for reason in side["reasons"])
        waits = rule["waits_for"] and f"waits for {rule['waits_for']}"
        said.append(f"“{rule['name']}”: {waits or ' and '.join(owed) or rule['counts'] or ' '.join(why)}")
    said = said or ["No rule was in force.", *told["decisions"][-1]["not_in_force"]]
    return " ".join(line if line.endswith(".") else f"{line}." for line in said)
