"""Names as banks spell them: nothing is left out in silence."""

import unicodedata

import pytest

from rewards import bank, latin


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Zoë Müller-Łęcki", "Zoe Mueller-Lecki"),
        (unicodedata.normalize("NFD", "Jürgen Ångström"), "Juergen Angstroem"),
        ("ÞÓR Bjørn O’Neill", "ThOR Bjorn O'Neill"),
        ("İbrahim Işık", "Ibrahim Isik"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoylos"),
        ("Юлия Щърбанова-Хаджийска", "Yuliya Shtarbanova-Hadzhiyska"),
        ("Ђорђе Његош", "Djordje Njegosh"),
        ("Meier & Co; (Köln) // Bonn/", "Meier + Co (Koeln) / Bonn"),
    ],
)
def test_letters_of_europe_are_spelled(name, spelled):
    assert latin.spelled(name) == spelled


@pytest.mark.parametrize("name", ["王小明", "Anna 王", "محمد", "***", "", "/"])
def test_what_has_no_spelling_is_refused_and_not_left_out(name):
    with pytest.raises(latin.Unwritable):
        latin.spelled(name)


def test_a_holder_is_written_whole_or_not_at_all():
    assert bank.holder("ü" * 35) == "ue" * 35
    for name, words in (("ü" * 36, "room for 70"), ("王", "Latin letters")):
        with pytest.raises(bank.BadName, match=words):
            bank.holder(name)


def test_the_scheme_reaches_its_countries_only():
    assert bank.in_sepa("DE89370400440532013000")
    assert not bank.in_sepa("TR330006100519786457841326")
    assert len(bank.SEPA) == 42
