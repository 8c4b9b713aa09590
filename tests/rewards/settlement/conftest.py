"""The scene of every settlement: a program, alice who advocates, and fred who buys."""

import pytest

from tests.rewards.scene import acme, alice_of, person, program_of


@pytest.fixture
def program(db):
    return program_of(acme())


@pytest.fixture
def alice(program):
    return alice_of(program)


@pytest.fixture
def fred(program):
    return person(program.storefront, "fred")
