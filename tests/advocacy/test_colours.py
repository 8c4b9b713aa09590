"""Whatever colour a storefront chooses, what is written in it and on it can be read."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advocacy import colours

LOOK = Path(__file__).parents[2] / "advocacy/static/advocacy/look.css"
any_colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#ffd400", "#ffffff", 1.43), ("#0b6e4f", "#0b6e4f", 1)],
)
def test_contrast_is_what_wcag_says(one, other, ratio):
    assert round(colours.contrast(one, other), 2) == ratio
    assert colours.contrast(one, other) == colours.contrast(other, one)


@pytest.mark.parametrize(
    ("brand", "text"), [("#0b6e4f", "#ffffff"), ("#ffd400", "#000000"), ("#101010", "#ffffff"), ("#f4f4f4", "#000000")]
)
def test_the_text_on_a_button_is_the_one_that_reads_better(brand, text):
    assert colours.text_on(brand) == text


@given(any_colour)
def test_every_colour_becomes_readable(colour):
    assert colours.contrast(colours.text_on(colour), colour) >= 4.5
    for scheme, paper in colours.PAPER.items():
        assert colours.contrast(colours.text_in(colour, scheme=scheme), paper) >= 5.5
        assert colours.contrast(colours.edge_of(colour, scheme=scheme), paper) >= 3


def test_a_colour_that_reads_well_stays_itself():
    assert colours.text_in("#0b6e4f", scheme="light") == "#0b6e4f"


def test_the_papers_are_those_of_the_stylesheet():
    light, dark = re.search(r"--paper: light-dark\((#\w+), (#\w+)\)", LOOK.read_text()).groups()
    assert {"light": light, "dark": dark} == colours.PAPER
