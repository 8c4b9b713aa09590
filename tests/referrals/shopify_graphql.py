"""What Shopify's GraphQL Admin API answers to the questions that are asked of it, with its limits and refusals."""

_DENIED = {"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes"}


def answer(shop, body):
    """``(status, headers, document)``"""
    query, said = body["query"], body["variables"]
    for field, told in _FIELDS.items():
        if f"{field}(" in query or f"{{ {field} {{" in query:
            return told(shop, said)
    raise AssertionError(query)


def throttled(*, cost=12, left=2, per_second=5):
    status = {"maximumAvailable": 2000, "currentlyAvailable": left, "restoreRate": per_second}
    told = {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": status}
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return 200, {}, {"errors": errors, "extensions": {"cost": told}}


def denied(scope):
    said = {"message": f"Access denied. Required access: `{scope}` access scope.", "path": ["x"]}
    return 200, {}, {"errors": [said | {"extensions": _DENIED | {"requiredAccess": f"`{scope}` access scope."}}]}


def _done(name, answered, *problems):
    return 200, {}, {"data": {name: answered | {"userErrors": list(problems)}}}


def _about(shop, _):
    scopes = [{"handle": scope} for scope in shop.scopes]
    data = {"shop": {"currencyCode": shop.currency}, "currentAppInstallation": {"accessScopes": scopes}}
    return 200, {}, {"data": data}


def _find(shop, said):
    found = next((each for each in shop.codes if each["code"] == said["code"].upper()), None)
    if found is None:
        return 200, {}, {"data": {"codeDiscountNodeByCode": None}}
    told = {name: found[name] for name in ("title", "status", "asyncUsageCount", "endsAt")}
    told |= {"__typename": "DiscountCodeBasic"}
    return 200, {}, {"data": {"codeDiscountNodeByCode": {"id": found["id"], "codeDiscount": told}}}


def _make(shop, said):
    wanted = said["discount"]
    if any(each["code"] == wanted["code"] for each in shop.codes):
        problem = {"field": ["basicCodeDiscount", "code"], "code": "TAKEN", "message": "Code must be unique."}
        return _done("discountCodeBasicCreate", {"codeDiscountNode": None}, problem)
    name = f"gid://shopify/DiscountCodeNode/{len(shop.codes) + 1}"
    shop.codes.append(wanted | {"id": name, "status": "ACTIVE", "asyncUsageCount": 0})
    shop.done.append(("made", wanted["code"]))
    return _done("discountCodeBasicCreate", {"codeDiscountNode": {"id": name}})


def _change(name, word, changed):
    def change(shop, said):
        found = next(each for each in shop.codes if each["id"] == said["id"])
        found |= changed | said.get("discount", {})
        shop.done.append((word, found["code"]))
        return _done(name, {"codeDiscountNode": {"id": found["id"]}})

    return change


def _customer(shop, said):
    rows = shop.purses.setdefault(said["id"], [])
    shop.looked_at = said["id"]
    nodes = _nodes(rows)
    account = {"id": "gid://shopify/StoreCreditAccount/1", "balance": _money(sum(row["amount"] for row in rows))}
    account |= {"transactions": _page(shop, nodes[::-1])}
    accounts = {"nodes": [account] if rows else []}
    return 200, {}, {"data": {"customer": {"id": said["id"], "storeCreditAccounts": accounts}}}


def _account(shop, said):
    """The next page of the account that was looked at last."""
    found = _page(shop, _nodes(shop.purses[shop.looked_at])[::-1], int(said["after"]))
    return 200, {}, {"data": {"storeCreditAccount": {"transactions": found}}}


def _page(shop, nodes, start=0):
    end = start + shop.page
    return {"nodes": nodes[start:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)}}


def _nodes(rows):
    return [
        {
            "__typename": f"StoreCreditAccount{'Credit' if row['amount'] > 0 else 'Debit'}Transaction",
            "event": row["event"],
            "origin": {"order": {"id": f"gid://shopify/Order/{row['order']}"}} if "order" in row else None,
            "amount": _money(row["amount"]),
            "id": f"gid://shopify/StoreCreditAccountTransaction/{number}",
        }
        for number, row in enumerate(rows, start=1)
    ]


def _money(minor):
    return {"amount": f"{minor / 100:.2f}", "currencyCode": "EUR"}


def _customers(shop, said):
    nodes = [{"id": "gid://shopify/Customer/7001"}] if said["query"] == 'email:"alice@example.com"' else []
    return 200, {}, {"data": {"customers": {"nodes": nodes}}}


def _moved(name, sign):
    def move(shop, said):
        [amount] = said["input"].values()
        rows = shop.purses.setdefault(said["id"], [])
        rows.append({"amount": sign * round(float(amount["amount"]) * 100), "event": "ADJUSTMENT"})
        told = {"id": f"gid://shopify/StoreCreditAccountTransaction/{len(rows)}"}
        return _done(name, {"storeCreditAccountTransaction": told})

    return move


_FIELDS = {
    "storeCreditAccountCredit": _moved("storeCreditAccountCredit", 1),
    "storeCreditAccountDebit": _moved("storeCreditAccountDebit", -1),
    "storeCreditAccount": _account,
    "customers": _customers,
    "customer": _customer,
    "codeDiscountNodeByCode": _find,
    "discountCodeBasicCreate": _make,
    "discountCodeBasicUpdate": _change("discountCodeBasicUpdate", "renewed", {"status": "ACTIVE"}),
    "discountCodeDeactivate": _change("discountCodeDeactivate", "ended", {"status": "EXPIRED"}),
    "shop": _about,
}
