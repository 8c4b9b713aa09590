"""Which pages a browser lets call the API, and the file that those pages load."""

import gzip

import pytest

from advocacy import twins
from tests import cast
from tests.flows.api import Caller, publishable, secret

pytestmark = pytest.mark.django_db
SHOP, TEA, EVIL = "https://acme.example", "https://rival.example", "https://evil.example"


@pytest.fixture
def acme(acme):
    acme.origins = [SHOP]
    acme.save()
    return acme


@pytest.fixture
def rival(rival):
    rival.origins = [TEA]
    rival.save()
    return rival


def preflight(client, origin, **headers):
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"} | headers
    return client.options("/api/v1/clicks", headers=asked)


def test_a_preflight_is_answered_to_registered_origins_only(client, acme, counted):
    before = counted()
    answer = preflight(client, SHOP)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert answer["Access-Control-Allow-Methods"] == "GET, POST"
    assert "Access-Control-Allow-Credentials" not in answer
    for origin in (EVIL, "null", "*", "", SHOP + ".evil.example", "a\0b", "ü" * 5000):
        answer = preflight(client, origin)
        assert answer.status_code == 401
        assert "Access-Control-Allow-Origin" not in answer
        assert "Origin" in answer["Vary"]
    assert counted() == before


def test_a_page_reads_answers_to_its_own_storefront_s_publishable_key_and_no_other(acme, rival, program):
    def allowed(caller, origin, path="/programs"):
        answer = caller.client.get(f"/api/v1{path}", headers=caller._headers()["headers"] | {"Origin": origin})
        assert "Origin" in answer["Vary"]
        return answer.headers.get("Access-Control-Allow-Origin")

    assert allowed(publishable(acme), SHOP) == SHOP
    assert allowed(publishable(acme), TEA) is None
    assert allowed(publishable(acme), EVIL) is None
    assert allowed(secret(acme), SHOP) is None
    # Refused calls say why to whoever may call at all.
    assert allowed(publishable(acme), SHOP, "/customers") == SHOP
    assert allowed(Caller("pk_live_mistyped"), SHOP) == SHOP
    assert allowed(Caller("pk_live_mistyped"), EVIL) is None
    twin = twins.of(acme, at=cast.NOON)
    assert allowed(publishable(twin), SHOP) == SHOP
    assert allowed(publishable(twin), TEA) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Acme.example/, http://localhost:3000", ["https://acme.example", "http://localhost:3000"]),
        ("", []),
        *[(bad, None) for bad in ("*", "null", "acme.example", "http://acme.example", "https://acme.example/shop")],
        *[(bad, None) for bad in ("https://acme.example:443", "https://a b", "https://a.example,https://a.example")],
    ],
)
def test_olga_registers_the_origins_of_a_shop(client, olga, acme, typed, kept):
    client.force_login(olga)
    page = f"/admin/advocacy/storefront/{acme.pk}/change/"
    form = client.get(page).context["adminform"].form
    assert f'value="{SHOP}"' in str(form["origins"])
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    values = {name: "" if value is None else value for name, value in values.items()} | {"origins": typed}
    answer = client.post(page, values)
    acme.refresh_from_db()
    if kept is None:
        assert "origin" in str(answer.context["adminform"].form.errors["origins"])
        assert acme.origins == [SHOP]
    else:
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        assert acme.origins == kept


def test_the_snippet_is_small_and_kept_for_an_hour(client):
    answer = client.get("/advocacy.js", headers={"Accept-Encoding": "br, gzip"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Accept-Encoding" in answer["Vary"]
    assert len(answer.content) < 5000
    plain = client.get("/advocacy.js")
    assert "Content-Encoding" not in plain
    assert gzip.decompress(answer.content) == plain.content
    again = client.get("/advocacy.js", headers={"If-None-Match": plain["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "set-cookie" not in {name.lower() for name in answer.headers}
