"""The endpoints of figures: which there are, and of each the rows behind it."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import programs
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import invalid, limit_of, parameters_of
from advocacy.api.schema import Call, documented, path_parameters
from config.behind import rows
from config.behind.asked import Asked
from config.behind.figures import FIGURES, check, named, takes
from referrals.api.days import day_of

_MORE = {
    "program": "Its id or short name; may be left out if there is only one.",
    "from": "The first day; default: 30 days with the last one.",
    "to": "The last day, included; default: today.",
    "group_by": "As of /metrics: which groups key is one of.",
    "key": "Of group_by or cut: which one; of share_by_channel, its advocates and channel_return the channel, "
    "of products the product, of at_risk.friends the customer's id, of survey.answers the survey.",
    "time_zone": "As of /metrics.",
    "view": "As of /metrics: calendar or cohort.",
    "cut": "As of /lifetime_values and /cohorts; of survey.answers the kind; of gap.pairs the segment.",
    "days": "Of lifetime values: 30, 90, 180, 365 or 730.",
    "month": "Of a cohort: such as 2026-03.",
    "age": "Of a cohort or a curve: months since the first order's.",
    "tree": "Of trees.sizes: 1 is the largest.",
    "steps": "Of trees.depths: 1 is who was brought by the first of a tree.",
    "within_days": "Of k_of_cohort: default 30.",
    "weekday": "Of hours.orders: 1 is Monday.",
    "hour": "Of hours.orders: 0 to 23.",
}


class FigureAnswer(serializers.Serializer):
    id = serializers.CharField(help_text="Stable.")
    title = serializers.CharField(help_text="What its rows are, for people.")
    why = serializers.CharField(help_text="Why each row counts.")
    kind = serializers.CharField(help_text="What its rows are.")
    takes = serializers.ListField(child=serializers.CharField(), help_text="By which parameters it is named.")


class FiguresAnswer(serializers.Serializer):
    figures = FigureAnswer(many=True)

    example = {
        "figures": [
            {
                "id": "conversions",
                "title": "conversions",
                "why": FIGURES["conversions"].why,
                "kind": "conversion",
                "takes": ["program", "from", "to", "group_by", "key", "time_zone", "view"],
            }
        ]
    }


class FigureSum(serializers.Serializer):
    unit = serializers.CharField(allow_blank=True, help_text="A currency or PTS; empty where rows are counted.")
    amount = serializers.CharField(help_text="Minor units, or a number; a decimal where rows have a weight.")


class FigureRow(serializers.Serializer):
    id = serializers.CharField(help_text="Of the row; of a channel's cost its month.")
    what = serializers.CharField(allow_blank=True, help_text="What people know it by, such as an order's number.")
    at = serializers.CharField(help_text="When it happened.")
    customer = serializers.CharField(allow_null=True, help_text="Whose it is.")
    amount = serializers.IntegerField(help_text="In minor units of unit; how many it counts where unit is empty.")
    unit = serializers.CharField(allow_blank=True)
    weight = serializers.CharField(allow_null=True, help_text="What amount is multiplied by, where it is not 1.")


class FigureRowsAnswer(serializers.Serializer):
    figure = FigureAnswer()
    number = serializers.IntegerField(help_text="Of all rows.")
    sums = FigureSum(many=True, help_text="Of all rows: amount × weight, by unit.")
    data = FigureRow(many=True)
    next_cursor = serializers.CharField(allow_null=True)

    example = {
        "figure": FiguresAnswer.example["figures"][0],
        "number": 1,
        "sums": [{"unit": "", "amount": "1"}],
        "data": [
            {
                "id": sample("conversion"),
                "what": "1001",
                "at": BOUGHT,
                "customer": sample("customer"),
                "amount": 1,
                "unit": "",
                "weight": None,
            }
        ],
        "next_cursor": None,
    }


@documented(
    "Metrics",
    get=Call(
        "List figures",
        FiguresAnswer,
        description="Every figure that metrics, values, cohorts, growth and money are made of, and how it is named.",
    ),
)
class Figures(Endpoint):
    def get(self, request):
        return Response({"figures": [_told(name) for name in FIGURES]})


@documented(
    "Metrics",
    get=Call(
        "Explain a figure",
        FigureRowsAnswer,
        description="The rows that a figure counts or adds up, the last recorded first, and what they add up to: "
        "the same number. A parameter that the figure does not take is refused.",
        also=[
            *path_parameters("figure"),
            *(OpenApiParameter(name, str, description=words) for name, words in _MORE.items()),
            *parameters_of({}),
        ],
    ),
)
class RowsOfFigure(Endpoint):
    parameters = {"GET": (*_MORE, "limit", "cursor")}

    def get(self, request, figure):
        asked = named(figure)
        given = {name: request.query_params[name] for name in _MORE if name in request.query_params}
        check(figure, asked, given)
        found = asked.find(self._asked(asked, given))
        limit = limit_of(request.query_params.get("limit"))
        number, sums = rows.sums(found)
        page, more = rows.page(found, limit=limit, after=self._after(found))
        return Response(
            {
                "figure": _told(figure),
                "number": number,
                "sums": [{"unit": unit, "amount": str(amount)} for unit, amount in sums.items()],
                "data": [_row(each) for each in page],
                "next_cursor": rows.cursor(found, page[-1]) if more else None,
            }
        )

    def _asked(self, figure, given):
        storefront = self.request.storefront
        program = programs.named(storefront=storefront, name=given.pop("program", None)) if figure.of_program else None
        period = {"since": day_of(self.request, "from"), "until": day_of(self.request, "to")}
        return Asked(storefront=storefront, at=self.at, program=program, parameters=given, **period)

    def _after(self, found):
        if "cursor" not in self.request.query_params:
            return None
        place = rows.place(found, self.request.query_params["cursor"])
        if place is None:
            raise invalid("cursor must be a next_cursor of this list; begin again without one.")
        return place


def _told(name):
    figure = FIGURES[name]
    kind = rows.KINDS[figure.model].name
    return {"id": name, "title": figure.title, "why": figure.why, "kind": kind, "takes": list(takes(figure))}


def _row(row):
    return {
        "id": row.id,
        "what": row.words,
        "at": row.at,
        "customer": row.customer_id or None,
        "amount": row.amount,
        "unit": row.unit,
        "weight": None if row.weight is None else str(row.weight),
    }
