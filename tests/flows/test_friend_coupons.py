"""A code of their own for each friend who asks for one on the page of a link."""

import re

from django.test import Client
from django.utils import timezone

from advocacy import errands, twins
from advocacy.models import Program
from referrals.models import Referral
from rewards import audit
from rewards.coupons import codes, ending, friends, making, pools, uploading
from rewards.models import Coupon
from tests.cast import DAY
from tests.flows.admin_stage import order
from tests.flows.test_link_codes import work
from tests.rewards.shop_stage import open_shop

__all__ = ["open_shop"]
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
SHOPIFY = "https://acme.example/discount/{coupon}?redirect={path}"


def pool_of(program, **columns):
    fields = {"percent_bp": 1000, "expiry_days": 30} | columns
    return pools.create(program=program, name="For friends", at=timezone.now(), **fields)[0]


def ask(browser, path="/r/ALICE-LINK"):
    """Open the link, press the button: ``(code or "", address of the shop)``."""
    page = browser.get(path, headers=FIREFOX, follow=True).content.decode()
    there = re.search(r'<form class="act" method="post" action="([^"]+)"', page)[1].replace("&amp;", "&")
    page = browser.post(there, headers=FIREFOX).content.decode()
    code, shop = re.search(r'id="code">([^<]+)', page), re.search(r'class="button big" href="([^"]+)"', page)
    return code[1] if code else "", shop[1]


def test_each_friend_gets_one_code_that_brings_them_though_they_never_sign_up(program, alice, acme, open_shop):
    shop, connection = open_shop(acme, "shopify")
    Program.objects.filter(pk=program.pk).update(destination=SHOPIFY, link_target="destination")
    pool = pool_of(program, source="in_shop", connection_id=connection.pk)
    work()
    straight = Client().get("/r/ALICE-LINK", headers=FIREFOX)["Location"]
    assert straight.startswith("https://acme.example/discount/ALICE-LINK?")
    friends.give(pool=pool, at=timezone.now())
    fred, gina = Client(), Client()
    assert ask(fred)[0] == ""
    assert making.order(at=timezone.now()) == friends.STOCK
    while errands.run_next(at=timezone.now()):
        pass
    assert {each["endsAt"] for each in shop.codes} == {None}
    # Looking uses up nothing; one friend gets one, whatever they press and however often they come.
    fred.get("/r/ALICE-LINK", headers=FIREFOX, follow=True)
    assert Coupon.objects.filter(state="handed").count() == 0
    [(mine, there), (again, _), (hers, _)] = ask(fred), ask(fred), ask(gina)
    assert (mine, there.partition("?")[0]) == (again, f"https://acme.example/discount/{mine}")
    assert (mine != hers, Coupon.objects.filter(state="handed").count()) == (True, 2)
    assert fred.get("/a/ALICE-LINK/coupon").status_code == 302
    while errands.run_next(at=timezone.now()):
        pass
    assert sum(each["endsAt"] is not None for each in shop.codes) == 2
    # Paid with it, and nothing else is known: alice brought them. Used, there is no other.
    order(acme, coupon_codes=[mine.lower()])
    work()
    assert (Referral.objects.get().advocate, Referral.objects.get().method) == (alice, "coupon")
    assert (ask(fred)[0], Coupon.objects.get(fingerprint=codes.fingerprint(mine)).state) == ("", "used")
    # gina's is ended in the shop when its time is over.
    over = timezone.now() + 31 * DAY
    assert (ending.expire(at=over), errands.run_next(at=over)) == (1, True)
    assert shop.done[-1] == ("ended", hers)
    assert list(audit.differences()) == []


def test_unused_codes_that_were_uploaded_go_back_into_stock(program, alice, client):
    pool, now = pool_of(program), timezone.now()
    uploading.numbered(pool=pool, lines=[(2, "SUMMER-7QX2")], at=now)
    friends.give(pool=pool, at=now)
    fred, gina = Client(), Client()
    assert (ask(fred)[0], ask(gina)[0]) == ("SUMMER-7QX2", "")
    assert ending.expire(at=now + 31 * DAY) == 1
    assert (Coupon.objects.get().state, list(audit.differences())) == ("free", [])
    assert ask(gina)[0] == "SUMMER-7QX2"


def test_one_network_gets_so_many_a_day(program, alice, monkeypatch):
    monkeypatch.setattr(friends, "MOST_A_DAY", 2)
    friends.give(pool=pool_of(program, source="generated"), at=timezone.now())
    [one, two, three] = [ask(Client())[0] for _ in range(3)]
    assert (one != two, two == three) == (True, True)
    # A test twin gives codes of its own pool.
    twin = twins.of(program.storefront, at=timezone.now())
    theirs = Program.objects.get(storefront=twin)
    assert pools.CouponPool.objects.get(public_id=theirs.friends_pool).program == theirs


def test_a_pool_is_given_to_friends_by_one_button(client, olga, program):
    client.force_login(olga)
    pool = pool_of(program, source="generated")
    page = f"/admin/rewards/couponpool/{pool.pk}"
    client.post(f"{page}/do/give-to-friends/", {"confirmed": "1"})
    program.refresh_from_db()
    assert (program.friends_pool, "Yes, to who asks" in client.get(f"{page}/change/").content.decode()) == (
        pool.public_id,
        True,
    )
    client.post(f"{page}/do/give-to-no-friend/", {"confirmed": "1"})
    program.refresh_from_db()
    assert program.friends_pool is None
