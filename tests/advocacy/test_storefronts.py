import pytest
from django.core.exceptions import ValidationError

from advocacy.models import Storefront
from referrals import orders
from tests import cast
from tests.cast import NOON


def refused(storefront, **changes):
    """The words said of each column when an admin saves these."""
    changed = Storefront.objects.get(pk=storefront.pk)
    for column, value in changes.items():
        setattr(changed, column, value)
    try:
        changed.full_clean()
    except ValidationError as refusal:
        return refusal.message_dict
    return {}


def test_currency_and_days_are_free_until_something_was_counted_by_them(acme, rival):
    cast.alice(cast.program(rival))
    assert refused(acme, currency="USD", time_zone="Europe/Berlin") == {}
    assert list(refused(rival, currency="USD", time_zone="Europe/Berlin")) == ["time_zone"]


def test_after_the_first_order_they_stay(acme):
    orders.record(storefront=acme, orders=[cast.order()], at=NOON)
    assert refused(acme, currency="USD", time_zone="Europe/Berlin", name="Acme Tea") == {
        "currency": ["It stays as it is: orders were added up by it."],
        "time_zone": ["It stays as it is: days were counted by it."],
    }
    assert refused(acme, name="Acme Tea") == {}
    assert set(acme.fixed()) == {"currency", "time_zone"}


@pytest.mark.parametrize(("served", "says"), [(["base.example"], True), (["go.acme.example"], False), (["*"], False)])
def test_a_link_domain_that_is_not_served_is_refused(acme, settings, served, says):
    settings.ALLOWED_HOSTS = served
    assert ("link_domain" in refused(acme, link_domain="go.acme.example")) is says
