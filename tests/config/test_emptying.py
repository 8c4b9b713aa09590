"""Nothing of a test with real transactions is left for the next one."""

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection

from advocacy.models import Event, Storefront
from referrals import clicks
from referrals.models import Click
from tests import emptying
from tests.cast import NOON


@pytest.mark.django_db(transaction=True)
def test_all_rows_go_also_those_that_nobody_may_delete(alice):
    if not emptying.may_empty():
        pytest.skip("The database's user may not leave triggers out: Django truncates.")
    clicks.open_link(
        host="testserver", code="ALICE-LINK", at=NOON, counted=True, visitor=b"v" * 16, referrer="", query={}
    )
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="Cannot update or delete"):
        cursor.execute("DELETE FROM advocacy_event")
    models = [Storefront, Event, Click, Permission]
    assert [model for model in models if model.objects.exists()] == models
    emptying.empty()
    assert [model for model in models if model.objects.exists()] == [Permission]
