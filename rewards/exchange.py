"""Points become credit at the program's set rate."""

from django.db import transaction

from advocacy import money
from advocacy.models import Program
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Refused
from rewards import events as catalogue
from rewards import granting, lots, redemptions
from rewards.models import HOUSE, ROUTES, Exchange, Form, Leg

_SHOWN = 10


def program_of(*, storefront):
    """The program whose rate it is where none is named: the only one that has a rate. Raises ``Refused``."""
    rated = list(Program.objects.filter(storefront=storefront, points_per_unit__gt=0).order_by("pk")[:_SHOWN])
    if not rated:
        raise Refused("no_points_rate", "No program says what points are worth.")
    if len(rated) > 1:
        slugs = ", ".join(program.slug for program in rated)
        said = "name one of the programs that say what points are worth"
        raise Refused(
            "program_needed",
            f"Several programs say what points are worth; name the one whose rate it is: {slugs}.",
            errors={"program": said},
        )
    return rated[0]


def for_credit(*, program, customer, points, at):
    """Take the points and make a reward in credit of the program's currency. The Exchange.

    Rounded down to the minor unit. Raises ``Refused`` ("no_points_rate", "worth_nothing"), or ``lots.NotEnough``.
    """
    if not program.points_per_unit:
        raise Refused("no_points_rate", f"The program {program} does not say what points are worth.")
    amount = redemptions.worth(points, program)
    if not amount:
        raise Refused("worth_nothing", f"So few points are worth less than {money.plain(1, program.currency)}.")
    made = Exchange(
        storefront_id=program.storefront_id,
        program=program,
        customer=customer,
        points=points,
        points_per_unit=program.points_per_unit,
        currency=program.currency,
        amount_minor=amount,
        exchanged_at=at,
    )
    with transaction.atomic():
        _take(made, at)
        made.reward = _credit(made, at)
        made.save()
        record([_draft(made, at)], at=at)
    return made


def _take(made, at):
    lots.take(
        storefront=made.storefront,
        customer=made.customer,
        unit=money.POINTS,
        form=Form.POINTS,
        amount=made.points,
        leg=Leg.USE,
        reference=made.public_id,
        at=at,
        beside=_credited(made),
    )


def _credited(made):
    """The accounts that the credit moves through. A settlement may make and lock them together with those of points."""
    kinds = {kind for leg in (Leg.GRANT, Leg.RELEASE) for kind in ROUTES[leg]}
    owner = {kind: None if kind in HOUSE else made.customer_id for kind in kinds}
    return {(made.storefront_id, str(kind), owner[kind], made.currency, str(Form.CREDIT)) for kind in kinds}


def _credit(made, at):
    return granting.grant(
        of=made,
        trigger="exchange",
        customer=made.customer,
        program=made.program,
        form=Form.CREDIT,
        unit=made.currency,
        amount_minor=made.amount_minor,
        due_at=at,
        at=at,
    )


def _draft(made, at):
    return Draft(
        type=catalogue.POINTS_EXCHANGED,
        subject=made,
        storefront=made.storefront_id,
        customer=made.customer_id,
        program=made.program_id,
        facts={
            "points": made.points,
            "currency": made.currency,
            "amount_minor": made.amount_minor,
            "points_per_unit": made.points_per_unit,
            "reward": str(made.reward.public_id),
        },
        occurred_at=at,
    )
