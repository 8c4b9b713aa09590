"""By what a customer was acquired, in Python and in SQL."""

import json

import pytest
from django.db import connection

from advocacy import customers
from advocacy.outbox.drain import drain
from advocacy.privacy import erasing
from referrals import acquisition, buyers
from referrals.models import Buyer
from referrals.orders import recording
from tests.cast import NOON
from tests.referrals.history import bought, counted

SOURCES = {
    "organic_search": [
        {"utm_source": "google"},
        {"referrer": "https://www.google.co.uk/search?q=beans"},
        {"medium": "organic"},
    ],
    "paid_search": [{"utm_source": "google", "utm_medium": "cpc"}, {"utm_medium": " PPC "}],
    "social": [{"utm_source": "Instagram"}, {"referring_site": "l.facebook.com/x"}, {"utm_medium": "social"}],
    "paid_social": [{"utm_source": "facebook", "utm_medium": "cpc"}, {"utm_medium": "paid_social"}],
    "email": [{"utm_medium": "email", "utm_source": "google"}, {"channel": "newsletter"}],
    "affiliate": [{"utm_medium": "affiliate"}],
    "direct": [{"utm_source": "direct"}, {"utm_medium": "(none)"}],
    "other": [
        {},
        {"utm_source": "a magazine"},
        {"utm_medium": 7},
        {"channel": "web"},
        {"utm_medium": "", "medium": None},
    ],
}
TABLE = [(source, channel) for channel, sources in SOURCES.items() for source in sources]


@pytest.mark.parametrize(("source", "channel"), TABLE)
def test_a_source_says_the_channel(source, channel):
    assert acquisition.channel_of(source, referred=False) == channel
    assert acquisition.channel_of(source, referred=True) == "referral"


def test_a_sign_up_says_it_where_the_first_order_does_not():
    said, nothing = {"utm_source": "google"}, {"utm_source": "a magazine"}
    assert acquisition.channel_of(said, {"utm_medium": "email"}, referred=False) == "organic_search"
    assert acquisition.channel_of(nothing, {"utm_medium": "email"}, referred=False) == "email"
    assert acquisition.channel_of(nothing, {}, referred=False) == "other"


@pytest.mark.django_db
def test_the_source_of_a_sign_up_counts_also_late_and_after_an_erasure(acme, fred):
    bought(fred, at=NOON)
    counted(acme)

    def says(**source):
        customers.upsert(storefront=acme, fields={"external_id": fred.external_id, "source": source}, at=NOON)
        return channel()

    def channel():
        while drain("money", at=NOON) or drain("people", at=NOON):
            pass
        buyers.recount(at=NOON)
        assert list(buyers.differences(storefront=acme, at=NOON)) == []
        return Buyer.objects.get().channel

    assert channel() == "other"
    assert says(utm_medium="newsletter", utm_campaign="for fred@example.com") == "email"
    erasing.erase_rows(customer=fred, at=NOON)
    assert channel() == "email"
    fred.refresh_from_db()
    assert fred.source == {"channel": "email"}


@pytest.mark.django_db
@pytest.mark.parametrize("channel", SOURCES)
def test_whoever_is_erased_still_came_by_the_same_channel(acme, channel):
    for source in SOURCES[channel]:
        kept = recording.of_nobody(acme.pk, {"source": source})["source"]
        assert set(kept) <= {"channel"}
        assert acquisition.channel_of(kept, referred=False) == channel


@pytest.mark.django_db
def test_the_database_says_the_same():
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {acquisition.sql('said.source')} FROM unnest(%s::jsonb[]) WITH ORDINALITY AS said (source, place) "
            "ORDER BY place",
            [[json.dumps(source) for source, _ in TABLE]],
        )
        assert [channel for (channel,) in cursor.fetchall()] == [channel for _, channel in TABLE]
        cursor.execute(
            f"SELECT {acquisition.sql('one', 'two')} FROM (SELECT '{{}}'::jsonb, %s::jsonb) said (one, two)",
            [json.dumps({"utm_medium": "email"})],
        )
        assert cursor.fetchone() == ("email",)
