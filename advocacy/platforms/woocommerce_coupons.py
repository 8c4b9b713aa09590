"""WooCommerce's coupons, found by their code, known as ours by their meta data. An ended one is deleted."""

from datetime import UTC

from advocacy.platforms import woocommerce
from advocacy.platforms.calling import PlatformFailed
from advocacy.platforms.known import Known, decimal, moment, same_currency

_MARK = "advocacy_coupon"


def find(caller, discount):
    # It keeps codes in small letters.
    _, told = woocommerce.ask(caller, "GET", "coupons", query={"code": discount.code.lower(), "per_page": 10})
    same = [each for each in woocommerce.listed(told) if str(each.get("code")).lower() == discount.code.lower()]
    return _known(same[0], discount) if same else None


def _known(told, discount):
    marks = [each for each in told.get("meta_data") or [] if isinstance(each, dict)]
    return Known(
        reference=_id(told),
        ours=any(each.get("key") == _MARK and each.get("value") == discount.name for each in marks),
        active=True,
        used=int(told.get("usage_count") or 0),
        ends_at=moment(told.get("date_expires_gmt")),
    )


def make(caller, discount):
    _, told = woocommerce.ask(caller, "POST", "coupons", body=_fields(discount))
    return _id(told if isinstance(told, dict) else {})


def renew(caller, known, discount):
    woocommerce.ask(caller, "PUT", f"coupons/{known.reference}", body={"date_expires_gmt": _written(discount.ends_at)})


def end(caller, known):
    woocommerce.ask(caller, "DELETE", f"coupons/{known.reference}", query={"force": "true"})


def check(caller, currency):
    _, told = woocommerce.ask(caller, "GET", "data/currencies/current")
    woocommerce.ask(caller, "GET", "coupons", query={"per_page": 1})
    same_currency(caller, currency=currency, shops=str(told.get("code") or "") if isinstance(told, dict) else "")


def _fields(discount):
    percent = discount.percent_bp > 0
    return {
        "code": discount.code.lower(),
        "description": f"{discount.label} · {discount.name}",
        "discount_type": "percent" if percent else "fixed_cart",
        "amount": f"{discount.percent_bp / 100:.2f}" if percent else decimal(discount.amount_minor, discount.currency),
        "minimum_amount": decimal(discount.minimum_minor, discount.minimum_currency) if discount.minimum_minor else "",
        "usage_limit": discount.uses,
        "usage_limit_per_user": 1 if discount.once_per_customer else None,
        "date_expires_gmt": _written(discount.ends_at),
        "meta_data": [{"key": _MARK, "value": discount.name}],
    }


def _written(time):
    return time and f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _id(told):
    if not isinstance(told.get("id"), int):
        raise PlatformFailed("platform_failed", "WooCommerce did not say which coupon it is.", answered=500)
    return str(told["id"])
