import pytest

from advocacy.models import MailWording, Program
from tests.flows.api import secret


@pytest.mark.parametrize(("typed", "kept"), [("shop, gift ,", ["shop", "gift"]), ("", [])])
def test_olga_names_the_metadata_that_rules_may_ask_for(client, olga, program, typed, kept):
    client.force_login(olga)
    Program.objects.update(metadata_keys=["shop", "old"])
    page = f"/admin/advocacy/program/{program.pk}/change/"
    form = client.get(page).context["adminform"].form
    assert 'value="shop, old"' in str(form["metadata_keys"])
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    values = {name: "" if value is None else value for name, value in values.items()} | {"metadata_keys": typed}
    values["name"] = "Friends\x07 of\n\u202eAcme "
    answer = client.post(page, values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    program.refresh_from_db()
    assert (program.name, program.metadata_keys) == ("Friends of Acme", kept)


def test_a_program_says_that_new_customers_cannot_be_told_until_history_is_known(client, olga, acme, program):
    client.force_login(olga)
    page, shop = f"/admin/advocacy/program/{program.pk}/change/", secret(acme)

    def says_so():
        known = shop.get("/programs").json()["data"][0]["new_customers_known"]
        assert ("New customers cannot be recognised yet" in client.get(page).content.decode()) is not known
        return not known

    Program.objects.update(new_customers_only=True)
    assert says_so()
    shop.put("/customers/fred", {"orders_before": 2})
    assert not says_so()
    shop.put("/customers/fred", {"orders_before": 0})
    assert says_so()
    acme.starts_fresh = True
    acme.save()
    assert not says_so()


def test_olga_looks_at_a_mail_with_the_program_s_own_words_and_logo(client, olga, program):
    MailWording.objects.create(program=program, kind="payout", language="de", heading="Geld für {name}")
    Program.objects.update(mail_logo="https://cdn.acme.example/logo.png", mail_kinds=["payout"])
    page = f"/admin/advocacy/mailwording/preview/{program.pk}/?kind=payout&language=de"
    assert client.get(page).status_code == 302
    client.force_login(olga)
    answer = client.get(page)
    said = answer.content.decode()
    assert ("Geld für Alice Miller" in said, "25,00" in said, "This program sends it" in said) == (True, True, True)
    assert 'srcdoc="&lt;!doctype html&gt;\n&lt;html lang=&quot;de&quot;' in said
    assert "img-src 'self' data: https://cdn.acme.example" in answer["Content-Security-Policy"]
