"""A copy of the database tells no code; keys can be replaced one after the other."""

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from advocacy import resealing, secrets
from advocacy.models.columns import FingerprintField, SealedField

OLD, NEW = "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=", "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
CODE = "GIFT-ÄÖ-1234"


@pytest.fixture
def keys(settings):
    def use(*those):
        settings.ENCRYPTION_KEYS = list(those)

    use(OLD)
    return use


def test_what_is_sealed_opens_again_and_does_not_show(keys):
    sealed = secrets.seal(CODE)
    assert CODE.encode() not in sealed
    assert sealed != secrets.seal(CODE)
    assert secrets.open(memoryview(sealed)) == CODE


def test_a_new_key_seals_and_the_old_one_still_opens(keys):
    before = secrets.seal(CODE)
    keys(NEW, OLD)
    after = secrets.seal(CODE)
    assert (secrets.open(before), secrets.open(after)) == (CODE, CODE)
    keys(NEW)
    assert secrets.open(after) == CODE
    with pytest.raises(secrets.NoKeyOpens, match="Put back, behind the first"):
        secrets.open(before)


def test_a_fingerprint_is_the_same_for_the_same_text_and_key_only(keys):
    known = secrets.fingerprint(CODE)
    assert len(known) == 32
    assert known == secrets.fingerprint(CODE) != secrets.fingerprint(CODE.lower())
    keys(NEW, OLD)
    assert secrets.fingerprint(CODE) == known, "codes are still found while a key is being replaced"
    keys(NEW)
    assert secrets.fingerprint(CODE) != known


def test_development_derives_a_key_and_says_so(keys, settings, caplog):
    keys()
    settings.SECRET_KEY = "a key of this test alone " * 3
    assert secrets.open(secrets.seal(CODE)) == CODE
    assert [record.message for record in caplog.records] == [
        "ENCRYPTION_KEYS is not set: this development server seals secrets with a key derived from SECRET_KEY. "
        "They cannot be opened with another SECRET_KEY."
    ]


@isolate_apps("advocacy")
def test_resealing_ends_a_rotation(keys, db, monkeypatch):
    class Coupon(models.Model):
        sealed = SealedField(null=True)
        mark = FingerprintField(of="sealed", null=True, unique=True)

        class Meta:
            app_label = "advocacy"

        def __str__(self):
            return "a coupon"

    monkeypatch.setattr(resealing, "BATCH", 2)
    with connection.schema_editor() as editor:
        editor.create_model(Coupon)
    for number in range(5):
        text = f"{CODE}{number}"
        Coupon.objects.create(sealed=secrets.seal(text), mark=secrets.fingerprint(text))
    Coupon.objects.create(sealed=None, mark=None)
    keys(NEW, OLD)
    for _again in range(2):
        assert resealing.reseal([Coupon]) == {"advocacy.Coupon": 6}
    keys(NEW)
    assert secrets.open(Coupon.objects.get(mark=secrets.fingerprint(f"{CODE}3")).sealed) == f"{CODE}3"
    assert [secrets.open(row.sealed)[-1] for row in Coupon.objects.exclude(sealed=None).order_by("pk")] == list("01234")


def test_the_command_says_what_to_do_next(db, capsys):
    call_command("reseal")
    assert "Leave only the first key in ENCRYPTION_KEYS" in capsys.readouterr().out
