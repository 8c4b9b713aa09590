"""Everything that customers read is translated, and the compiled file is that of the readable one."""

import gettext
import re
from pathlib import Path

import pytest
from django.utils import translation

from advocacy.reasons import REASONS

ROOT = Path(__file__).parents[2]
GERMAN = ROOT / "locale/de/LC_MESSAGES"
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
# The API speaks English.
NOT_FOR_CUSTOMERS = "/api/"


def _read():
    """``[(places, original, translation)]`` of django.po; of plurals their first forms."""
    for block in (GERMAN / "django.po").read_text().split("\n\n")[1:]:
        places = re.findall(r"^#: (.+)$", block, re.MULTILINE)
        original = re.search(r"^msgid (.*?)^msgstr|^msgid (.*?)^msgid_plural", block, re.MULTILINE | re.DOTALL)
        translated = re.search(r"^msgstr(?:\[0\])? (.*?)(?=^msgstr\[1\]|\Z)", block, re.MULTILINE | re.DOTALL)
        yield places, _joined(original[1] if original[1] else original[2]), _joined(translated[1])


def _joined(lines):
    plain = re.sub(r"(?s)msgid_plural.*", "", lines)
    return "".join(_TEXT.findall(plain)).replace('\\"', '"').replace("\\n", "\n")


def test_nothing_is_left_untranslated():
    left = [text for places, text, german in _read() if not german and NOT_FOR_CUSTOMERS not in " ".join(places)]
    assert left == []


def test_the_compiled_file_says_the_same():
    with (GERMAN / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for _places, text, german in _read():
        if german:
            assert german in (compiled.gettext(text), compiled.ngettext(text, text, 1))


@pytest.mark.parametrize("key", REASONS)
def test_every_reason_is_told_in_german(key):
    text = REASONS[key].advocate
    with translation.override("de"):
        assert translation.gettext(text) != text


def test_every_text_of_a_template_is_in_the_file():
    known = {text for _places, text, _german in _read()}
    used = set()
    for template in (
        each for app in ("advocacy", "referrals", "rewards") for each in ROOT.glob(f"{app}/templates/**/*.*")
    ):
        used |= set(re.findall(r"""{% translate ["']([^"']+)["'] %}""", template.read_text()))
    for template in (ROOT / "config/templates").glob("**/*.*"):
        if template.parts[-2] != "admin":
            used |= set(re.findall(r"""{% translate ["']([^"']+)["'] %}""", template.read_text()))
    assert used - known == set()
