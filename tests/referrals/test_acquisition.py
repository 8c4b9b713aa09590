"""By what a customer was acquired, in Python and in SQL."""

import json

import pytest
from django.db import connection

from referrals import acquisition
from referrals.orders import recording

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
