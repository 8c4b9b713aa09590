"""docs/admin.md explains every field of the rule form, every condition and every recipe."""

from pathlib import Path

import pytest

from advocacy.conditions import FIELDS
from rewards.admin.rule_form import RuleForm
from rewards.recipes import RECIPES

GUIDE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text()
CHAPTER = " ".join(GUIDE.split("## Rules\n")[1].split("## What would this have cost?")[0].split())
LABELS = sorted({field.label for name, field in RuleForm.base_fields.items() if field.label and name != "confirmed"})


@pytest.mark.parametrize("label", LABELS)
def test_a_field_of_the_form_is_explained(label):
    assert f"**{label}**" in CHAPTER


@pytest.mark.parametrize("field", FIELDS.values(), ids=list(FIELDS))
def test_a_condition_is_listed(field):
    assert field.label in CHAPTER


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_a_recipe_stands_in_the_table(recipe):
    row = " | ".join((recipe.name, recipe.text, recipe.then or "–"))
    assert f"| {row} |" in CHAPTER
