"""A program's terms: published once, agreed to, asked for again after a material change, and what waits meanwhile."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.forms import modelform_factory
from django.utils import timezone

from advocacy import ids, merging, privacy, terms, twins
from advocacy.admin.terms_form import DraftForm
from advocacy.jobs import tasks
from advocacy.mails import announcing
from advocacy.models import Advocate, Customer, Event, Job, Mail, Program, ProgramTerms, TermsAcceptance
from advocacy.outbox.drain import drain
from advocacy.refusals import Conflict, Refused
from rewards import adjustments
from rewards.payouts import gathering
from tests import cast, pages_stage
from tests.flows.api import publishable, secret
from tests.flows.portal.stage import address, seen
from tests.flows.test_api_customer_tokens import signed, widget  # noqa: F401 - fixtures
from tests.mailed import mailed
from tests.rewards import payouts_stage

pytestmark = pytest.mark.django_db
ENGLISH, GERMAN = "Be kind <b>to friends</b>.", "Sei nett zu Freunden."


def write(program, *, material=True, summary="", at=None):
    words = {
        "en": {"text": ENGLISH, "address": "", "summary": summary},
        "de": {"text": GERMAN, "address": "", "summary": ""},
    }
    at = at or timezone.now()
    columns = {"words": words, "material": material, "written_at": at}
    return ProgramTerms.objects.create(storefront=program.storefront, program=program, **columns)


def published(program, **said):
    row = terms.publish(terms=write(program, **said), by="olga", at=said.get("at") or timezone.now())
    program.refresh_from_db()
    return row


def facts(name):
    return [event.facts for event in Event.objects.filter(type=name).order_by("pk")]


def written_in_the_admin(client, program, browser):
    """Version 1, written by olga, looked at, published; as a browser reads it."""
    boxes = {f"{part}_{code}": "" for part in ("text", "address", "summary") for code in ("en", "de")}
    draft = boxes | {"program": program.pk, "material": "on", "text_en": ENGLISH, "text_de": GERMAN}
    assert "at least one language" in client.post("/admin/advocacy/programterms/add/", draft | boxes).content.decode()
    client.post("/admin/advocacy/programterms/add/", draft)
    first = ProgramTerms.objects.get()
    assert "to friends" in client.get(f"/admin/advocacy/programterms/{first.pk}/preview/en/").content.decode()
    question = client.get(publishing(first))
    assert "0 advocates are asked" in question.content.decode()
    # Otto corrects the draft and publishes it by another window, while olga's stands open.
    client.post(f"/admin/advocacy/programterms/{first.pk}/change/", draft | {"text_de": GERMAN + " Ja."})
    seen_before = {"confirmed": "1", "read": question.context["form"]["read"].value()}
    assert "changed this draft meanwhile" in client.post(publishing(first), seen_before).content.decode()
    client.post(f"/admin/advocacy/programterms/{first.pk}/change/", draft)
    assert client.post(publishing(first), seen_before).status_code == 302
    late = modelform_factory(ProgramTerms, DraftForm, fields=["material"])(draft, instance=first)
    assert "published this draft meanwhile" in str(late.errors)
    said = browser.get("/programs/friends/terms").json()
    assert (said["number"], said["is_current"], said["languages"]["de"]["text"]) == (1, True, GERMAN)
    assert said["id"] == browser.get("/terms").json()["data"][0]["id"]
    return said


def publishing(row):
    return f"/admin/advocacy/programterms/{row.pk}/do/publish/"


def join(shop):
    """alice agrees to the version that stands there; berta says nothing. Both may share."""
    enrol = {"program": "friends", "customer": {"external_id": "alice", "email": "alice@example.com", "name": "Alice"}}
    wrong = shop.post("/advocates", enrol | {"terms_accepted": {"version": 2}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "terms_not_current")
    early = {"version": 1, "at": (timezone.now() - timedelta(days=1)).isoformat()}
    assert shop.post("/advocates", enrol | {"terms_accepted": early}).json()["code"] == "accepted_too_early"
    assert not Advocate.objects.exists()
    enrol |= {"code": "ALICE", "terms_accepted": {"version": 1, "language": "de"}}
    alice = shop.post("/advocates", enrol).json()
    assert (alice["terms_accepted"]["version"], alice["terms_needed"]) == (1, None)
    enrol = {"program": "friends", "customer": {"external_id": "berta", "name": "berta"}, "code": "BERTA"}
    berta = shop.post("/advocates", enrol).json()
    assert (berta["terms_accepted"], berta["terms_needed"]) == (None, 1)
    (noted,) = shop.get("/terms_acceptances").json()["data"]
    assert (noted["advocate"], noted["version"], noted["source"], noted["language"]) == (alice["id"], 1, "api", "de")
    return alice, berta


def earn(acme, program):
    """Each of them 25.00 EUR in cash, berta 5.00 more by hand; of her, who never agreed, the payout waits."""
    payouts_stage.cash_rule(program)
    policy = payouts_stage.policy_of(acme)
    for name in ("alice", "berta"):
        payouts_stage.payee_of(Customer.objects.get(external_id=name), at=cast.LONG_AGO)
        pages_stage.buys(acme, f"friend-of-{name}", name.upper())
    pages_stage.settle()
    said = {"program": program, "form": "cash", "amount_minor": 500, "reason": "Sorry", "at": timezone.now()}
    adjustments.give(customer=Customer.objects.get(external_id="berta"), **said)
    batch = gathering.gather(policy=policy, at=timezone.now())
    assert (batch.total_minor, payouts_stage.waiting(batch)) == (2500, {"berta": "terms_not_accepted"})
    return policy


def change(client, program):
    """A material change by olga: she reads what it does, and it is mailed once."""
    Program.objects.update(mail_kinds=["terms"])
    draft = write(program, summary="Payouts <now> from €25 on.")
    asked = client.get(publishing(draft)).content.decode()
    assert "2 advocates are asked" in asked
    assert "€55.00 of theirs would be paid out and waits." in asked
    assert "A mail goes to each" in asked
    client.post(publishing(draft), {"confirmed": "1"})
    while drain("out", at=timezone.now()):
        pass
    (mail,) = mailed()  # berta has no address
    assert (mail.to, mail.subject) == (["alice@example.com"], "Please agree to the terms of Friends of Acme")
    assert "Payouts <now> from €25 on." in mail.body


def read_and_agree(client, policy):
    """alice reads why her payout waits, and what changed; the box is not ticked for her."""
    row = Advocate.objects.get(code="ALICE")
    client.force_login(pages_stage.user_of(row))
    assert "Payouts wait until you agree." in seen(client, address(row))
    page = seen(client, address(row, "rewards/"))
    assert "€50.00" in page
    assert "Accept the program’s new terms" in page
    # Of her friends she reads nothing that is theirs.
    shown = seen(client, address(row)) + page
    assert [word for word in ("friend-of-alice", "order of", "tom@", "zoe") if word in shown] == []
    page = seen(client, address(row, "terms/"))
    assert "Payouts &lt;now&gt; from €25 on." in page
    assert "checked" not in page
    assert GERMAN in seen(client, address(row, "terms/"), "de")
    assert client.post(address(row, "terms/"), {"version": 3}).status_code == 422
    stale = client.post(address(row, "terms/"), {"version": 2, "agreed": "on"})
    assert (stale.status_code, "changed a moment ago" in stale.content.decode()) == (422, True)
    with pytest.raises(gathering.NothingToPay, match="2 for terms_not_accepted"):
        gathering.gather(policy=policy, at=timezone.now())
    assert client.post(address(row, "terms/"), {"version": 3, "agreed": "on"}).status_code == 302
    assert "Payouts wait" not in seen(client, address(row))


def test_from_joining_over_new_terms_to_a_paid_payout(client, acme, program, olga):
    shop = secret(acme)
    assert shop.get("/programs/friends/terms").json()["code"] == "unknown_terms"
    client.force_login(olga)
    first = written_in_the_admin(client, program, publishable(acme))
    alice, berta = join(shop)
    policy = earn(acme, program)
    # A small correction asks nobody; and whatever is asked, both go on sharing and earning.
    published(program, material=False)
    assert shop.get(f"/advocates/{alice['id']}").json()["terms_needed"] is None
    pages_stage.buys(acme, "tom", "ALICE")
    pages_stage.settle()
    change(client, program)
    pages_stage.buys(acme, "zoe", "ALICE")
    pages_stage.settle()
    told = shop.get("/orders/order of tom/explain").json()
    assert told["conversions"][0]["rewards"][0]["payout_waits_for"] == "terms_not_accepted"
    assert "not paid out before they agree to the terms" in told["summary"]
    read_and_agree(client, policy)
    batch = payouts_stage.exported(policy, at=timezone.now())
    assert (batch.total_minor, payouts_stage.said(batch, at=timezone.now(), n2="paid")) == (5000, 1)
    # For berta the shop says it; said again it is what was noted.
    told = {"version": 3, "source": "import"}
    assert [shop.post(f"/advocates/{berta['id']}/terms", told).status_code for _ in range(2)] == [201, 200]
    assert gathering.gather(policy=policy, at=timezone.now()).total_minor == 3000
    listed = shop.get("/terms_acceptances", program="friends", source="portal").json()["data"]
    assert [(each["version"], each["language"]) for each in listed] == [(3, "en")]
    assert shop.get("/terms_acceptances", advocate=berta["id"]).json()["data"][0]["source"] == "import"
    assert [fact["number"] for fact in facts("terms.published")] == [1, 2, 3]
    accepted = [(fact["number"], fact["source"]) for fact in facts("terms.accepted")]
    assert accepted == [(1, "api"), (3, "portal"), (3, "import")]
    assert "newer version" in seen(client, f"/terms/{first['id']}")


def test_who_joins_in_the_portal_reads_the_terms_and_ticks_the_box(client, acme, program, rival):
    fred = cast.fred(acme)
    client.force_login(pages_stage.user(fred.email))
    join = f"/portal/join/{ids.encode('prg', program.public_id)}/"
    assert client.get(join).status_code == 404
    Program.objects.update(open_in_portal=True)
    published(program)
    assert join in seen(client, "/portal/")
    page = seen(client, join)
    assert "Be kind &lt;b&gt;to friends" in page
    assert "checked" not in page
    sent = {"display_name": "Fred", "version": 1}
    answer = client.post(join, sent)
    assert (answer.status_code, "Tick the box" in answer.content.decode()) == (422, True)
    assert not Advocate.objects.exists()
    assert client.post(join, sent | {"agreed": "on"}).status_code == 302
    made = TermsAcceptance.objects.get()
    assert (made.advocate.display_name, made.source, made.language) == ("Fred", "portal", "en")
    # Another shop's program is not theirs to join.
    other = cast.program(rival, open_in_portal=True)
    assert client.get(f"/portal/join/{ids.encode('prg', other.public_id)}/").status_code == 404


def test_staff_note_the_version_that_they_were_shown_and_widgets_only_what_was_ticked_now(
    client,
    olga,
    alice,
    signed,  # noqa: F811
    widget,  # noqa: F811
):
    url = f"/admin/advocacy/advocate/{alice.pk}/do/agreed-to-terms/"
    client.force_login(olga)
    for version in (1, 2):
        published(alice.program)
        said = {"confirmed": "1", "reason": "on paper", "version": "1", "agreed_at_0": "", "agreed_at_1": ""}
        client.post(url, said)
        assert TermsAcceptance.objects.values_list("terms__number", "source").get() == (1, "admin"), version
    for forged in ({"source": "admin"}, {"at": "2026-01-01T00:00:00Z"}):
        call = {"terms_accepted": {"version": 2, **forged}}
        assert widget("post", "/me/advocates", signed(external_id="fred"), call).status_code == 422
    assert not Customer.objects.filter(external_id="fred").exists()


def test_a_widget_shows_the_terms_in_the_customers_language_and_notes_that_they_agreed(alice, signed, widget):  # noqa: F811
    token = signed(external_id="alice")
    assert widget("get", "/me/terms", token).json()["code"] == "unknown_terms"
    published(alice.program)
    Customer.objects.filter(pk=alice.customer_id).update(locale="de-AT")
    shown = widget("get", "/me/terms", token).json()
    assert (shown["version"], shown["language"], shown["text"]) == (1, "de", GERMAN)
    assert (shown["agreed"], shown["agreed_at"], shown["payouts_wait"]) == (False, None, True)
    agreed = widget("post", "/me/terms", token, {"version": 1})
    assert (agreed.status_code, agreed.json()["agreed"], agreed.json()["payouts_wait"]) == (200, True, False)
    assert widget("post", "/me/terms", token, {"version": 1}).json() == agreed.json()
    made = TermsAcceptance.objects.get()
    assert (made.advocate, made.source, made.language) == (alice, "snippet", "de")
    published(alice.program)
    refused = widget("post", "/me/terms", token, {"version": 3})
    assert (refused.status_code, refused.json()["code"]) == (409, "terms_not_current")
    assert widget("get", "/me/terms", token).json()["agreed"] is False
    cast.fred(alice.storefront)
    assert widget("get", "/me/terms", signed(external_id="fred")).json()["code"] == "unknown_advocate"


def test_nobody_agrees_to_what_is_no_longer_current_also_who_did_before(program, alice):
    published(program)
    once = {"advocate": alice, "version": 1, "source": "portal", "language": "pt-BR", "at": timezone.now()}
    agreed, _ = terms.accept(**once)
    assert agreed.language == "pt-br"  # in the shop's own words, though we speak none
    assert terms.accept(**once) == (agreed, False)
    published(program)
    with pytest.raises(Refused, match="show version 2"):
        terms.accept(**once)
    with pytest.raises(Refused, match="language is written such as"):
        terms.accept(**once | {"version": 2, "language": "Portuguese, of Brazil"})


def test_what_was_published_or_agreed_to_is_never_changed(program, alice):
    row = published(program)
    terms.accept(advocate=alice, version=1, source="admin", at=timezone.now())
    acceptances = TermsAcceptance.objects.all()
    for change in (
        lambda: ProgramTerms.objects.update(material=False),
        lambda: ProgramTerms.objects.filter(pk=row.pk)._raw_delete("default"),
        lambda: acceptances.update(source="portal"),
        lambda: acceptances._raw_delete("default"),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
    with pytest.raises(Conflict):
        terms.publish(terms=row, by="olga", at=timezone.now())
    draft = write(program)
    draft.words = {}
    draft.save()
    with pytest.raises(Refused, match="Write the terms"):
        terms.publish(terms=draft, by="olga", at=timezone.now())


def test_numbers_that_a_shop_named_before_are_not_used_again(program):
    with pytest.raises(Refused):
        cast.advocate(program, "mallory", terms_version=10_001)
    said = cast.advocate(program, terms_version=4, terms_accepted_at=cast.NOON)
    assert published(program, material=False).number == 5
    assert terms.missing([Advocate.objects.get(pk=said.pk)]) == set()


def test_terms_are_read_where_the_links_of_their_storefront_live_now(client, olga, acme, program, settings):
    settings.ALLOWED_HOSTS = ["*"]
    published(program)
    client.force_login(olga)
    page = f"/admin/advocacy/storefront/{acme.pk}/change/"
    form = client.get(page).context["adminform"].form
    said = {name: "" if value is None else value for name, value in form.initial.items()}
    answer = client.post(page, said | {"origins": "", "link_domain": "go.acme.example"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    program.refresh_from_db()
    assert program.terms_url.startswith("https://go.acme.example/terms/trm_")


def test_of_merged_records_either_ones_agreement_counts_until_they_are_parted(acme, program):
    published(program)
    alice, ally = cast.alice(program), cast.advocate(program, "ally")
    terms.accept(advocate=ally, version=1, source="portal", at=timezone.now())
    at = timezone.now()
    merge, _ = merging.merge(survivor=alice.customer, merged=ally.customer, source="api", at=at)
    rows = Advocate.objects.select_related("program")
    assert terms.missing(rows) == set()
    merging.undo(merge=merge, reason="Two people", at=at)
    assert terms.missing(rows) == {alice.pk}


def test_a_person_takes_along_what_they_agreed_to_and_an_erasure_leaves_no_one_in_it(acme, program):
    published(program)
    alice = cast.alice(program, terms_version=1, at=timezone.now())
    (told,) = privacy.export(customer=alice.customer, at=timezone.now())["terms"]
    assert (told["program"], told["number"], told["source"]) == ("Friends of Acme", 1, "api")
    names = {field.name for field in TermsAcceptance._meta.fields}
    assert names == {
        "id",
        "public_id",
        "storefront",
        "advocate",
        "terms",
        "source",
        "language",
        "at",
        "recorded_at",
    } | {"version"}


def test_who_agreed_before_the_mail_left_gets_none_nor_does_who_is_asked_for_a_newer_version(program, alice):
    Program.objects.update(mail_kinds=["terms"])
    for agrees in (False, True):
        number = published(program).number
        while drain("out", at=timezone.now()):
            pass
        if agrees:
            terms.accept(advocate=alice, version=number, source="portal", at=timezone.now())
    assert mailed() == []
    assert list(Mail.objects.order_by("pk").values_list("state", "reason")) == [("stopped", "too_late")] * 2


def test_a_test_twin_begins_with_the_terms_of_its_storefront(acme, program):
    published(program)
    twin = twins.of(acme, at=cast.NOON)
    copy = twin.programs.get()
    assert (copy.terms_version, copy.terms_needed) == (1, 1)
    made = terms.accept(advocate=cast.alice(copy), version=1, source="snippet", at=timezone.now())[0]
    assert copy.terms_url.endswith(ids.encode("trm", made.terms.public_id))


@pytest.mark.parametrize(
    ("agreed", "needed", "joined_at", "waits"),
    [
        (None, 0, 0, False),  # no terms
        (None, 0, 1, True),  # joined without a word
        (1, 0, 1, False),
        (1, 2, 1, True),  # a material change since
        (2, 2, 1, False),
        (3, 2, 1, False),
        (None, 0, 3, True),
        (2, 2, 3, True),  # told by an import, of an older version
    ],
)
def test_a_payout_waits_for_the_newest_material_version_or_that_of_joining(alice, agreed, needed, joined_at, waits):
    alice.terms_version, alice.terms_floor, alice.program.terms_needed = agreed, joined_at, needed
    assert bool(terms.missing([alice])) is waits


def test_new_terms_are_mailed_to_each_of_very_many_once_by_a_job(acme, monkeypatch):
    monkeypatch.setattr(announcing, "AT_ONCE", 2)
    program = cast.program(acme, mail_kinds=["terms"])
    people = [cast.advocate(program, f"advocate{number}").customer_id for number in range(5)]
    Advocate.objects.filter(customer=people[3]).update(status="banned")
    published(program)
    drain("out", at=timezone.now())
    mails = Mail.objects.filter(kind="terms").order_by("pk")
    assert list(mails.values_list("customer", flat=True)) == people[:2]
    job = Job.objects.get()
    tasks.work(job.pk)
    # As if a worker had died before its steps were noted.
    Job.objects.update(state="waiting", cursor={}, ended_at=None, result=None)
    tasks.work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.result) == ("done", 4, {"asked": 4})
    assert list(mails.values_list("customer", flat=True)) == [*people[:3], people[4]]
