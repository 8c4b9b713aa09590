import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advocacy import emails


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("fred@example.com", "fred@example.com"),
        ("  Fred@Example.COM ", "fred@example.com"),
        ("fred+shop@example.com", "fred@example.com"),
        ("fred+a+b@example.com", "fred@example.com"),
        ("+fred@example.com", "+fred@example.com"),
        ("f.r.e.d@example.com", "f.r.e.d@example.com"),
        ("F.R.E.D+x@gmail.com", "fred@gmail.com"),
        ("fred@googlemail.com", "fred@gmail.com"),
        ("...@gmail.com", "...@gmail.com"),
        ("ｆｒｅｄ@example.com", "fred@example.com"),
        ("fred@bücher.example", "fred@xn--bcher-kva.example"),
        ("fred@BÜCHER.example.", "fred@xn--bcher-kva.example"),
        ("fred@straße.example", "fred@xn--strae-oqa.example"),
        ("fred@strasse.example", "fred@strasse.example"),
        ("fred\u200b@exam\u00adple.com\ufeff", "fred@example.com"),
        ('"fred"@example.com', "fred@example.com"),
        ('"fred+shop"@example.com', "fred@example.com"),
        ('"fred flint"@example.com', '"fred flint"@example.com'),
        ("fred@☃.example", "fred@☃.example"),
        ("fred@a..b", "fred@a..b"),
        ("no address", "no address"),
    ],
)
def test_two_spellings_of_a_mailbox_have_one_key(written, key):
    assert emails.normalise(written) == key


def test_a_key_is_its_own_key():
    for written in ("F.R.E.D+x@googlemail.com", "fred@bücher.example", "+fred@example.com"):
        key = emails.normalise(written)
        assert emails.normalise(key) == key


@settings(max_examples=100)
@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()))
def test_whatever_is_written_has_a_key(written):
    assert isinstance(emails.normalise(written), str)
