"""The documented bodies of every call that takes one, spoilt in every way: never a 5xx, refused in words, nothing left.

Most are only read and checked as their endpoint does it, some are sent: what is refused may have written no row.
``API_SEED`` repeats a run, ``API_CASES`` asks for more: ``API_CASES=50000 bin/test tests/flows/test_api_mutations.py``.
"""

import functools
import json
import os
from collections import Counter

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from advocacy import ids
from advocacy.api import fields, parsing, problems
from advocacy.api.examples import sample
from advocacy.refusals import Refused
from config import api
from tests.flows.api import secret
from tests.flows.test_api_isolation import address, named  # noqa: F401 - a fixture
from tests.spoiling import SPOILT, drawn

pytestmark = pytest.mark.django_db
# One of so many cases is sent.
CASES, SENT = 3000, 25
# What acme has already is made once more, under another name.
OTHERS = {'"1001"': '"2001"', '"1002"': '"1001"', '"R-1"': '"R-2"', '"P-1"': '"P-2"', '"A-1"': '"A-2"'}
OTHERS |= {'"ALICE"': '"ALICE-LINK"', '"SUMMER-7QX2"': '"BEST-COFFEE"'}


def _kinds(kind=fields.StrictSerializer):
    for each in kind.__subclasses__():
        yield each.__name__, each
        yield from _kinds(each)


def calls():
    """``(method, path, serializer, documented body)`` of every operation that takes a body."""
    schema, kinds = api.schema(), dict(_kinds())
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            (content,) = [each for kind, each in operation["requestBody"]["content"].items() if kind.endswith("json")]
            (example,) = content["examples"].values()
            kind = kinds[content["schema"]["$ref"].rpartition("/")[2].removesuffix("Request")]
            yield method, path, kind, json.dumps(example["value"])


def _acmes(body, found):
    """With ids of acme's own in place of the documentation's."""
    for kind in ids.PREFIXES:
        if kind + "s" in found:
            body = body.replace(sample(kind), found[kind + "s"])
    for shown, other in OTHERS.items():
        body = body.replace(shown, other)
    return body.encode()


# What has run out is given back by the call that is refused for it.
ENDED_BY_THE_CALL = {"reservation_over"}


def _checked(kind, raw, storefront):
    """What the endpoint does with a body before anything else."""
    try:
        data = parsing.read(raw)
        fields.validated(kind, data, {"at": timezone.now(), "storefront": storefront})
    except (Refused, ValidationError) as error:
        told = problems.document_for(error)
        assert 400 <= told["status"] < 500 and told["detail"], told
        return f"refused with {told['status']}"
    return "fits"


def _sent(send, counted):
    """All of it is undone: every case meets the same rows."""
    before, begun = counted(), transaction.savepoint()
    answer = send()
    assert answer.status_code < 500, answer.content
    refused = answer.status_code >= 400
    if refused and answer.json()["code"] not in ENDED_BY_THE_CALL:
        assert counted() == before, answer.content
    # Not as a block: some calls ask that they stand in none.
    transaction.savepoint_rollback(begun)
    return f"sent, {answer.status_code}" if refused else "sent, taken"


def spoil(acme, found, counted, cases):
    """How often each end came."""
    caller, chance, seen = secret(acme), drawn("API_SEED"), Counter()
    known = [(method, address(path, found), kind, _acmes(body, found)) for method, path, kind, body in calls()]
    for case in range(cases):
        method, path, kind, body = chance.choice(known)
        change = chance.choice(SPOILT)
        raw = change(chance, body)
        try:
            if case % SENT:
                end = _checked(kind, raw, acme)
            else:
                headers = {"Idempotency-Key": f"case-{case}"}
                end = _sent(functools.partial(caller.raw, method, path, raw, **headers), counted)
        except Exception as error:
            raise AssertionError(f"{case}: {method} {path} {change.__name__}: {error!r}\n{raw[:3000]}") from error
        seen[end] += 1
    return seen


def test_spoilt_bodies_are_refused_in_words_or_taken_whole(acme, named, counted):  # noqa: F811
    seen = spoil(acme, named, counted, int(os.environ.get("API_CASES") or CASES))
    print(dict(seen))
    assert {"refused with 400", "refused with 422", "fits", "sent, 400", "sent, 422", "sent, taken"} <= set(seen)


@pytest.mark.full
def test_tens_of_thousands_of_spoilt_bodies(acme, named, counted):  # noqa: F811
    spoil(acme, named, counted, 50_000)
