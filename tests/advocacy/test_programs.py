import pytest
from django.core.exceptions import ValidationError

from advocacy.models import Program
from tests.cast import HOUR, NOON


@pytest.mark.parametrize("keys", ["shop", {"shop": 1}, [""], [" shop"], ["shop", "shop"], [7], ["k"] * 21, ["k" * 61]])
def test_keys_of_metadata_are_a_few_short_texts(program, keys):
    program.metadata_keys = keys
    with pytest.raises(ValidationError) as refusal:
        program.full_clean()
    assert "Name at most 20 keys" in str(refusal.value)


def test_an_empty_form_keeps_no_metadata(program):
    program.metadata_keys = None
    program.full_clean()
    program.save()
    assert Program.objects.get().metadata_keys == []


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, "active"),
        ({"ends_at": NOON}, "ended"),
        ({"starts_at": NOON + HOUR}, "paused"),
        ({"starts_at": NOON, "ends_at": NOON + HOUR}, "active"),
        ({"status": "ended", "starts_at": NOON + HOUR}, "ended"),
    ],
)
def test_its_status_follows_its_window(columns, status):
    assert Program(**columns).status_at(NOON) == status
