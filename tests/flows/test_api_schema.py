"""The documentation is complete because a machine says so."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from rest_framework import serializers

from advocacy.api import schema as described
from advocacy.api.fields import StrictSerializer
from config import api
from tests.flows.api import Caller

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
# What acts as a customer needs both.
WIDGET = {"publishableKey": [], "customerToken": []}
UNDESCRIBED = {"/api/v1/schema", "/api/v1/docs"}


def routes():
    """``(path, view class)`` of everything under /api/v1/."""
    found = []
    for pattern, view in _walk(get_resolver().url_patterns, ""):
        if pattern.startswith(PREFIX):
            path = "/" + pattern.replace("<str:", "{").replace(">", "}")
            found.append((path, view.view_class))
    return found


def _walk(patterns, prefix):
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, here)
        else:
            yield here, pattern.callback


def operations():
    return [
        (path, method, operation)
        for path, methods in api.schema()["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_schema_is_valid_and_raises_no_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"), stdout=io.StringIO())


def test_every_route_and_method_is_described():
    known = {(path, method) for path, method, _ in operations()}
    served = {
        (path, method)
        for path, view in routes()
        if path not in UNDESCRIBED
        for method in METHODS
        if hasattr(view, method)
    }
    assert known == served
    assert len(served) > 30


@pytest.mark.parametrize(("path", "method", "operation"), operations(), ids=lambda value: str(value)[:40])
def test_every_operation_has_a_summary_examples_and_its_problems(path, method, operation):
    assert operation["summary"]
    assert operation["tags"]
    assert {"401", "404"} <= set(operation["responses"])
    problems = {status for status in operation["responses"] if status >= "400"}
    if method in ("post", "put", "patch") and "requestBody" in operation:
        assert {"400", "409", "413", "415", "422"} <= problems
        assert operation["requestBody"]["content"]["application/json"]["examples"]
    for status, answer in operation["responses"].items():
        kind = "application/problem+json" if status >= "400" else "application/json"
        assert answer["content"][kind]["examples"], status
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
    assert {"secretKey": []} in operation["security"] or operation["security"] == [WIDGET]


def _calls():
    return [each for each in _subclasses(StrictSerializer) if hasattr(each, "example")]


def _answers():
    shown = _subclasses(serializers.Serializer) - _subclasses(StrictSerializer)
    return [each for each in shown if "example" in vars(each) and each.__module__.split(".")[-2] == "api"]


def _subclasses(kind):
    return {kind}.union(*(_subclasses(each) for each in kind.__subclasses__()))


@pytest.mark.parametrize("call", sorted(_calls(), key=lambda each: each.__name__), ids=lambda each: each.__name__)
def test_the_example_of_a_call_would_be_taken(call):
    taken = call(data=call.example, context={"at": datetime(2026, 11, 22, 12, tzinfo=UTC)})
    taken.is_valid(raise_exception=True)


@pytest.mark.parametrize("answer", sorted(_answers(), key=lambda each: each.__name__), ids=lambda each: each.__name__)
def test_the_example_of_an_answer_has_its_fields(answer):
    assert set(answer.example) == set(answer().fields)


def test_both_keys_are_described_and_who_may_use_which():
    assert set(api.schema()["components"]["securitySchemes"]) == {"secretKey", "publishableKey", "customerToken"}
    assert {"publishableKey": []} in api.schema()["paths"]["/api/v1/programs"]["get"]["security"]
    assert {"publishableKey": []} not in api.schema()["paths"]["/api/v1/orders"]["get"]["security"]
    assert described.KeySchemes.name == ["secretKey", "publishableKey", "customerToken"]


def test_schema_and_docs_are_served_to_everybody():
    schema = Caller().get("/schema")
    assert schema.status_code == 200
    assert schema.json()["openapi"].startswith("3.")
    docs = Caller().get("/docs")
    assert docs.status_code == 200
    assert b"http://" not in docs.content
    assert b"https://" not in docs.content
