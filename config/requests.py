"""What every request gets: a name to find it by in the logs, and on admin pages their own policy."""

import re

from django.conf import settings

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


class AdminPolicy:
    """Gives the admin's pages their own content security policy; stands inside the middleware that writes it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return response
