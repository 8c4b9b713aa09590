"""Rules: read with their versions and sentences, written as new versions; what cannot be is refused by field."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint, Of
from advocacy.api.programs import ProgramName, named
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Program
from rewards import rule_checks, rulebook
from rewards.models import Frequency, HoldFrom, MonthsFrom, Rule, RuleStatus, RuleVersion

_EXAMPLE = {
    "name": "Give 10, get 10",
    "trigger": "conversion.recorded",
    "frequency": "first_order",
    "minimum_order_minor": 4000,
    "benefits": {
        "advocate": {"form": "credit", "kind": "fixed", "amount_minor": 1000},
        "friend": {"form": "credit", "kind": "fixed", "amount_minor": 1000},
    },
    "caps": [{"scope": "advocate", "period": "month", "measure": "count", "limit": 5}],
    "hold_days": 14,
    "hold_from": "delivery",
    "digital_at_once": True,
}


class VersionAnswer(serializers.ModelSerializer):
    id = fields.PublicId("rule_version", source="public_id")
    sentence = serializers.SerializerMethodField(help_text="What it does, in plain words.")
    starts_at = fields.Moment()
    ends_at = fields.Moment(allow_null=True)

    class Meta:
        model = RuleVersion
        fields = ["id", "number", "sentence", "starts_at", *rulebook.TERMS]

    def get_sentence(self, version) -> str:
        return rulebook.sentence(version, currency=version.rule.program.currency)


class RuleAnswer(serializers.ModelSerializer):
    id = fields.PublicId("rule", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    versions = VersionAnswer(many=True, help_text="Oldest first; an order follows the one in force when it was paid.")

    class Meta:
        model = Rule
        fields = ["id", "program", "name", "status", "versions"]

    example = {
        "id": sample("rule"),
        "program": sample("program"),
        "name": "Give 10, get 10",
        "status": "active",
        "versions": [
            {
                "id": sample("rule_version"),
                "number": 1,
                "sentence": "Give the advocate 10.00 EUR and the friend 10.00 EUR for a friend’s first order of 40.00 "
                "EUR or more, at most 5 a month for each advocate, 14 days after the delivery (digital goods at once).",
                "starts_at": "2026-11-22T10:15:10Z",
                "ends_at": None,
            }
            | {name: value for name, value in _EXAMPLE.items() if name != "name"}
        ],
    }


class WarningAnswer(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField(help_text="What may be wrong with it, and what to do.")
    dangerous = serializers.BooleanField(help_text="Whether it was saved only because of `accept_warnings`.")


class SavedAnswer(RuleAnswer):
    """``warnings`` of the newest version that was not cancelled."""

    warnings = serializers.SerializerMethodField(help_text="What an admin reads before saving; empty if all is well.")

    class Meta(RuleAnswer.Meta):
        fields = [*RuleAnswer.Meta.fields, "warnings"]

    example = RuleAnswer.example | {"warnings": []}

    @extend_schema_field(WarningAnswer(many=True))
    def get_warnings(self, rule):
        terms = rulebook.terms_of(rulebook.newest(rule))
        return [warned._asdict() for warned in rulebook.warnings(program=rule.program, terms=terms)]


class TermsCall(fields.StrictSerializer):
    """The shapes of benefits, caps, conditions and per_currency are checked by the rulebook, in words."""

    name = fields.Name(max_length=120, required=False, help_text="For you and for explanations.")
    trigger = fields.Name(
        max_length=60,
        required=False,
        help_text=f"One of {', '.join(rule_checks.triggers())}; a friend's order, conversion.recorded, without it.",
    )
    frequency = fields.Choice(Frequency.choices, required=False)
    order_limit = fields.Whole(min_value=1, max_value=10_000, required=False)
    months_limit = fields.Whole(min_value=1, max_value=120, required=False)
    months_from = fields.Choice(MonthsFrom.choices, required=False)
    milestone_every = fields.Whole(min_value=1, max_value=10_000, required=False)
    milestone_repeats = fields.Flag(required=False)
    minimum_order_minor = fields.Minor(required=False)
    conditions = serializers.JSONField(required=False, help_text="All of them must hold; see docs/api.md.")
    benefits = serializers.JSONField(help_text="By side: form, kind, and what the kind needs.")
    caps = serializers.JSONField(
        required=False,
        help_text="Each a scope, period, measure and limit, perhaps a side; without one a count counts an order once.",
    )
    per_currency = serializers.JSONField(required=False, help_text="Amounts by currency, each by side.")
    hold_days = fields.Whole(min_value=0, max_value=365, required=False)
    hold_from = fields.Choice(HoldFrom.choices, required=False)
    delivery_allowance_days = fields.Whole(min_value=0, max_value=90, required=False)
    digital_at_once = fields.Flag(
        required=False, help_text="Of digital goods only, so that nothing is to be sent: no wait. True without it."
    )
    expires_days = fields.Whole(min_value=1, max_value=3650, required=False)
    priority = fields.Whole(min_value=-1000, max_value=1000, required=False)
    exclusive_group = fields.Text(max_length=40, required=False)
    starts_at = fields.Time(required=False, help_text="At least 10 seconds ahead, which is what it is without it.")
    ends_at = fields.Time(required=False)
    accept_warnings = fields.Flag(
        required=False, help_text="Say that a dangerous warning is meant, such as a rule that could pay without limit."
    )

    example = _EXAMPLE


class RuleCall(TermsCall):
    program = ProgramName()
    name = fields.Name(max_length=120, help_text="For you and for explanations.")


class VersionCall(TermsCall):
    replace_planned = fields.Flag(
        required=False, help_text="Cancel the versions that have not begun; else a version starts after them."
    )


def _rules(storefront):
    rows = Rule.objects.filter(program__storefront=storefront).select_related("program")
    return rows.prefetch_related("versions__rule__program")


def _save(call, *, program, rule, name, at):
    return rulebook.save(
        program=program,
        rule=rule,
        name=name,
        terms={column: call[column] for column in rulebook.TERMS if column in call},
        starts_at=call.get("starts_at"),
        replace=call.get("replace_planned", False),
        accepted=call.get("accept_warnings", False),
        at=at,
    )


def _shown(storefront, rule, answer=RuleAnswer):
    return answer(_rules(storefront).get(pk=rule.pk)).data


@documented(
    "Rules",
    get=Call("List rules", RuleAnswer, many=True),
    post=Call("Create a rule", SavedAnswer, RuleCall, creates=True, keyed=True),
)
class Rules(ListEndpoint):
    answer = RuleAnswer
    filters = {"status": Among("status", RuleStatus), "program": Of("program", Program, "program", external="slug")}

    def rows(self):
        return _rules(self.request.storefront)

    def post(self, request):
        call = self.taken(RuleCall)
        program = named(storefront=request.storefront, name=call.get("program"))
        with keyed(self) as claim:
            rule = claim.earlier(self.rows())
            rule = rule or claim.keep(
                "rule", _save(call, program=program, rule=None, name=call["name"], at=self.at).rule
            )
        return created(_shown(request.storefront, rule, SavedAnswer), new=claim.new)


@documented("Rules", get=Call("Get a rule", RuleAnswer, also=path_parameters("id")))
class OneRule(Endpoint):
    def get(self, request, id):
        return Response(RuleAnswer(found.one(_rules(request.storefront), "rule", id)).data)


@documented(
    "Rules",
    post=Call(
        "Make a version of a rule",
        SavedAnswer,
        VersionCall,
        creates=True,
        keyed=True,
        also=path_parameters("id"),
        description="The whole of its terms, not only what changes. Orders paid before it starts keep theirs.",
    ),
)
class Versions(Endpoint):
    def post(self, request, id):
        rule = found.one(_rules(request.storefront), "rule", id)
        call = self.taken(VersionCall)
        name, mine = call.get("name", rule.name), RuleVersion.objects.filter(rule=rule)
        with keyed(self) as claim:
            if not claim.earlier(mine):
                version = _save(call, program=rule.program, rule=rule, name=name, at=self.at)
                claim.keep("rule_version", version)
        return created(_shown(request.storefront, rule, SavedAnswer), new=claim.new)


@documented(
    "Rules",
    post=Call(
        "Cancel a rule's planned versions",
        RuleAnswer,
        also=path_parameters("id"),
        description="What has not begun never does. The version in force goes on as its own terms say; a rule that has "
        "none is archived.",
    ),
)
class CancelPlanned(Endpoint):
    def post(self, request, id):
        rule = found.one(_rules(request.storefront), "rule", id)
        return Response(_shown(request.storefront, rulebook.cancel(rule=rule, at=self.at)))


@documented(
    "Rules",
    post=Call("Archive a rule", RuleAnswer, also=path_parameters("id"), description="What it granted stays."),
)
class Archive(Endpoint):
    def post(self, request, id):
        rule = found.one(_rules(request.storefront), "rule", id)
        return Response(_shown(request.storefront, rulebook.archive(rule=rule, at=self.at)))
