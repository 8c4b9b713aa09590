"""A name for every request, so that an error a user reports can be found in the logs."""

import re

from advocacy import ids

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


class RequestId:
    """Keeps a well-formed ``X-Request-Id`` of the caller, else makes one; the answer carries it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _ACCEPTABLE(given) else ids.encode("req", ids.uuid7())
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id
        return response
