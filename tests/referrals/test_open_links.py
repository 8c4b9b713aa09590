"""Whether a link is open is said once in Python and once in the redirect's SQL: both say the same."""

import pytest

from advocacy.models import Advocate, Program
from referrals import clicks, links
from referrals.models import Link
from tests import cast
from tests.cast import HOUR, NOON

CASES = [
    ({}, {}, {}, ""),
    ({"status": "paused"}, {}, {}, "program_paused"),
    ({"status": "ended"}, {}, {}, "program_ended"),
    ({"starts_at": NOON}, {}, {}, ""),
    ({"starts_at": NOON + HOUR}, {}, {}, "program_paused"),
    ({"ends_at": NOON}, {}, {}, "program_ended"),
    ({"ends_at": NOON + HOUR}, {}, {}, ""),
    ({}, {"status": "paused"}, {}, ""),
    ({}, {"status": "banned"}, {}, "advocate_banned"),
    ({}, {}, {"status": "disabled"}, "link_disabled"),
    ({}, {}, {"expires_at": NOON}, "link_expired"),
    ({}, {}, {"expires_at": NOON + HOUR}, ""),
]


@pytest.mark.parametrize(("program", "advocate", "link", "expected"), CASES)
@pytest.mark.django_db
def test_python_and_sql_agree(program, advocate, link, expected):
    code = cast.alice(cast.program(cast.acme())).code
    for model, changes in ((Program, program), (Advocate, advocate), (Link, link)):
        if changes:
            model.objects.update(**changes)
    assert links.closed_because(Link.objects.get(), at=NOON) == expected
    opened = clicks.open_link(
        host="localhost", code=code, counted=True, visitor=b"", referrer="", query={}, at=NOON, stored=False
    )
    assert (opened is None) is bool(expected)
