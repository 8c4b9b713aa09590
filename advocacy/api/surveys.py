"""What customers answer to surveys, sent by servers."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import reports, surveys
from advocacy.api import customers, fields, found, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Answer, Customer, Program, SurveyKind
from advocacy.refusals import NotFound


class AnswerToSurvey(fields.StrictSerializer):
    """An answer to the survey that the address names."""

    answer_id = fields.Name(help_text="Your own id of the answer: sent twice it counts once, for ever.")
    customer = customers.CustomerGiven()
    program = programs.ProgramName()
    kind = fields.Choice(SurveyKind.choices)
    touchpoint = fields.Label(
        required=False,
        max_length=reports.LONGEST_TOUCHPOINT,
        help_text="What it was asked of: a word of your own. Expectation, experience and importance need one.",
    )
    score = fields.Whole(min_value=0, max_value=100)
    scale_min = fields.Whole(required=False, min_value=0, max_value=100, help_text="Left out: 0 of nps, else 1.")
    scale_max = fields.Whole(
        required=False, min_value=0, max_value=100, help_text="Left out: 10 of nps, 5 of csat, else 7."
    )
    answered_at = fields.Time(required=False, help_text="Left out: now.")

    example = {"answer_id": "A-1", "customer": "ext_fred", "kind": "nps", "score": 9}


class AnswerCall(AnswerToSurvey):
    survey = fields.Name(required=False, help_text="Your own id of the survey; rules may ask for it.")


class AnswerAnswer(serializers.ModelSerializer):
    id = fields.PublicId("answer", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    program = fields.PublicId("program", source="program.public_id", allow_null=True)
    answered_at = fields.Moment()
    recorded_at = fields.Moment()

    class Meta:
        model = Answer
        fields = [
            "id",
            "survey",
            "answer_id",
            "customer",
            "program",
            "kind",
            "touchpoint",
            "score",
            "scale_min",
            "scale_max",
            "answered_at",
            "recorded_at",
        ]

    example = {
        "id": sample("answer"),
        "survey": "after-delivery",
        "answer_id": "A-1",
        "customer": sample("customer"),
        "program": sample("program"),
        "kind": "nps",
        "touchpoint": "",
        "score": 9,
        "scale_min": 0,
        "scale_max": 10,
        "answered_at": BOUGHT,
        "recorded_at": BOUGHT,
    }


def of(storefront):
    return Answer.objects.filter(storefront=storefront).select_related("customer", "program")


class _AnswerList(ListEndpoint):
    answer = AnswerAnswer
    filters = {
        "kind": Among("kind", SurveyKind),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        "program": Of("program", Program, "program", external="slug"),
        **between("recorded_at"),
    }

    def recorded(self, call):
        """The answer to a call that sent one."""
        with transaction.atomic():
            said, new = self._answer(self.request.storefront, call)
        return created(AnswerAnswer(said).data, new=new)

    def _answer(self, storefront, call):
        given = {name: value for name, value in call.items() if name not in ("program", "customer")}
        program = programs.named(storefront=storefront, name=call.get("program"))
        customer = customers.given(storefront=storefront, value=call["customer"], at=self.at)
        return surveys.answer(storefront=storefront, customer=customer, program=program, at=self.at, **given)


@documented(
    "Surveys",
    get=Call("List answers", AnswerAnswer, many=True),
    post=Call(
        "Send an answer",
        AnswerAnswer,
        takes=AnswerCall,
        creates=True,
        description="Of a survey that you ran. A rule may reward it, for any score alike or by its score.",
    ),
)
class Answers(_AnswerList):
    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        return self.recorded(self.taken(AnswerCall))


@documented(
    "Surveys",
    get=Call("List a survey's answers", AnswerAnswer, many=True, also=path_parameters("survey")),
    post=Call(
        "Answer a survey",
        AnswerAnswer,
        takes=AnswerToSurvey,
        creates=True,
        also=path_parameters("survey"),
        description="As “Send an answer”, to the survey that the address names by your own id. The same `answer_id` "
        "again is that answer; one that was sent of another survey is a conflict.",
    ),
)
class AnswersOfSurvey(_AnswerList):
    def rows(self):
        name = found.external_id(self.kwargs["survey"])
        mine = of(self.request.storefront).filter(survey=name)
        if not mine.exists():
            raise NotFound("unknown_survey", f"Nobody has answered a survey {name[:60]!a} here.")
        return mine

    def post(self, request, survey):
        name = fields.Name().run_validation(found.external_id(survey))
        return self.recorded(self.taken(AnswerToSurvey) | {"survey": name})


@documented("Surveys", get=Call("Get an answer", AnswerAnswer, also=path_parameters("id")))
class OneAnswer(Endpoint):
    def get(self, request, id):
        return Response(AnswerAnswer(found.one(of(request.storefront), "answer", id, external="answer_id")).data)
