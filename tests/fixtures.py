"""The cast as pytest's fixtures; each needs the database."""

import pytest

from referrals.models import Click
from tests import cast


@pytest.fixture(autouse=True)
def _no_clicks_stay(request):
    """After a test with real transactions Django empties the tables of its models; clicks have one of their own."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    Click.objects.all().delete()


@pytest.fixture
def acme(db):
    return cast.acme()


@pytest.fixture
def rival(db):
    return cast.rival()


@pytest.fixture
def program(acme):
    return cast.program(acme)


@pytest.fixture
def alice(program):
    return cast.alice(program)


@pytest.fixture
def fred(acme):
    return cast.fred(acme)


@pytest.fixture
def mallory(program):
    return cast.mallory(program)


@pytest.fixture
def olga(db):
    return cast.olga()
