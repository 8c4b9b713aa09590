"""The review queue: what the checks of fraud doubt, or somebody holds, decided side by side."""

from django.db.models import F, Prefetch, Q
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import ListEndpoint, Of, between, invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Program
from referrals.fraud import queue, words
from referrals.models import Review, ReviewCase, Ruling

_APPROVE, _REJECT = "approve", "reject"
_SAYS = {_APPROVE: Review.CLEAR, _REJECT: Review.REJECTED}
SIDES = [(side, side) for side in (*queue.SIDES, "both")]
_STATES = {
    "waiting": Q(waiting=True),
    "decided": Q(waiting=False) & (Q(held=True) | Q(findings=[])),
    "noted": Q(waiting=False, held=False) & ~Q(findings=[]),
}


class UndoCall(fields.StrictSerializer):
    side = fields.Choice(SIDES, help_text="Whose reward.")
    reason = fields.Text(max_length=200, allow_blank=False, help_text="For your staff; customers never read it.")

    example = {"side": "friend", "reason": "He wrote from another address"}


class DecideCall(UndoCall):
    decision = fields.Choice([_APPROVE, _REJECT])

    example = {"side": "both", "decision": "approve", "reason": "They are flatmates"}


class FindingAnswer(serializers.Serializer):
    check = serializers.CharField(help_text="Its name, such as same_payment.")
    points = serializers.IntegerField()
    sides = serializers.ListField(child=serializers.CharField(), help_text="Whose reward it puts in doubt.")
    evidence = serializers.DictField(help_text="What it saw: numbers, nothing of a person.")
    text = serializers.SerializerMethodField(help_text="The same in a sentence, for your staff.")

    def get_text(self, finding) -> str:
        return words.sentence(finding)


class RulingAnswer(serializers.Serializer):
    side = serializers.CharField()
    review = serializers.ChoiceField(Review.choices)
    by = serializers.CharField(help_text="checks, person, server, undo, deadline or other.")
    person = serializers.CharField(
        source="person.username", default=None, allow_null=True, help_text="Who of your staff; null: nobody of them."
    )
    reason = serializers.CharField()
    at = fields.Moment()


class ReviewAnswer(serializers.ModelSerializer):
    """Named by its conversion: there is one of a conversion at most."""

    id = fields.PublicId("conversion", source="public_id")
    conversion = fields.PublicId("conversion", source="conversion.public_id")
    program = fields.PublicId("program", source="conversion.program.public_id")
    advocate = fields.PublicId("advocate", source="conversion.referral.advocate.person_id")
    friend = fields.PublicId("customer", source="conversion.referral.friend.person_id")
    order = fields.PublicId("order", source="conversion.order.public_id")
    state = serializers.SerializerMethodField(help_text="waiting, decided, or noted: found, but not enough to hold it.")
    advocate_review = serializers.CharField(source="conversion.advocate_review")
    friend_review = serializers.CharField(source="conversion.friend_review")
    hold_at = serializers.IntegerField(help_text="The program's points to hold from, then.")
    findings = FindingAnswer(many=True)
    rulings = RulingAnswer(source="conversion.rulings_told", many=True, help_text="Who said what, the oldest first.")
    opened_at = fields.Moment()

    class Meta:
        model = ReviewCase
        fields = [
            *("id", "conversion", "program", "advocate", "friend", "order", "state"),
            *("advocate_review", "friend_review", "advocate_points", "friend_points", "points", "hold_at"),
            *("findings", "rulings", "opened_at"),
        ]

    def get_state(self, case) -> str:
        if case.waiting:
            return "waiting"
        return "decided" if case.held or not case.findings else "noted"

    example = {
        "id": sample("conversion"),
        "conversion": sample("conversion"),
        "program": sample("program"),
        "advocate": sample("advocate"),
        "friend": sample("customer"),
        "order": sample("order"),
        "state": "waiting",
        "advocate_review": "held",
        "friend_review": "held",
        "advocate_points": 60,
        "friend_points": 60,
        "points": 60,
        "hold_at": 50,
        "findings": [
            {
                "check": "same_payment",
                "points": 60,
                "sides": ["advocate", "friend"],
                "evidence": {"advocate": True, "friends": 0},
                "text": "Paid with the same means of payment as an order of the advocate.",
            }
        ],
        "rulings": [
            {"side": side, "review": "held", "by": "checks", "person": None, "reason": "", "at": BOUGHT}
            for side in queue.SIDES
        ],
        "opened_at": BOUGHT,
    }


class InState:
    """``?state=waiting``"""

    description = "waiting for a decision; decided; or noted: found, but not enough to hold it."
    shape = {"type": "string", "enum": list(_STATES)}

    def narrow(self, rows, text, storefront):
        if text not in _STATES:
            raise invalid(f"state is one of: {', '.join(_STATES)}.")
        return rows.filter(_STATES[text])


def of(storefront):
    beside = ("program", "order", "referral__advocate__customer", "referral__friend")
    rows = ReviewCase.objects.filter(storefront=storefront).annotate(public_id=F("conversion__public_id"))
    told = Prefetch("conversion__rulings", Ruling.objects.order_by("pk").select_related("person"), "rulings_told")
    return rows.select_related(*(f"conversion__{each}" for each in beside)).prefetch_related(told)


def _one(request, id):
    return found.one(of(request.storefront), "conversion", id)


@documented(
    "Reviews",
    get=Call(
        "List reviews",
        ReviewAnswer,
        many=True,
        description="What the checks of fraud found, or somebody holds by hand. For your staff only: an advocate must "
        "read nothing of it.",
    ),
)
class Reviews(ListEndpoint):
    answer = ReviewAnswer
    filters = {
        "state": InState(),
        "program": Of("program", Program, "program", external="slug"),
        "advocate": Of("conversion__referral__advocate", Advocate, "advocate"),
        **between("opened_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented("Reviews", get=Call("Get a review", ReviewAnswer, also=path_parameters("id")))
class OneReview(Endpoint):
    def get(self, request, id):
        return Response(ReviewAnswer(_one(request, id)).data)


@documented(
    "Reviews",
    post=Call(
        "Decide a review",
        ReviewAnswer,
        takes=DecideCall,
        also=path_parameters("id"),
        description="Each side by itself, or both. Approved, a reward is credited when its days are over; rejected, it "
        "is not, and what was approved and credited before is taken back. The same again changes nothing. Refused "
        "where nothing of the side is held (`nothing_held`). Several at once: `POST /batch`.",
    ),
)
class DecideReview(Endpoint):
    def post(self, request, id):
        call = self.taken(DecideCall)
        said = {"side": call["side"], "reason": call["reason"], "review": _SAYS[call["decision"]]}
        queue.decide(case=_one(request, id), by=None, at=self.at, **said)
        return Response(ReviewAnswer(_one(request, id)).data)


@documented(
    "Reviews",
    post=Call(
        "Undo a decision",
        ReviewAnswer,
        takes=UndoCall,
        also=path_parameters("id"),
        description="The side is as it was before the last decision. Undone again, nothing changes. Refused where "
        "nothing was decided (`nothing_decided`), and for a reward that was credited since (`credited`): reject it, "
        "which takes it back.",
    ),
)
class UndoReview(Endpoint):
    def post(self, request, id):
        call = self.taken(UndoCall)
        queue.undo(case=_one(request, id), by=None, at=self.at, **call)
        return Response(ReviewAnswer(_one(request, id)).data)
