"""The one way in which a verb says no: a stable code and a sentence that says what to do. Pure."""


class Refused(Exception):
    """Something asked for cannot be done; nothing was written.

    ``code`` is stable (``unknown_program``), ``message`` is for people, ``errors`` names fields:
    ``{"total_minor": "…"}``. Doors choose the answer: the API a problem document, pages and the admin a message.
    """

    status = 422

    def __init__(self, code, message, *, errors=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.errors = errors or {}


class NotFound(Refused):
    """There is nothing of that name in this storefront; somebody else's row is not found either."""

    status = 404


class Conflict(Refused):
    """The same name was used for something else before."""

    status = 409


class TooLarge(Refused):
    """More was sent than is taken at once."""

    status = 413


class TryAgain(Refused):
    """Nothing was done, because others are at the same rows; the same call a second later may do it."""

    status = 503

    def __init__(self, message):
        super().__init__("try_again", message)
