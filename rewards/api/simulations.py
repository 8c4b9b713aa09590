"""What would this rule have cost? A draft over past days, before anybody saves it."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import sample
from advocacy.api.jobs import JobAnswer
from advocacy.api.programs import ProgramName, named
from advocacy.api.schema import Call, documented
from advocacy.models import JobState
from rewards import simulation
from rewards.models import Rule

_DRAFT = {
    "frequency": "first_order",
    "minimum_order_minor": 2000,
    "benefits": {"advocate": {"form": "credit", "kind": "fixed", "amount_minor": 2000}},
    "hold_days": 14,
}


class SimulationCall(fields.StrictSerializer):
    program = ProgramName()
    rule = fields.Name(required=False, help_text="The rule that the draft replaces, rul_…; without one it is new.")
    name = fields.Text(required=False, max_length=120, help_text="Of the draft.")
    terms = serializers.DictField(required=False, help_text="As for saving a rule. Left out: the rule is taken away.")
    start = fields.Time(required=False, help_text="The first moment. Without a period: the month before this one.")
    until = fields.Time(required=False, help_text="The first moment that is not in it any more.")

    example = {
        "rule": sample("rule"),
        "terms": _DRAFT,
        "start": "2026-10-01T00:00:00Z",
        "until": "2026-11-01T00:00:00Z",
    }

    def validate(self, call):
        if ("start" in call) != ("until" in call):
            missing = "until" if "start" in call else "start"
            raise serializers.ValidationError({missing: "say both start and until, or neither"})
        return call


class SimulationAnswer(JobAnswer):
    class Meta(JobAnswer.Meta):
        pass

    example = JobAnswer.example | {
        "status": "done",
        "done": 812,
        "total": 812,
        "result": {
            "program": sample("program"),
            "from": "2026-10-01T00:00:00+00:00",
            "until": "2026-11-01T00:00:00+00:00",
            "time_zone": "Europe/Berlin",
            "subjects": 812,
            "units": [
                {
                    "unit": "EUR",
                    "today": {"amount_minor": 124000, "rewards": 124},
                    "draft": {"amount_minor": 248000, "rewards": 124},
                    "difference_minor": 124000,
                    "added": {"rewards": 0, "amount_minor": 0},
                    "removed": {"rewards": 0, "amount_minor": 0},
                    "changed": {"rewards": 124, "amount_minor": 124000},
                    "really": {"amount_minor": 121000, "rewards": 121, "simulated_less_really_minor": 3000},
                    "days": [{"day": "2026-10-01", "today_minor": 4000, "draft_minor": 8000, "difference_minor": 4000}],
                    "segments": [
                        {"segment": "vip", "today_minor": 9000, "draft_minor": 18000, "difference_minor": 9000}
                    ],
                    "advocates": [
                        {
                            "advocate": sample("advocate"),
                            "today_minor": 3000,
                            "draft_minor": 6000,
                            "difference_minor": 3000,
                        }
                    ],
                    "advocates_in_all": 61,
                    "biggest": [
                        {
                            "subject": sample("conversion"),
                            "advocate": sample("advocate"),
                            "before_minor": 1000,
                            "after_minor": 2000,
                            "reason_before": "",
                            "reason_after": "",
                        }
                    ],
                }
            ],
        },
    }


@documented(
    "Rules",
    post=Call(
        "Simulate a rule",
        SimulationAnswer,
        SimulationCall,
        description="Asks today's rules, and the same with the draft, of what happened in a past period, in order of "
        "time and with caps; saves nothing. 200 with the result where there is little to read; else 202 with a job, "
        "whose result `GET /jobs/{id}` has when it is done. `really` is what the ledger holds for that period.",
    ),
)
class SimulateRule(Endpoint):
    beside = "rule"

    def post(self, request):
        call = self.taken(SimulationCall)
        program, rule = self._of(call)
        start, until = simulation.last_month(program=program, at=self.at)
        job = simulation.start(
            program=program,
            rule=rule,
            name=call.get("name") or (rule.name if rule else "Draft"),
            terms=call.get("terms"),
            start=call.get("start", start),
            until=call.get("until", until),
            at=self.at,
        )
        return Response(SimulationAnswer(job).data, status=200 if job.state == JobState.DONE else 202)

    def _of(self, call):
        storefront, name = self.request.storefront, call.get("rule")
        if not name:
            return named(storefront=storefront, name=call.get("program")), None
        rules = Rule.objects.filter(program__storefront=storefront).select_related("program__storefront")
        rule = found.one(rules, "rule", name)
        if call.get("program") and named(storefront=storefront, name=call["program"]) != rule.program:
            raise serializers.ValidationError({"program": "the rule is of another program; leave the program out"})
        return rule.program, rule
