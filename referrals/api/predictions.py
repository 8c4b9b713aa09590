"""What the newest models expect of a storefront's customers, to read."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros
from advocacy.api.schema import Call, documented
from referrals import buyers, predictions
from referrals.api.metrics import Definition, Elsewhere

_EXAMPLE = {
    "definition": {"id": "predictions", "sentence": predictions.DEFINITION},
    "time_zone": "Europe/Berlin",
    "day": "2026-11-22",
    "fitted_at": BOUGHT,
    "customers": 2357,
    "elsewhere": {"customers": 0, "orders": 0},
    "repeat_customers": 946,
    "converged": True,
    "reason": None,
    "frequency": {"r": 0.243, "alpha_days": 30.9, "a": 0.793, "b": 2.426},
    "spending": {"p": 6.25, "q": 3.74, "v_minor": 1544.0},
    "spending_reason": None,
    "correlation": 0.06,
    "warning": None,
    "written": {
        "day": "2026-11-22",
        "written_at": BOUGHT,
        "customers": 2357,
        "changed": 410,
        "at_risk": 214,
        "told": 6,
        "expected_orders": 1630.25,
        "expected_value": euros(5741000),
    },
}


class Frequency(serializers.Serializer):
    r = serializers.FloatField()
    alpha_days = serializers.FloatField(help_text="With r: while a customer stays, they buy on r ÷ alpha days a day.")
    a = serializers.FloatField()
    b = serializers.FloatField(help_text="With a: after each purchase a share of a ÷ (a + b) leaves.")


class Spending(serializers.Serializer):
    p = serializers.FloatField()
    q = serializers.FloatField()
    v_minor = serializers.FloatField(help_text="In minor units.")


class PredictionsWritten(serializers.Serializer):
    day = serializers.DateField(help_text="Of the models by which it was.")
    written_at = serializers.DateTimeField()
    customers = serializers.IntegerField(help_text="Of whom something is expected: erased ones are left out.")
    changed = serializers.IntegerField(
        help_text="Of them, those of whom something else stood: their chance, or over 5 % more or less."
    )
    at_risk = serializers.IntegerField(help_text="Below the storefront's limit.")
    told = serializers.IntegerField(help_text="Of how many customer.at_risk was told that day.")
    expected_orders = serializers.FloatField(help_text="What stands at all of them: days with an order in 12 months.")
    expected_value = fields.MoneyAnswer(allow_null=True)


class PredictionsAnswer(serializers.Serializer):
    definition = Definition()
    time_zone = serializers.CharField(help_text="Whose days these are.")
    day = serializers.DateField(allow_null=True, help_text="Of the newest models; null before the first.")
    fitted_at = serializers.DateTimeField(allow_null=True)
    customers = serializers.IntegerField(help_text="Who ever bought in the storefront's currency.")
    elsewhere = Elsewhere()
    repeat_customers = serializers.IntegerField(help_text="Of them, those who came back on another day.")
    converged = serializers.BooleanField(help_text="Whether there is a model of how often.")
    reason = serializers.CharField(allow_null=True, help_text="Why there is none.")
    frequency = Frequency(allow_null=True, help_text="BG/NBD: how often.")
    spending = Spending(allow_null=True, help_text="Gamma-Gamma: how much on such a day.")
    spending_reason = serializers.CharField(allow_null=True, help_text="Why nothing is said of how much.")
    correlation = serializers.FloatField(allow_null=True, help_text="Of how often and how much.")
    warning = serializers.CharField(allow_null=True, help_text="What to think of when reading values.")
    written = PredictionsWritten(
        allow_null=True, help_text="What stands at customers: of the newest day that had a model."
    )

    example = _EXAMPLE


@documented(
    "Metrics",
    get=Call(
        "Get predictions",
        PredictionsAnswer,
        description="The newest models of how often and how much customers will buy, fitted each night, and what they "
        "come to. What is expected of one customer is at GET /customers/{id}. Without a model nothing is written: what "
        "an earlier day expected stays, with its day.",
    ),
)
class Predictions(Endpoint):
    declines = dict.fromkeys(
        ("time_zone", "compare"), "what is expected is of the next 12 months, by the newest night's models."
    )

    def get(self, request):
        storefront = request.storefront
        fit, written = predictions.told(storefront=storefront)
        shop = {
            "definition": {"id": "predictions", "sentence": predictions.DEFINITION},
            "time_zone": storefront.time_zone,
            "elsewhere": buyers.elsewhere(storefront=storefront),
            "written": written and _written(written, storefront.currency),
        }
        return Response(shop | (_fitted(fit) if fit else _NOTHING))


_NOTHING = dict.fromkeys(
    ("day", "fitted_at", "frequency", "spending", "spending_reason", "correlation", "warning"), None
) | {"customers": 0, "repeat_customers": 0, "converged": False, "reason": predictions.NONE_YET}


def _fitted(fit):
    often = {"r": fit.r, "alpha_days": fit.alpha, "a": fit.a, "b": fit.b}
    much = {"p": fit.p, "q": fit.q, "v_minor": fit.v}
    return {
        "day": fit.day,
        "fitted_at": fit.fitted_at,
        "customers": fit.customers,
        "repeat_customers": fit.repeat_customers,
        "converged": fit.r is not None,
        "reason": fit.reason or None,
        "frequency": often if fit.r is not None else None,
        "spending": much if fit.p is not None else None,
        "spending_reason": fit.spend_reason or None,
        "correlation": fit.together,
        "warning": fit.warning or None,
    }


def _written(fit, currency):
    value = fit.value_minor
    return {
        "day": fit.day,
        "written_at": fit.written_at,
        "customers": fit.expected_of,
        "changed": fit.changed,
        "at_risk": fit.at_risk,
        "told": fit.told,
        "expected_orders": fit.orders_e2 / 100,
        "expected_value": None if value is None else {"amount_minor": value, "currency": currency},
    }
