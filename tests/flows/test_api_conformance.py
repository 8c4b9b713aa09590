"""schemathesis calls every operation of the documented API, as its schema allows and as it does not.

Each answer is held against the schema by all of schemathesis's checks: no 5xx, documented statuses, types and headers,
bad input refused, keys really needed, what was deleted gone. Here with a few examples of some operations, drawn by a
printed seed that ``CONFORMANCE_SEED`` repeats; with ``bin/test --full`` with 200, and as stories in which answers lead
to the next calls.
"""

import contextlib
import os
import random
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from rest_framework.permissions import BasePermission
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET

from advocacy.models import Storefront
from config import api
from referrals.api.orders import Orders
from tests import drawing
from tests.flows.api import secret
from tests.flows.test_api_isolation import OF_ACME, address, named  # noqa: F401 - a fixture

load_all_checks()
ALL_CHECKS = CHECKS.get_all()
# What fits the schema may still contradict itself, as a total and its parts do, or name nothing that is there.
MAY_REFUSE = ["2xx", "400", "403", "404", "409", "422"]
# What does not fit the schema may be too large besides.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": MAY_REFUSE},
            "negative_data_rejection": {"expected-statuses": REFUSED},
        },
        # Each call of a batch is answered in its place, also one that is no call.
        "operations": [
            {
                "include-name": "POST /api/v1/batch",
                "checks": {"negative_data_rejection": {"expected-statuses": ["200", *REFUSED]}},
            }
        ],
    }
)
# Why a call is refused that fits the schema: never for what the schema itself could have said.
SAYABLE = re.compile(
    r"field is required|must be (a text|a whole number|true or false)|unknown field|may not be blank|not a valid choice"
)
SCHEMA = schemathesis.openapi.from_dict(api.schema(), config=CONFIG)
SCHEMA.app = get_wsgi_application()
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
FEW, MANY = 2, 200
_ANY_MACHINE = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_many_calls_as_it_takes(settings):
    """Each example is also called without a key that is valid, more often in a minute than strangers may."""
    settings.CALLS_PER_MINUTE_ADDRESS = 0


@contextlib.contextmanager
def connection_kept():
    """The server of WSGI ends with a request what the test's transaction lives in; Django's own client does not."""
    around = (signals.request_started, signals.request_finished)
    for signal in around:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in around:
            signal.connect(close_old_connections)


def call_with_all(operation, examples, check):
    """``check(case)`` for cases that fit the operation's schema, and for others that do not."""
    number = int(os.environ.get("CONFORMANCE_SEED") or random.randrange(10**6))
    print(f"CONFORMANCE_SEED={number}")
    phases = [Phase.generate] if examples <= FEW else [Phase.explicit, Phase.generate, Phase.shrink]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        some = settings(max_examples=examples, phases=phases, **_ANY_MACHINE)
        with connection_kept():
            seed(number)(some(given(case=operation.as_strategy(mode))(check)))()


def _lost_on_the_way(case, answer):
    """Whether what made it unfit was never sent: a key too few, which is sent all the same, or empty parameters."""
    known = {parameter.name for parameter in case.operation.query}
    sent = dict(parse_qsl(urlsplit(answer.request.url).query, keep_blank_values=True))
    return case.body is NOT_SET and set(case.query) - known and not set(sent) - known


def conforms(operation, examples, shop):
    headers = {"Authorization": f"Bearer {shop.token}"}

    def check(case):
        answer = case.call(headers=headers)
        if _lost_on_the_way(case, answer):
            return
        case.validate_response(answer, checks=ALL_CHECKS, headers=headers)
        if answer.status_code in (400, 422) and case.meta.generation.mode == GenerationMode.POSITIVE:
            assert not SAYABLE.search(" ".join(answer.json()["errors"].values())), (operation.label, answer.text)

    call_with_all(operation, examples, check)


@pytest.mark.drawn(1 / 3)
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_answers_as_documented(label, acme, alice):
    conforms(OPERATIONS[label], FEW, secret(acme))


@pytest.mark.full
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_answers_as_documented_200_times(label, acme, alice):
    conforms(OPERATIONS[label], MANY, secret(acme))


OF_ROWS = [label for label in OPERATIONS if "{" in label]


@pytest.mark.parametrize("examples", [1, pytest.param(MANY, marks=pytest.mark.full)])
def test_no_body_or_query_opens_a_row_of_another_storefront(acme, rival, named, examples):  # noqa: F811
    """Object-level authorisation: acme's own ids in the address, rival's key, whatever else is sent."""
    other = secret(rival)
    headers = {"Authorization": f"Bearer {other.token}"}
    for label in drawing.some(OF_ROWS, 1 / 2):
        pattern = label.split()[1]
        path = "/api/v1" + address(pattern, named)
        place = dict(zip(re.findall(r"\{(\w+)\}", pattern), _between(pattern, path), strict=True))
        call_with_all(OPERATIONS[label], examples, _finds_nothing(label, place, headers))


def _finds_nothing(label, place, headers):
    def check(case):
        case.path_parameters = place
        answer = case.call(headers=headers)
        # Who puts something makes their own of that name.
        assert answer.status_code >= 400 or label.startswith("PUT"), (label, answer.status_code)
        assert answer.status_code < 500, label
        assert not OF_ACME.search(answer.text.lower()), label

    return check


def _between(pattern, path):
    return re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", pattern), path).groups()


@pytest.mark.full
def test_stories_of_calls_answer_as_documented(acme, alice):
    """Each call's answer gives the next one its ids: what was deleted is gone, what was made is there."""
    headers = {"Authorization": f"Bearer {secret(acme).token}"}

    class Story(SCHEMA.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": headers}

        def validate_response(self, response, case, additional_checks=(), **options):
            case.validate_response(response, checks=ALL_CHECKS, headers=headers)

    with connection_kept():
        Story.run(settings=settings(max_examples=MANY, stateful_step_count=8, **_ANY_MACHINE))


class _Anybody(BasePermission):
    """What a mistake would look like."""

    def has_permission(self, request, view):
        request.storefront = Storefront.objects.get()
        return True


def test_an_endpoint_that_forgets_its_key_is_found(acme, alice, monkeypatch):
    monkeypatch.setattr(Orders, "permission_classes", [_Anybody])
    with pytest.raises(BaseException, match="without authentication"):
        conforms(OPERATIONS["GET /api/v1/orders"], FEW, secret(acme))
