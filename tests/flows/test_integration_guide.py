"""The programs of docs/integrate.md do what it says, in each language, against a server that runs."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import timezone

from advocacy import keys
from advocacy.models import Customer, KeyKind
from config.management.commands.document_postman import PAGE, document
from referrals.models import Conversion, Refund
from rewards import adjustments
from rewards.models import Redemption
from tests import cast, pages_stage

GUIDE = settings.BASE_DIR / "docs" / "integrate.md"
RUNS = {"sh": ["sh", "-e"], "python": [sys.executable, "-"], "js": ["node", "--input-type=module", "-"]}
NEEDS = {"sh": "curl", "python": sys.executable, "js": "node"}


def program_of(language):
    found = re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(), re.S | re.M)
    assert len(found) == 1
    return found[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", RUNS)
def test_a_server_in_each_language(live_server, acme, program, language):
    if shutil.which(NEEDS[language]) is None:
        pytest.skip(f"{NEEDS[language]} is not installed.")
    alice = cast.alice(program, code="ALICE")
    pages_stage.rule(program)
    credit(alice)
    key = keys.make(storefront=acme, kind=KeyKind.SECRET, name="server", at=cast.NOON)[1]
    ran = subprocess.run(
        RUNS[language],
        input=program_of(language),
        env={"PATH": os.environ["PATH"], "API": f"{live_server.url}/api/v1", "KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Customer.objects.get(external_id="fred").country == "DE"
    brought = Conversion.objects.get()
    assert (brought.referral.advocate, brought.order.external_id) == (alice, "1001")
    assert Refund.objects.get().amount_minor == 1350
    spent = Redemption.objects.get()
    assert (spent.state, spent.amount_minor, spent.order_external_id) == ("confirmed", 300, "1002")


def credit(advocate):
    """5.00 EUR to spend."""
    given = {"form": "credit", "amount_minor": 500, "reason": "Sorry"}
    adjustments.give(program=advocate.program, customer=advocate.customer, at=timezone.now(), **given)


def test_the_collection_for_postman_is_that_of_the_schema():
    assert PAGE.read_text() == document(), "Run: python manage.py document_postman"
    collection = json.loads(PAGE.read_text())
    orders = next(folder for folder in collection["item"] if folder["name"] == "Orders")
    refund = next(one["request"] for one in orders["item"] if one["name"] == "Refund an order")
    assert refund["method"] == "POST"
    assert refund["url"]["raw"] == "{{server}}/api/v1/orders/:id/refunds"
    assert [one["key"] for one in refund["url"]["variable"]] == ["id"]
    assert json.loads(refund["body"]["raw"])["refund_id"]
    assert collection["auth"]["bearer"][0]["value"] == "{{key}}"
