"""Corrections: proposed and seen here. A key is no person, so what moves money is approved in the admin."""

from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids, twins
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint
from advocacy.api.schema import Call, documented, path_parameters
from rewards import corrections
from rewards.models import Correction, CorrectionPolicy, CorrectionState, RuleVersion

_TENTH = {"benefits": {"advocate": {"form": "credit", "kind": "percent", "percent_bp": 1000}}}
_PERIOD = {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-08T00:00:00Z"}


def _named(change):
    return ids.encode(ids.PREFIXES.get(change["kind"], change["kind"]), UUID(change["subject"]))


class CorrectionCall(fields.StrictSerializer):
    version = fields.Name(help_text="The mistaken version of a rule, rlv_….")
    terms = serializers.DictField(
        help_text=f"What should have stood there; what is left out stays. Of: {', '.join(corrections.CORRECTABLE)}; "
        "others only as they are."
    )
    starts_at = fields.Time(help_text="What happened from then on is decided anew.")
    ends_at = fields.Time(help_text="Not later than now; the moment itself is not included.")
    policy = fields.Choice(
        choices=CorrectionPolicy.choices,
        required=False,
        help_text="waive: nobody gives back what was spent or paid; net: what they earn next pays it off.",
    )
    reason = fields.Name(max_length=200, help_text="For your colleagues. Customers do not read it.")

    example = {"version": sample("rule_version"), "terms": _TENTH, "reason": "100 typed for 10"} | _PERIOD


class CorrectionAnswer(serializers.ModelSerializer):
    id = fields.PublicId("correction", source="public_id")
    rule = fields.PublicId("rule", source="rule_version.rule.public_id")
    version = fields.PublicId("rule_version", source="rule_version.public_id")
    state = serializers.ChoiceField(CorrectionState.choices, help_text="counting: its difference is being worked out.")
    policy = serializers.ChoiceField(CorrectionPolicy.choices)
    starts_at = fields.Moment()
    ends_at = fields.Moment()
    difference = serializers.SerializerMethodField(
        help_text="subjects of the period, decisions, rewards, units (what it comes to), moved (all ups and "
        "downs), the biggest changes, and what would be waived because it was spent or paid, of how many rewards "
        "(waived_rewards); empty while it is being worked out."
    )
    needs_second = serializers.SerializerMethodField(
        help_text="Above the limit: two people take it over and approve it."
    )
    proposed_at = fields.Moment()
    approved_at = fields.Moment(allow_null=True)
    ended_at = fields.Moment(allow_null=True, help_text="When it was done or withdrawn.")

    class Meta:
        model = Correction
        fields = [
            *("id", "rule", "version", "state", "terms", "starts_at", "ends_at", "policy", "reason", "difference"),
            *("needs_second", "proposed_at", "approved_at", "ended_at"),
        ]

    def get_difference(self, row) -> dict:
        if not row.difference.get("biggest"):
            return row.difference
        return row.difference | {"biggest": [each | {"subject": _named(each)} for each in row.difference["biggest"]]}

    def get_needs_second(self, row) -> bool:
        return corrections.needed_now(row, at=twins.clock(row.storefront, timezone.now()))

    example = {
        "id": sample("correction"),
        "rule": sample("rule"),
        "version": sample("rule_version"),
        "state": "proposed",
        "terms": _TENTH,
        **_PERIOD,
        "policy": "waive",
        "reason": "100 typed for 10",
        "difference": {
            "subjects": 3,
            "decisions": 3,
            "rewards": 3,
            "units": {"EUR": -13500},
            "moved": {"EUR": 13500},
            "biggest": [
                {
                    "kind": "conversion",
                    "subject": sample("conversion"),
                    "side": "advocate",
                    "unit": "EUR",
                    "before": 5000,
                    "after": 500,
                }
            ],
            "waived": {"EUR": 3500},
            "waived_rewards": 1,
        },
        "needs_second": True,
        "proposed_at": BOUGHT,
        "approved_at": None,
        "ended_at": None,
    }


def _mine(storefront):
    return Correction.objects.filter(storefront=storefront).select_related(
        "rule_version__rule__program", "storefront", "proposed_by"
    )


@documented(
    "Corrections",
    get=Call("List corrections", CorrectionAnswer, many=True),
    post=Call(
        "Propose a correction",
        CorrectionAnswer,
        CorrectionCall,
        creates=True,
        keyed=True,
        description="Works out what a mistaken version of a rule would have granted with other terms; nothing changes. "
        "Of a long period its state is `counting` for a while; ask again. It is approved in the admin, by a person.",
    ),
)
class Corrections(ListEndpoint):
    answer = CorrectionAnswer
    filters = {"state": Among("state", CorrectionState)}

    def rows(self):
        return _mine(self.request.storefront)

    def post(self, request):
        call = self.taken(CorrectionCall)
        versions = RuleVersion.objects.filter(rule__program__storefront=request.storefront)
        said = {"policy": CorrectionPolicy.WAIVE} | call
        said["version"] = found.one(
            versions.select_related("rule__program__storefront"), "rule_version", call["version"]
        )
        with keyed(self) as claim:
            row = claim.earlier(self.rows())
            row = row or claim.keep("correction", corrections.propose(**said, by=None, at=self.at))
        return created(CorrectionAnswer(row).data, new=claim.new)


@documented("Corrections", get=Call("Get a correction", CorrectionAnswer, also=path_parameters("id")))
class OneCorrection(Endpoint):
    def get(self, request, id):
        return Response(CorrectionAnswer(found.one(_mine(request.storefront), "correction", id)).data)


@documented(
    "Corrections",
    post=Call(
        "Withdraw a correction",
        CorrectionAnswer,
        also=path_parameters("id"),
        description="Only one that nobody has approved; 409 `correction_decided` otherwise.",
    ),
)
class WithdrawCorrection(Endpoint):
    def post(self, request, id):
        row = found.one(_mine(request.storefront), "correction", id)
        return Response(CorrectionAnswer(corrections.withdraw(correction=row, at=self.at)).data)
