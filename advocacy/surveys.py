"""What customers answer to surveys: one score on a scale."""

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, Sum

from advocacy import events, given, persons, reports
from advocacy.measures import surveys as measured
from advocacy.measures.intervals import Sample
from advocacy.models import OF_TOUCHPOINTS, Answer, SurveyKind
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, NotFound

# The scale of a kind where none is said.
SCALES = {
    SurveyKind.NPS: (0, 10),
    SurveyKind.CSAT: (1, 5),
    SurveyKind.CES: (1, 7),
    **dict.fromkeys(OF_TOUCHPOINTS, (1, 7)),
}
_WIDEST = 100
_SAID = ("survey", "customer_id", "program_id", "kind", "touchpoint", "score", "scale_min", "scale_max")


DEFINITIONS = {
    SurveyKind.NPS: "Promoters (9, 10) less detractors (0 to 6), as a share of all answers, × 100.",
    SurveyKind.CSAT: "Answers of the two best marks ÷ all answers.",
    SurveyKind.CES: "The mean of the answers on their own scale.",
}
DIGITS = 5


def scores(*, storefront, start, end):
    """What the answers between two moments come to, by survey, kind and scale: scales are never put together.

    ``[{"survey", "kind", "scale_min", "scale_max", "answers", "value", "interval"}]``; of a satisfaction the value is a
    share, of the others it is on their scale.
    """
    rows = Answer.objects.filter(storefront=storefront, answered_at__gte=start, answered_at__lt=end)
    counted = (
        rows.filter(kind__in=DEFINITIONS)
        .values("survey", "kind", "scale_min", "scale_max")
        .annotate(
            answers=Count("pk"),
            up=Count("pk", filter=Q(score__gte=measured.PROMOTERS_FROM)),
            down=Count("pk", filter=Q(score__lte=measured.DETRACTORS_TO)),
            top=Count("pk", filter=Q(score__gte=F("scale_max") - 1)),
            total=Sum("score"),
            squares=Sum(F("score") * F("score")),
        )
    )
    return [_scored(row) for row in counted.order_by("survey", "kind", "scale_min", "scale_max")]


def _scored(row):
    score = {
        SurveyKind.NPS: lambda: measured.nps(row["up"], row["answers"] - row["up"] - row["down"], row["down"]),
        SurveyKind.CSAT: lambda: measured.csat(row["top"], row["answers"]),
        SurveyKind.CES: lambda: measured.ces(Sample(row["answers"], row["total"], row["squares"])),
    }[row["kind"]]()
    named = {name: row[name] for name in ("survey", "kind", "scale_min", "scale_max", "answers")}
    ends = score.interval and [round(float(end), DIGITS) for end in score.interval]
    return named | {"value": round(float(score.value), DIGITS), "interval": ends}


def answer(
    *,
    storefront,
    customer,
    answer_id,
    kind,
    score,
    survey="",
    touchpoint="",
    program=None,
    scale_min=None,
    scale_max=None,
    answered_at=None,
    at,
):
    """``(answer, created)``. The same ``answer_id`` again is that answer; with other content a Conflict.

    ``survey``: the storefront's own id of it.
    ``kind``: nps (always 0 to 10), csat (1 to 5 where no scale is said) or ces (1 to 7); or what was expected or met at
    a ``touchpoint``, or how much it matters (1 to 7), which name it. Refuses a score off its scale; NotFound where
    customer or program are another storefront's.
    """
    if {customer.storefront_id, program.storefront_id if program else storefront.pk} != {storefront.pk}:
        raise NotFound("unknown_customer", "There is no such customer.")
    said = Answer(
        storefront=storefront,
        customer=customer,
        program=program,
        survey=given.text("survey", survey, longest=200),
        touchpoint=_touchpoint(kind, touchpoint),
        answer_id=given.text("answer_id", answer_id, longest=200, required=True),
        answered_at=min(given.moment("answered_at", answered_at, at=at), at) if answered_at else at,
        recorded_at=at,
        version=1,
        **_on_scale(kind, score, scale_min, scale_max),
    )
    known = Answer.objects.filter(storefront=storefront, answer_id=answer_id)
    try:
        with transaction.atomic():
            if not known.exists():
                said.save(force_insert=True)
                _tell(said, at)
                return said, True
    except IntegrityError:
        pass  # the same call, a moment earlier
    return _replay(known.select_related("customer", "program").get(), said), False


def _touchpoint(kind, touchpoint):
    touchpoint = given.label("touchpoint", touchpoint, longest=reports.LONGEST_TOUCHPOINT)
    if not touchpoint and kind in OF_TOUCHPOINTS:
        given.refuse("touchpoint", f"Send touchpoint: {kind} is asked of one, such as support-chat.")
    return touchpoint


def _on_scale(kind, score, least, most):
    given.choice("kind", kind, SurveyKind)
    usual = SCALES[SurveyKind(kind)]
    least = usual[0] if least is None else given.whole("scale_min", least, most=_WIDEST)
    most = usual[1] if most is None else given.whole("scale_max", most, most=_WIDEST)
    if least >= most:
        given.refuse("scale_max", f"scale_max must be above scale_min; they are {most} and {least}.")
    if kind == SurveyKind.NPS and (least, most) != usual:
        given.refuse("scale_max", "nps is asked for from 0 to 10; for another scale choose csat or ces.")
    score = given.whole("score", score, least=least, most=most)
    return {"kind": kind, "score": score, "scale_min": least, "scale_max": most}


def _replay(known, said):
    if any(getattr(known, name) != getattr(said, name) for name in _SAID):
        words = f"Another answer was recorded as {known.answer_id}."
        raise Conflict("idempotency_conflict", words, errors={"answer_id": words})
    return known


def _tell(answer, at):
    program, customer = answer.program, answer.customer
    advocate = program and persons.of_advocate(customer).filter(program=program).first()
    facts = {name: getattr(answer, name) for name in ("score", "scale_min", "scale_max")}
    facts |= {
        "survey": answer.survey,
        "kind": str(answer.kind),
        "touchpoint": answer.touchpoint,
        "country": customer.country,
        "stands": True,
        "program_status": str(program.status_at(answer.answered_at)) if program else "",
    }
    draft = Draft(
        type=events.SURVEY_ANSWERED,
        subject=answer,
        storefront=answer.storefront,
        customer=customer,
        program=program,
        advocate=advocate,
        facts=facts,
        occurred_at=answer.answered_at,
    )
    record([draft], at=at)
