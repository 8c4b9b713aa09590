"""``Idempotency-Key``, for endpoints that move money and whose callers have no name for what they ask.

    with keyed(self) as claim:
        row = claim.earlier(rows) or claim.keep("redemption", redemptions.spend(…))
    return created(RedemptionAnswer(row).data, new=claim.new)

Such an endpoint says ``keyed=True`` in its ``Call``, so that its documentation has the header.
"""

from advocacy import idempotency
from advocacy.api.problems import Unreadable

HEADER = "Idempotency-Key"
LONGEST = 255


def keyed(endpoint):
    """The claim of the call that ``endpoint`` answers, as a transaction; see ``idempotency.claimed``."""
    request = endpoint.request
    call = [request.method, request.path, sorted(request.query_params.items()), request.data]
    return idempotency.claimed(storefront=request.storefront, key=_key(request), call=call, at=endpoint.at)


def _key(request):
    key = request.headers.get(HEADER, "")
    if not key:
        raise Unreadable(
            "idempotency_key_missing",
            f"Send the header {HEADER} with a new random text, such as a UUID; send the same one when you try again.",
        )
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise Unreadable(
            "invalid_idempotency_key",
            f"{HEADER} must be at most {LONGEST} printable ASCII characters, such as a UUID.",
        )
    return key
