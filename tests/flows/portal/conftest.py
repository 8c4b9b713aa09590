import pytest
from django.core.cache import cache

from tests import pages_stage


@pytest.fixture(autouse=True)
def no_limits_from_before():
    """allauth counts how often an address asked for a code."""
    cache.clear()


@pytest.fixture
def offer(program):
    return pages_stage.rule(program)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(pages_stage.user_of(alice))
    return client
