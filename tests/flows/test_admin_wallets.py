"""What olga does in wallets: gives, takes, prolongs, reverses; asked, with a reason, and in the log."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from advocacy.admin import words
from advocacy.models import Event
from rewards import audit, expiry, redemptions
from rewards.models import Adjustment, Redemption, Reward
from tests.cast import DAY
from tests.rewards.wallet_scene import balance, lot

SURE = {"confirmed": "1", "reason": "Sorry for the delay"}


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    yield client
    assert list(audit.differences()) == []


def page(model, row, act):
    return f"/admin/rewards/{model}/{row.pk}/do/{act}/"


def give(desk, alice, **change):
    fields = {"program": alice.program.pk, "form": "credit", "amount": "10.00", "hold_days": "0", "expires_on": ""}
    return desk.post(page("wallet", alice.customer, "give"), SURE | fields | change, follow=True)


def test_what_is_given_and_taken_by_hand_says_who_and_why(desk, alice, olga):
    asked = desk.get(page("wallet", alice.customer, "give")).content.decode()
    assert "It is theirs to spend, as if a rule had given it." in asked
    shown = give(desk, alice, expires_on="2099-12-31").content.decode()
    assert "Credited by hand: Sorry for the delay" in shown
    given = Adjustment.objects.get()
    assert (given.amount_minor, given.made_by, given.reason) == (1000, olga, "Sorry for the delay")
    assert given.reward.expires_at.isoformat() == "2099-12-31T23:59:59.999999+00:00"
    fields = {"program": alice.program.pk, "form": "credit", "amount": "12,50"}
    refused = desk.post(page("wallet", alice.customer, "take"), SURE | fields, follow=True).content.decode()
    assert "There is 10.00 EUR to spend, 12.50 EUR was asked for." in refused
    desk.post(page("wallet", alice.customer, "take"), SURE | fields | {"allow_negative": "on"})
    assert balance(alice.customer) == -250
    desk.post(page("adjustment", Adjustment.objects.last(), "undo"), SURE)
    assert balance(alice.customer) == 1000
    assert [entry.get_change_message().split(":")[0] for entry in LogEntry.objects.order_by("id")] == [
        "Given",
        "Taken",
        "Undone",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "ten"}, "Write an amount such as 10.00."),
        ({"amount": "0"}, "Write more than 0."),
        ({"amount": "1.001"}, "EUR has 2 decimal places."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_what_is_typed_wrongly_is_asked_again(desk, alice, change, words):
    assert words in give(desk, alice, **change).content.decode()
    assert not Adjustment.objects.exists()


def test_what_expired_is_given_back_with_a_reason(desk, alice):
    reward = lot(alice.program, alice.customer, 1000, expires_in=1, at=timezone.now() - 3 * DAY)
    expiry.expire(at=timezone.now())
    shown = desk.get(f"/admin/rewards/reward/{reward.pk}/change/").content.decode()
    assert "Prolong" in shown
    desk.post(page("reward", reward, "prolong"), SURE | {"expires_on": ""})
    reward.refresh_from_db()
    assert (reward.available_minor, reward.expires_at) == (1000, None)
    assert Event.objects.filter(type="adjustment.made").last().facts["kind"] == "prolonged"


def test_a_redemption_is_reversed_in_part(desk, alice, acme):
    lot(alice.program, alice.customer, 1000)
    wanted = {"storefront": acme, "customer": alice.customer, "unit": "EUR", "amount_minor": 800, "order": "1002"}
    row = redemptions.reserve(**wanted, at=timezone.now())
    redemptions.confirm(redemption=row, at=timezone.now())
    desk.post(page("redemption", row, "reverse"), SURE | {"amount": "3.00"})
    assert (Redemption.objects.get().reversed_minor, balance(alice.customer)) == (300, 500)
    listed = desk.get("/admin/rewards/redemption/", {"q": "1002"}).content.decode()
    assert f"{words.moment(row.reserved_at, acme.time_zone)} ({acme.time_zone})" in listed


def test_a_wallet_shows_its_state_and_its_statement_as_a_file(desk, alice):
    give(desk, alice, reason="=cmd()")
    give(desk, alice, amount="5.00", hold_days="3")
    page = f"/admin/rewards/wallet/{alice.customer.pk}/change/"
    assert f'href="{page}">Wallet' in desk.get(f"/admin/advocacy/customer/{alice.customer.pk}/change/").content.decode()
    shown = desk.get(page).content.decode()
    assert [words in shown for words in ("10.00 EUR to spend", "5.00 EUR on its way")] == [True, True]
    lines = b"".join(desk.get(f"/admin/rewards/wallet/{alice.customer.pk}/statement.csv")).decode().splitlines()
    assert lines[0].endswith("When,What,Paid in,Change,Balance,Unit,Moved")
    assert [re.sub(r"^[^,]*,", "", line) for line in lines[1:]] == [
        "Granted by hand: Sorry for the delay,Store credit,0.00,10.00,EUR,5.00",
        "Credited by hand: =cmd(),Store credit,10.00,10.00,EUR,10.00",
        "Granted by hand: =cmd(),Store credit,0.00,0.00,EUR,10.00",
    ]
    assert Reward.objects.filter(rule=None).count() == 2
