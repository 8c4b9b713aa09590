"""The advocates' own codes as coupons of the shop, and where links lead then."""

import pytest
from django.utils import timezone

from advocacy import connections, errands
from advocacy.errands import running
from advocacy.models import Errand
from advocacy.outbox.drain import drain
from config import link_codes
from referrals import links
from referrals import privacy as privacy_parts
from referrals.models import Link, Referral
from rewards.coupons import pools
from tests import cast
from tests.flows import personal_columns as columns
from tests.flows.admin_stage import order
from tests.rewards.shop_stage import open_shop

__all__ = ["open_shop"]


def hear():
    for lane in ("money", "people"):
        while drain(lane, at=timezone.now()):
            pass


def work():
    hear()
    while errands.run_next(at=timezone.now()):
        pass


def test_an_advocates_code_is_a_coupon_while_her_link_leads_somewhere(acme, program, alice, open_shop):
    shop, connection = open_shop(acme, "shopify")
    worth = {"source": "links", "percent_bp": 1000, "most_uses": 50, "connection_id": connection.pk}
    work()
    pools.create(program=program, name="Friends", at=timezone.now(), **worth)
    assert (link_codes.order(at=timezone.now()), link_codes.order(at=timezone.now())) == (1, 0)
    cast.mallory(program)
    work()
    assert [(word, code) for word, code in shop.done] == [("made", "ALICE-LINK"), ("made", "MALLORY-LINK")]
    told = shop.codes[0]
    assert (told["usageLimit"], told["appliesOncePerCustomer"], told["endsAt"]) == (50, True, None)
    assert told["customerGets"]["value"] == {"percentage": 0.1}
    # Who pays with it was brought by her.
    order(acme, coupon_codes=["alice-link"])
    assert (Referral.objects.get().advocate, Referral.objects.get().method) == (alice, "coupon")
    links.set_status(link=Link.objects.get(code="ALICE-LINK"), status="disabled", at=timezone.now())
    work()
    assert (shop.done[-1], Errand.objects.filter(state="done").count()) == (("ended", "ALICE-LINK"), 2)


def errand_of(link):
    return Errand.objects.get(subject=link.public_id)


@pytest.mark.parametrize("platform", ["shopify", "stripe", "woocommerce"])
def test_an_erased_advocates_code_is_ended_in_the_shop_and_kept_only_until_then(acme, program, open_shop, platform):
    shop, connection = open_shop(acme, platform)
    worth = {"source": "links", "percent_bp": 1000, "most_uses": 50, "connection_id": connection.pk}
    pools.create(program=program, name="Friends", at=timezone.now(), **worth)
    alice, mallory = (
        cast.advocate(program, "alice", at=timezone.now()),
        cast.advocate(program, "mallory", at=timezone.now()),
    )
    work()
    link, other = alice.links.get(), mallory.links.get()
    before = link.code
    privacy_parts.erase(alice.customer, at=timezone.now())
    assert "advocacy_errand.former" in columns.holding([before])
    work()
    assert [(word, code.upper()) for word, code in shop.done][2:] == [("ended", before)]
    assert (errand_of(link).former, errand_of(link).state, columns.holding([before])) == (None, "done", {})
    # Given up, or nobody to be asked any more: the name goes all the same.
    privacy_parts.erase(mallory.customer, at=timezone.now())
    hear()
    Errand.objects.filter(pk=errand_of(other).pk).update(tries=len(running.WAITS))
    shop.moods.append((400, {}, {"message": "No", "errors": "No", "error": {"message": "No"}}))
    errands.run_next(at=timezone.now())
    assert (errand_of(other).state, errand_of(other).former) == ("failed", None)
    errands.rename(kind="link_code", subject=other.public_id, former="MALLORY-LINK", at=timezone.now())
    assert errand_of(other).former is not None
    connections.end(connection=connection)
    assert errand_of(other).former is None


@pytest.mark.parametrize(
    "case",
    [
        ("shopify", "https://acme.example/discount/{coupon}?redirect={path}"),
        ("woocommerce", "https://shop.acme.example/{path}?coupon={coupon}"),
        ("stripe", "https://acme.example/welcome?client_reference_id={click_id}"),
    ],
)
def test_links_lead_to_a_platform_by_one_button(client, olga, program, open_shop, case):
    platform, leads_to = case
    client.force_login(olga)
    page = f"/admin/advocacy/program/{program.pk}"
    assert f"do/lead-to-{platform}/" not in client.get(f"{page}/change/").content.decode()
    open_shop(program.storefront, platform, shop="https://shop.acme.example" if platform == "woocommerce" else "")
    assert f"do/lead-to-{platform}/" in client.get(f"{page}/change/").content.decode()
    client.post(f"{page}/do/lead-to-{platform}/", {"confirmed": "1"})
    program.refresh_from_db()
    assert (program.destination, program.link_target) == (leads_to, "destination")
