"""Every call of docs/api.md works, in the order in which the guide makes them."""

import json
import re
import shlex
from pathlib import Path

import pytest
from django.utils import timezone

from advocacy.outbox import drain
from tests.flows.api import secret
from tests.rewards import payouts_stage, scene

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"


def calls():
    """``(method, path, body, headers)`` of each ``call …`` in the guide's shell blocks."""
    for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.S):
        for words in re.findall(r"^\s*(call (?:'[^']*'|[^'\n])*)", block, re.M):
            _, *parts = shlex.split(words)
            method = parts[parts.index("-X") + 1] if "-X" in parts else "POST" if "-d" in parts else "GET"
            path = next(part for part in parts if part.startswith("$API")).removeprefix("$API")
            headers = dict(parts[parts.index("-H") + 1].split(": ") for _ in range("-H" in parts))
            yield method.lower(), path, parts[parts.index("-d") + 1] if "-d" in parts else None, headers


def filled(text, answers):
    """With what the guide reads from the answers before."""
    payouts = answers.get("/payouts?batch=$POB", {}).get("data", [{}])
    read = {
        "$RED": answers.get("/redemptions", {}).get("id"),
        "$POB": answers.get("/payout_batches", {}).get("id"),
        "$MRG": answers.get("/customers/merge", {}).get("id"),
        "$RUL": answers.get("/rules", {}).get("id"),
        "$NUMBER": payouts[0].get("number"),
    }
    for name, value in read.items():
        text = text.replace(name, str(value))
    return text


@pytest.mark.django_db
def test_every_call_of_the_guide_works(acme, program):
    scene.rule_of(program)
    payouts_stage.policy_of(acme)
    shop, answers = secret(acme), {}
    for method, written, body, headers in calls():
        path, sent = filled(written, answers), filled(body or "", answers).encode()
        answer = shop.get(path) if method == "get" else shop.raw(method, path, sent, **headers)
        assert answer.status_code in (200, 201), (path, answer.content)
        answers[written] = answer.json()
        drain.drain("money", at=timezone.now())
    assert len(answers) == 44
    assert answers["/wallets/ext_alice"]["balances"][0]["pending"] == {"amount_minor": 1000, "currency": "EUR"}
    assert answers["/orders/1001"]["status"] == "cancelled"
    assert [one["number"] for one in answers["/rules/$RUL/versions"]["versions"]] == [1, 2]
    assert answers["/rules/$RUL/archive"]["status"] == "archived"
    shown = re.search(r"```json\n(\{\n  \"id\": \"off_.*?)```", GUIDE.read_text(), re.S)[1]
    assert set(json.loads(shown)) == set(answers["/offers?program=friends"]["data"][0])
    assert answers["/payout_batches/$POB/results"]["state"] == "settled"
    assert answers["/redemptions/$RED/reverse"]["reversed"] == {"amount_minor": 100, "currency": "EUR"}
