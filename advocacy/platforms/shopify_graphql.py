"""Shopify's GraphQL Admin API: https://shopify.dev/docs/api/admin-graphql. It answers 200 also where it refuses."""

from math import ceil

from advocacy.platforms import shopify
from advocacy.platforms.calling import PlatformFailed
from advocacy.platforms.known import permission_missing
from advocacy.refusals import Refused

_ABOUT = "query { shop { currencyCode } currentAppInstallation { accessScopes { handle } } }"


def ask(caller, query, /, **variables):
    """The ``data`` of the answer. Raises ``PlatformFailed`` with the status that the refusal stands for."""
    address = f"{shopify.address_of(caller.connection)}/admin/api/{shopify.VERSION}/graphql.json"
    headers = {"X-Shopify-Access-Token": caller.credential("access_token")}
    _, told = caller.ask("POST", address, headers=headers, body={"query": query, "variables": variables})
    told = told if isinstance(told, dict) else {}
    if told.get("errors"):
        raise _refusal(told)
    if not isinstance(told.get("data"), dict):
        raise PlatformFailed("platform_failed", "Shopify’s answer holds no data.", answered=500)
    return told["data"]


def do(caller, query, /, **variables):
    """What a mutation answers; refuses in words where Shopify does not do it, with its code."""
    data = ask(caller, query, **variables)
    done = next(iter(data.values()), None)
    if not isinstance(done, dict):
        raise PlatformFailed("platform_failed", "Shopify did not say what it did.", answered=500)
    if wrong := done.get("userErrors"):
        said = "; ".join(str(each.get("message", "")) for each in wrong if isinstance(each, dict))[:200]
        codes = ", ".join(str(each.get("code") or "") for each in wrong if isinstance(each, dict))
        raise Refused(codes.lower()[:60] or "shop_refused", f"Shopify refuses it: {said}")
    return done


def check(caller, *, scopes):
    """The shop's currency; refuses where the app lacks one of the scopes."""
    data = ask(caller, _ABOUT)
    granted = {each.get("handle") for each in inside(data, "currentAppInstallation", "accessScopes", kind=list) or []}
    # Who may write may read.
    granted |= {each.replace("write_", "read_", 1) for each in granted if isinstance(each, str)}
    if missing := [scope for scope in scopes if scope not in granted]:
        raise permission_missing(caller, missing)
    return inside(data, "shop", "currencyCode", kind=str)


def inside(document, *path, kind=dict):
    """What stands at the path, or None where the answer is of another shape."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, kind) else None


def _refusal(told):
    errors = told["errors"] if isinstance(told["errors"], list) else [{"message": str(told["errors"])}]
    first = errors[0] if errors and isinstance(errors[0], dict) else {}
    said, code = str(first.get("message") or "an error")[:200], inside(first, "extensions", "code", kind=str)
    if code == "THROTTLED" or said == "Throttled":
        return PlatformFailed("platform_failed", "Shopify asks for patience.", answered=429, wait=_restored(told))
    if code == "ACCESS_DENIED":
        needed = inside(first, "extensions", "requiredAccess", kind=str) or said
        words = f"Shopify does not allow it: the app needs {needed}"[:300]
        return PlatformFailed("platform_failed", words, answered=403, forbids=needed)
    answered = 500 if code == "INTERNAL_SERVER_ERROR" else 400
    return PlatformFailed("platform_failed", f"Shopify answered: {said}", answered=answered)


def _restored(told):
    """The seconds until so much may be asked for again."""
    cost = inside(told, "extensions", "cost") or {}
    status = inside(cost, "throttleStatus") or {}
    try:
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(ceil(missing / float(status["restoreRate"])), 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 0
