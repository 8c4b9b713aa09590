"""Who sees what. Nobody without permission, and nobody at all edits what happened."""

import re
from pathlib import Path

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse

from advocacy.models import Advocate, Event
from config import why
from rewards.models import Rule
from tests.flows.admin_stage import order, otto, rule, rule_form
from tests.mailed import mailed

READ_ONLY = [
    "advocacy.event",
    "advocacy.customer",
    "advocacy.pending",
    "advocacy.delivery",
    "referrals.order",
    "referrals.referral",
    "rewards.reward",
    "rewards.coupon",
    "rewards.decision",
    "advocacy.job",
    "rewards.account",
    "rewards.transfer",
    "rewards.payout",
    "rewards.payoutbatch",
    "admin.logentry",
]
LISTS = sorted(
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
)


def test_nobody_is_sent_to_the_site_s_own_login(client, db):
    for address in [*LISTS, "/admin/", "/admin/why/?q=1001", "/admin/rewards/rule/in-words/"]:
        first = client.get(address)
        assert first["Location"].startswith("/admin/login/"), address
        assert client.get(first["Location"])["Location"].startswith("/accounts/login/"), address


def test_staff_without_a_permission_are_refused(client, db):
    client.force_login(otto())
    for address in [*LISTS, "/admin/why/?q=1001", "/admin/rewards/rule/in-words/"]:
        assert client.get(address).status_code == 403, address


def test_staff_without_a_permission_see_no_number_and_no_way(client, acme, alice):
    order(acme, referral_code=alice.code)
    client.force_login(otto())
    page = client.get("/admin/").content.decode()
    assert "Acme" not in page
    assert not [address for address in LISTS if f'href="{address}"' in page]


def test_why_opens_for_who_has_the_six_rights_of_the_guide_and_for_nobody_with_less(client, db):
    guide = (Path(__file__).parents[2] / "docs/admin.md").read_text()
    (row,) = re.findall(r"answer customers .*\| view (.*) \|", guide)
    assert sorted(right.rpartition("view_")[2] for right in why.MAY_SEE) == sorted(row.split(", "))
    person = otto(*why.MAY_SEE)
    client.force_login(person)
    assert client.get("/admin/why/?q=1001").status_code == 200
    assert 'href="/admin/why/"' in client.get("/admin/").content.decode()
    for right in person.user_permissions.all():
        person.user_permissions.remove(right)
        assert client.get("/admin/why/?q=1001").status_code == 403, right
        person.user_permissions.add(right)


def test_who_may_look_may_not_act(client, alice, program):
    client.force_login(otto("advocacy.view_advocate", "rewards.view_rule"))
    page = f"/admin/advocacy/advocate/{alice.pk}"
    assert "/do/ban/" not in client.get(f"{page}/change/").content.decode()
    assert client.post(f"{page}/do/ban/", {"confirmed": "1", "reason": "x"}).status_code == 403
    chosen = {"action": "ban", "_selected_action": [alice.pk], "confirmed": "1", "reason": "x"}
    client.post("/admin/advocacy/advocate/", chosen)
    assert Advocate.objects.get().status == "active"
    assert client.post("/admin/rewards/rule/add/", rule_form(program)).status_code == 403
    assert not Rule.objects.exists()


def test_what_happened_is_edited_by_nobody(client, olga, acme, alice):
    rule(alice.program)
    order(acme, referral_code=alice.code)
    client.force_login(olga)
    before = Event.objects.count()
    for name in READ_ONLY:
        app, model = name.split(".")
        pages = reverse(f"admin:{app}_{model}_changelist")
        assert client.post(f"{pages}add/", {}).status_code == 403, name
        row = apps.get_model(name).objects.first()
        if row is not None:
            assert client.post(f"{pages}{row.pk}/change/", {}).status_code == 403, name
            assert client.post(f"{pages}{row.pk}/delete/", {"post": "yes"}).status_code == 403, name
        client.post(pages, {"action": "delete_selected", "_selected_action": [1], "post": "yes"})
        assert Event.objects.count() == before, name


def test_staff_who_keep_the_staff_list_cannot_raise_themselves(client, db, olga):
    person = otto("auth.view_user", "auth.change_user")
    client.force_login(person)
    fields = {"email": person.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client.post(f"/admin/auth/user/{person.pk}/change/", fields)
    person.refresh_from_db()
    assert person.is_superuser is False
    assert client.post(f"/admin/auth/user/{olga.pk}/password/", {}).status_code == 403
    assert client.post(f"/admin/auth/user/{olga.pk}/do/forget-second-factor/", {"confirmed": "1"}).status_code == 403


def test_a_colleague_is_added_by_their_address(client, olga):
    client.force_login(olga)
    secret = "a long enough password"
    client.post(
        "/admin/auth/user/add/",
        {"email": "Ida@Example.com", "password1": secret, "password2": secret, "usable_password": "true"},
    )
    assert User.objects.get(email="ida@example.com").username == "ida@example.com"


def test_pages_of_the_admin_load_and_send_only_here(client, olga):
    client.force_login(olga)
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "nonce" not in policy


def test_olga_signs_in_with_her_address_and_password(client, olga):
    """The first time a code shows that the address is hers."""
    cache.clear()
    login = client.get("/admin/rewards/rule/", follow=True)
    door = login.redirect_chain[-1][0]
    wrong = client.post(door, {"login": "olga@example.com", "password": "not olgas password"})
    assert wrong.status_code == 200
    asked = client.post(door, {"login": "olga@example.com", "password": "olgas long password"}, follow=True)
    assert "A code was mailed to olga@example.com. It shows that the address is yours" in asked.content.decode()
    told = mailed()[-1]
    assert told.subject == "Your sign-in code"
    assert "This code shows that the address is yours; it is asked for once." in told.body
    assert not re.search("register|confirm|verif", f"{told.body}{told.alternatives[0][0]}".lower())
    code = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", told.body, re.MULTILINE)[1]
    sent = client.post("/accounts/confirm-email/", {"code": code, "next": "/admin/rewards/rule/"}, follow=True)
    assert (sent.status_code, sent.redirect_chain[-1][0]) == (200, "/admin/rewards/rule/")


def test_only_the_way_to_the_admin_asks_for_a_password(client, db):
    assert 'type="password"' in client.get("/accounts/login/?next=/admin/").content.decode()
    assert 'type="password"' not in client.get("/accounts/login/").content.decode()
    assert 'type="password"' not in client.get("/accounts/login/?next=/portal/").content.decode()
