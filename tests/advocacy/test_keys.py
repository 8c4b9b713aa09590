import re
from datetime import UTC, datetime, timedelta

import pytest

from advocacy import keys, twins
from advocacy.models import ApiKey, KeyKind, Storefront
from advocacy.refusals import Refused

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def acme():
    return Storefront.objects.create(name="Acme", slug="acme")


def make(storefront, kind=KeyKind.SECRET, **options):
    return keys.make(storefront=storefront, kind=kind, name="server", at=AT, **options)


@pytest.mark.parametrize(("kind", "prefix"), [(KeyKind.SECRET, "sk_live_"), (KeyKind.PUBLISHABLE, "pk_live_")])
def test_a_token_says_its_kind_and_carries_160_random_bits_and_a_checksum(acme, kind, prefix):
    _, token = make(acme, kind)
    assert re.fullmatch(prefix + "[0-9a-hjkmnp-tv-z]{39}", token)


def test_keys_of_a_test_twin_say_test(acme):
    twin = Storefront.objects.create(name="Acme (test)", slug="acme-test", test_twin_of=acme)
    assert make(twin)[1].startswith("sk_test_")


def test_the_token_itself_is_not_stored(acme):
    key, token = make(acme)
    row = ApiKey.objects.values().get(pk=key.pk)
    assert token not in str(row)
    assert len(bytes(row["digest"])) == 32
    assert row["beginning"] == token[:16]


def test_a_key_is_found_with_its_storefront(acme, django_assert_num_queries):
    key, token = make(acme)
    found = keys.find(token, AT)
    assert (found, found.storefront) == (key, acme)


@pytest.mark.parametrize("spoil", [lambda token: token[:-1], lambda token: token[:-1] + "!", str.upper, lambda _: "ü"])
def test_a_mistyped_key_is_refused_without_asking_the_database(acme, spoil, django_assert_num_queries):
    _, token = make(acme)
    with django_assert_num_queries(0):
        assert keys.find(spoil(token), AT) is None


def test_a_letter_exchanged_breaks_the_checksum(acme):
    _, token = make(acme)
    other = "a" if token[20] != "a" else "b"
    assert keys.looks_right(token)
    assert not keys.looks_right(token[:20] + other + token[21:])


def test_revoked_and_expired_keys_open_nothing(acme):
    key, token = make(acme)
    assert keys.revoke(key=key, at=AT) is True
    assert keys.revoke(key=key, at=AT) is False
    assert keys.find(token, AT) is None
    _, brief = make(acme, expires_at=AT + timedelta(hours=1))
    assert keys.find(brief, AT + timedelta(minutes=59)) is not None
    assert keys.find(brief, AT + timedelta(hours=1)) is None


def test_the_last_use_is_written_at_most_once_a_minute(acme, django_assert_num_queries):
    key, token = make(acme)
    keys.find(token, AT)
    keys.find(token, AT)  # what was written is read again, once
    with django_assert_num_queries(1):
        keys.find(token, AT + timedelta(seconds=59))
    key.refresh_from_db()
    assert key.last_used_at == AT
    keys.find(token, AT + timedelta(seconds=60))
    key.refresh_from_db()
    assert key.last_used_at == AT + timedelta(seconds=60)


def test_a_rotated_key_works_beside_its_successor_until_the_overlap_is_over(acme):
    key, token = make(acme)
    successor, new_token = keys.rotate(key=key, at=AT, overlap=timedelta(hours=2))
    assert (successor.kind, successor.name, successor.storefront) == (key.kind, key.name, acme)
    assert keys.find(token, AT + timedelta(minutes=119)) == key
    assert keys.find(token, AT + timedelta(hours=2)) is None
    assert keys.find(new_token, AT + timedelta(hours=2)) == successor


def test_a_key_is_never_older_than_the_database_says(acme):
    key, token = make(acme)
    keys.find(token, AT).storefront.name = "Not saved"
    assert keys.find(token, AT).storefront.name == acme.name
    type(acme).objects.filter(pk=acme.pk).update(name="Acme Tea")
    assert keys.find(token, AT).storefront.name == "Acme Tea"
    type(key).objects.filter(pk=key.pk).update(revoked_at=AT)
    assert keys.find(token, AT) is None


def test_a_trusted_key_writes_its_use_once(acme, settings, django_assert_num_queries):
    settings.KEY_TRUST_MILLISECONDS = 60_000
    key, token = make(acme)
    keys.find(token, AT)
    keys.find(token, AT)
    with django_assert_num_queries(0):
        keys.find(token, AT + timedelta(seconds=59))
    keys.find(token, AT + timedelta(seconds=60))
    with django_assert_num_queries(2):  # how it stands, and what was written
        keys.find(token, AT + timedelta(seconds=60))
        keys.find(token, AT + timedelta(seconds=61))
    key.refresh_from_db()
    assert key.last_used_at == AT + timedelta(seconds=60)


def test_a_live_key_is_trusted_for_a_moment_and_a_test_key_never(acme, settings, monkeypatch):
    settings.KEY_TRUST_MILLISECONDS = 500
    clock = [100.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: clock[0])
    (key, token), (_, other), (_, test) = make(acme), make(acme), make(twins.of(acme, at=AT))
    assert all(keys.find(each, AT) for each in 2 * [token, other, test])
    ApiKey.objects.update(revoked_at=AT)
    assert [bool(keys.find(each, AT)) for each in (token, other, test)] == [True, True, False]
    # Who revokes it here trusts it no more.
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=None)
    keys.revoke(key=key, at=AT)
    clock[0] += 0.4
    assert [bool(keys.find(each, AT)) for each in (token, other)] == [False, True]
    clock[0] += 0.1
    assert keys.find(other, AT) is None
    # Nor does who replaces it without an overlap.
    left, leaked = make(acme)
    assert keys.find(leaked, AT) and keys.find(leaked, AT)
    keys.rotate(key=left, at=AT, overlap=timedelta(0))
    assert keys.find(leaked, AT) is None


def test_an_overlap_of_more_than_30_days_is_refused(acme):
    key, _ = make(acme)
    with pytest.raises(Refused, match="at most 30 days"):
        keys.rotate(key=key, at=AT, overlap=timedelta(days=31))
    assert ApiKey.objects.count() == 1
