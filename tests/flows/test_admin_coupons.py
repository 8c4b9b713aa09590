"""Pools and codes in the admin: olga makes a pool, uploads a file, sees what is left, and never a list of codes."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from advocacy import connections, ids
from advocacy.models import Errand
from rewards.coupons import pools
from rewards.models import Coupon, CouponPool, Reward
from tests.flows.admin_stage import otto
from tests.rewards import shop_stage
from tests.rewards.coupon_stage import pays_from, pool_of, settle, stock
from tests.rewards.scene import conversion_of, person, tell
from tests.rewards.shop_stage import open_shop

__all__ = ["open_shop"]
POOLS, COUPONS = "/admin/rewards/couponpool/", "/admin/rewards/coupon/"


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def pool(program):
    return pool_of(program, low_stock=1)


def form(program, **fields):
    return {
        "program": program.pk,
        "name": "Ten off",
        "kind": "coupon",
        "source": "uploaded",
        "amount": "10.00",
        "percent": "",
        "prefix": "",
        "code_length": "10",
        "low_stock": "20",
        "expiry_days": "90",
    } | fields


def csv(text):
    return SimpleUploadedFile("codes.csv", text.encode(), "text/csv")


def given(alice, pool):
    """alice has the first code of the pool."""
    stock(pool, range(2), at=timezone.now())
    pays_from(pool)
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    settle(timezone.now())
    return Coupon.objects.get(state="assigned")


def test_a_pool_is_made_and_asks_for_its_codes(desk, program):
    assert "take their codes from a pool" in desk.get(POOLS).content.decode()
    answer = desk.post(f"{POOLS}add/", form(program))
    pool = CouponPool.objects.get()
    assert answer["Location"] == f"{POOLS}{pool.pk}/upload/"
    assert (pool.worth, pool.storefront, pool.expiry_days) == ("10.00 EUR", program.storefront, 90)
    assert desk.get(f"{POOLS}codes.csv").content.decode().splitlines()[0] == "\ufeffcode"
    page = desk.get(answer["Location"]).content.decode()
    assert "Each is worth 10.00 EUR" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": ""}, "Say an amount with its currency, or, for coupons, a percentage."),
        ({"percent": "10"}, "Say an amount with its currency, or, for coupons, a percentage."),
        ({"amount": "ten"}, "Write an amount such as 10.00."),
        ({"amount": "", "percent": "101"}, "A percentage is at most 100."),
        ({"source": "generated", "code_length": "7"}, "greater than or equal to 8"),
        ({"prefix": "sommer "}, "A prefix is made of"),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused_in_words(desk, program, fields, said):
    assert said in desk.post(f"{POOLS}add/", form(program, **fields)).content.decode()
    assert not CouponPool.objects.exists()


def test_a_file_is_uploaded_and_its_faults_are_told_by_line(desk, pool):
    address = f"{POOLS}{pool.pk}/upload/"
    page = desk.post(address, {"file": csv("code\nSUMMER-1\nshort\nsummer-1\n")}).content.decode()
    for said in ("line 3: a code has 6 to 64", "line 4: is the code of line 2 again"):
        assert page.count(said) == 1
    assert page.count("line 3") == page.count("line 4") == 1
    page = desk.post(address, {"file": csv("code\nSUMMER-1\nshort\n")}).content.decode()
    assert page.count(">line 3: a code has 6 to 64") == page.count("line 3") == 1
    assert not Coupon.objects.exists()
    page = desk.post(address, {"file": csv("code\nSUMMER-1\nsummer-1\n"), "only_new": "on"}, follow=True)
    assert "1 codes were added. 1 were left out." in page.content.decode()
    assert "1 left, 0 given, 0 used" in page.content.decode()
    assert "Uploaded 2 codes" in LogEntry.objects.get().get_change_message()


def test_a_pool_that_runs_low_is_seen_on_the_first_page(desk, alice, pool):
    assert "runs out of codes" not in desk.get("/admin/").content.decode()
    given(alice, pool)
    assert "“Ten euros off” runs out of codes." in desk.get("/admin/").content.decode()
    assert "Runs low" in desk.get(POOLS).content.decode()


def test_a_pool_may_be_renamed_and_keeps_its_worth(desk, pool):
    stock(pool, [1])
    desk.post(f"{POOLS}{pool.pk}/change/", form(pool.program, name="Renamed", amount="99", source="generated"))
    pool.refresh_from_db()
    assert (pool.name, pool.amount_minor, pool.source) == ("Renamed", 1000, "uploaded")


def test_a_code_is_seen_by_its_end_and_whole_only_with_a_reason_in_the_log(desk, alice, pool):
    coupon = given(alice, pool)
    page = f"{COUPONS}{coupon.pk}"
    for address in (COUPONS, f"{page}/change/", f"/admin/rewards/reward/{coupon.reward_id}/change/"):
        shown = desk.get(address).content.decode()
        assert "CODE-000000" not in shown, address
    assert "…0000" in desk.get(COUPONS).content.decode()
    assert "CODE-000000" not in desk.post(f"{page}/do/show/", {"confirmed": "1", "reason": ""}).content.decode()
    answer = desk.post(f"{page}/do/show/", {"confirmed": "1", "reason": "She lost her mail"})
    assert 'value="CODE-000000"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "She lost her mail" in LogEntry.objects.get().get_change_message()


def test_a_whole_code_finds_its_row(desk, alice, pool):
    coupon = given(alice, pool)
    assert f"{COUPONS}find/" in desk.get(COUPONS).content.decode()
    assert "The whole code" in desk.get(f"{COUPONS}find/").content.decode()
    answer = desk.post(f"{COUPONS}find/", {"code": "code-000000 "})
    assert answer["Location"] == f"{COUPONS}{coupon.pk}/change/"
    assert "No coupon has this code" in desk.post(f"{COUPONS}find/", {"code": "code-000009"}).content.decode()


def test_a_search_whose_words_stand_in_its_address_finds_no_whole_code(desk, alice, pool):
    coupon = given(alice, pool)
    assert f"{COUPONS}{coupon.pk}/change/" not in desk.get(COUPONS, {"q": "code-000000"}).content.decode()
    assert f"{COUPONS}{coupon.pk}/change/" in desk.get(COUPONS, {"q": "0000"}).content.decode()


def waiting_for_codes(desk):
    """How many rewards the list shows by its filter: those that wait, the others."""
    pages = [desk.get("/admin/rewards/reward/", {"waits_for_code": answer}) for answer in ("yes", "no")]
    return [len(page.context["cl"].result_list) for page in pages]


def test_a_code_is_revoked_with_a_reason_and_put_back_by_an_act(desk, alice, pool):
    coupon = given(alice, pool)
    desk.post(f"{COUPONS}{coupon.pk}/do/revoke/", {"confirmed": "1", "reason": "Leaked"})
    coupon.refresh_from_db()
    assert (coupon.state, Reward.objects.get().waits_for_code) == ("revoked", True)
    assert waiting_for_codes(desk) == [1, 0]
    desk.post(f"{COUPONS}{coupon.pk}/do/put-back/", {"confirmed": "1", "reason": "It was not"})
    coupon.refresh_from_db()
    assert (coupon.state, coupon.customer) == ("free", None)
    Reward.objects.update(waits_for_code=True, pending_minor=0, available_minor=0, status="reversed")
    assert waiting_for_codes(desk) == [0, 1], "what was taken back waits for none"


def test_who_may_only_look_uploads_nothing_and_sees_no_code(client, alice, pool):
    coupon = given(alice, pool)
    client.force_login(otto("rewards.view_couponpool", "rewards.view_coupon"))
    assert client.get(POOLS).status_code == 200
    assert client.post(f"{POOLS}{pool.pk}/upload/", {"file": csv("code\nSUMMER-1\n")}).status_code == 403
    assert client.get(f"{POOLS}codes.csv").status_code == 403
    answer = client.post(f"{COUPONS}{coupon.pk}/do/show/", {"confirmed": "1", "reason": "Curious"})
    assert answer.status_code == 403


def test_waiting_rewards_are_counted_on_the_pool_and_said_when_they_are_served(desk, alice, pool):
    pays_from(pool)
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    settle(timezone.now())
    assert "1 rewards; served in order" in desk.get(f"{POOLS}{pool.pk}/change/").content.decode()
    page = desk.post(f"{POOLS}{pool.pk}/upload/", {"file": csv("code\nSUMMER-1\nSUMMER-2\n")}, follow=True)
    assert "2 codes were added. 1 rewards that waited got theirs." in page.content.decode()
    assert pools.left(pool) == 1


def test_a_pool_of_a_shop_is_made_and_what_the_shop_was_told_is_seen_and_tried_again(desk, alice, open_shop, rival):
    shop, connection = open_shop(alice.storefront, "shopify")
    _, rivals = open_shop(rival, "shopify")
    boxes = {"source": "in_shop", "connection": connection.pk, "minimum": "25.50"}
    refusals = {
        "Coupons can be made in a shop": {"connection": ""},
        "belongs to another storefront": {"connection": rivals.pk},
        "Write an amount such as": {"minimum": "much"},
    }
    for said, changes in refusals.items():
        assert said in desk.post(f"{POOLS}add/", form(alice.program, **boxes | changes)).content.decode()
    shop.scopes = ()
    assert "lacks read_discounts" in desk.post(f"{POOLS}add/", form(alice.program, **boxes)).content.decode()
    shop.scopes = ("write_discounts",)
    desk.post(f"{POOLS}add/", form(alice.program, **boxes))
    pool = CouponPool.objects.get()
    assert (pool.connection, pool.minimum_minor, pool.low_stock) == (connection, 2550, 20)
    pays_from(pool)
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    settle(timezone.now())
    connections.change_credentials(connection=connection, credentials={"access_token": "old"})
    assert shop_stage.run(timezone.now()) == 1
    page = desk.get(f"{POOLS}{pool.pk}/change/").content.decode()
    assert ("1 rewards; served in order as codes are made" in page, "1 to be done, 1 failed" in page) == (True, True)
    assert "refuses the credentials" in desk.get(f"/admin/advocacy/connection/{connection.pk}/change/").content.decode()
    errand = Errand.objects.get()
    assert "Shopify refuses the credentials" in desk.get(f"/admin/advocacy/errand/{errand.pk}/change/").content.decode()
    connections.change_credentials(connection=connection, credentials={"access_token": "shpat_1"})
    desk.post(f"/admin/advocacy/errand/{errand.pk}/do/again/", {"confirmed": "1"})
    assert (shop_stage.run(timezone.now()), Coupon.objects.get().state) == (1, "assigned")
    coupon = Coupon.objects.get()
    found = desk.get("/admin/advocacy/errand/", {"q": ids.encode("cpn", coupon.public_id)}).content.decode()
    assert "A code of a pool" in found
    page = desk.get(f"/admin/advocacy/errand/{errand.pk}/change/").content.decode()
    assert ("The shop takes the code." in page, f"/admin/rewards/reward/{coupon.reward_id}/" in page) == (True, True)
