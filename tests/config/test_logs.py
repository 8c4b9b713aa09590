"""What the log keeps of a request that carried a code, and of a row that the database refused."""

import pytest
from django.utils.module_loading import import_string

from config.logs import masked
from tests.flows.api import secret


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Not Found: /api/v1/coupons/SUMMER-7QX2/use", "Not Found: /api/v1/coupons/…/use"),
        ('"POST /api/v1/codes/SUM%2FER/validate HTTP/1.1" 200', '"POST /api/v1/codes/…/validate HTTP/1.1" 200'),
        ("/api/v1/coupons/cpn_01JD/use", "/api/v1/coupons/cpn_01JD/use"),
        ("/api/v1/codes/validate /api/v1/coupons/use", "/api/v1/codes/validate /api/v1/coupons/use"),
        ("GET /admin/rewards/coupon/?o=1&q=SUMMER-7QX2&p=2", "GET /admin/rewards/coupon/?o=1&q=…&p=2"),
        (
            "IntegrityError: twice\nDETAIL:  Key (code)=(SUMMER) exists.\n",
            "IntegrityError: twice\nDETAIL: (not kept)\n",
        ),
    ],
)
def test_codes_and_rows_are_masked(line, kept):
    assert masked(line) == kept


@pytest.mark.django_db
def test_a_refused_call_writes_no_code_into_the_log(acme, caplog, settings):
    name = settings.LOGGING["formatters"]["line"]["()"]
    with caplog.at_level("WARNING", logger="django.request"):
        assert secret(acme).post("/codes/SUMMER-7QX2/validate", {}).status_code == 404
    said = [record for record in caplog.records if record.name == "django.request"]
    assert [import_string(name)("%(message)s").format(record) for record in said] == [
        "Not Found: /api/v1/codes/…/validate"
    ]


def test_a_request_for_another_host_is_one_line_of_the_log(client, caplog):
    for path in ("/r/alice-link", "/api/v1/orders"):
        caplog.clear()
        assert client.get(path, HTTP_HOST="evil.example").status_code == 400
        (said,) = [each for each in caplog.records if each.name.startswith("django.security")]
        assert (said.levelname, said.exc_info, "evil.example" in said.getMessage()) == ("WARNING", None, True)
        assert caplog.records == [said]
