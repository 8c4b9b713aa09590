"""Shopify's discount codes: each a basic discount of its own, found by its code, known as ours by its title."""

from advocacy.platforms import shopify_graphql as graphql
from advocacy.platforms.calling import PlatformFailed
from advocacy.platforms.known import Known, decimal, moment, same_currency

SCOPES = ("read_discounts", "write_discounts")
_FIND = """
query Find($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount {
      __typename
      ... on DiscountCodeBasic { title status asyncUsageCount endsAt }
    }
  }
}"""
_MAKE = """
mutation Make($discount: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}"""
_RENEW = """
mutation Renew($id: ID!, $discount: DiscountCodeBasicInput!) {
  discountCodeBasicUpdate(id: $id, basicCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}"""
_END = """
mutation End($id: ID!) {
  discountCodeDeactivate(id: $id) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}"""


def find(caller, discount):
    node = graphql.inside(graphql.ask(caller, _FIND, code=discount.code), "codeDiscountNodeByCode")
    if node is None:
        return None
    told = graphql.inside(node, "codeDiscount") or {}
    return Known(
        reference=_id(node),
        ours=str(told.get("title") or "").endswith(discount.name),
        active=told.get("status") in ("ACTIVE", "SCHEDULED"),
        used=int(told.get("asyncUsageCount") or 0),
        ends_at=moment(told.get("endsAt")),
    )


def make(caller, discount):
    done = graphql.do(caller, _MAKE, discount=_input(discount))
    return _id(graphql.inside(done, "codeDiscountNode") or {})


def renew(caller, known, discount):
    """A time that is not over makes it good again."""
    times = {"startsAt": discount.starts_at.isoformat(), "endsAt": _written(discount.ends_at)}
    graphql.do(caller, _RENEW, id=known.reference, discount=times)


def end(caller, known):
    graphql.do(caller, _END, id=known.reference)


def check(caller, currency):
    same_currency(caller, currency=currency, shops=graphql.check(caller, scopes=SCOPES))


def _input(discount):
    told = {
        "title": f"{discount.label} · {discount.name}",
        "code": discount.code,
        "startsAt": discount.starts_at.isoformat(),
        "endsAt": _written(discount.ends_at),
        "usageLimit": discount.uses,
        "appliesOncePerCustomer": discount.once_per_customer,
        "context": {"all": "ALL"},
        "customerGets": {"value": _value(discount), "items": {"all": True}},
    }
    if discount.minimum_minor:
        least = decimal(discount.minimum_minor, discount.minimum_currency)
        told["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": least}}
    return told


def _value(discount):
    if discount.percent_bp:
        return {"percentage": discount.percent_bp / 10_000}
    amount = decimal(discount.amount_minor, discount.currency)
    return {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}


def _written(time):
    return time and time.isoformat()


def _id(node):
    found = node.get("id")
    if not isinstance(found, str) or not found:
        raise PlatformFailed("platform_failed", "Shopify did not say which discount it is.", answered=500)
    return found
