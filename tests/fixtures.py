"""The cast as pytest's fixtures; each needs the database."""

import pytest

from tests import cast


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
