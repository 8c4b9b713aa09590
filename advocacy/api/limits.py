"""How often one may call: per key, and per address where a browser or nobody calls. Counted in Redis.

One script counts and dates every counter of a call, so that none is left without an end. Where Redis does not answer,
every call is taken: what people did must not be lost because nobody could count it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from advocacy import addresses
from advocacy.models import KeyKind
from advocacy.outbox import wake
from advocacy.refusals import Refused

WINDOW_SECONDS = 60
# Answers for each counter: how many calls it has seen with this one, and the milliseconds until it begins anew.
_COUNT = """
local counted = {}
for place, name in ipairs(KEYS) do
    local calls = redis.call('INCR', name)
    local left = redis.call('PTTL', name)
    if left < 0 then
        redis.call('PEXPIRE', name, ARGV[1])
        left = tonumber(ARGV[1])
    end
    counted[place] = {calls, left}
end
return counted
"""


class TooMany(Refused):
    """``wait``: seconds until calls are taken again."""

    status = 429

    def __init__(self, room):
        super().__init__(
            "too_many_calls",
            f"At most {room.limit} calls a minute are taken here; call again after Retry-After, and slower.",
        )
        self.wait, self.room = room.seconds, room


@dataclass(frozen=True)
class Room:
    """What is left of the tightest limit; ``seconds`` until it is whole again."""

    limit: int
    calls: int
    seconds: float

    @property
    def left(self):
        return max(self.limit - self.calls, 0)

    def headers(self):
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(int(self.seconds) + 1),
            "RateLimit-Policy": f"{self.limit};w={WINDOW_SECONDS}",
        }


def of_call(request):
    """Count a call with a key. The tightest Room, or None where nothing is counted; raises ``TooMany``."""
    key = request.auth
    if key.kind == KeyKind.SECRET:
        return _take({f"key {key.pk}": settings.CALLS_PER_MINUTE_SECRET})
    address = _hidden(addresses.of(request))
    return _take(
        {
            f"key {key.pk}": settings.CALLS_PER_MINUTE_PUBLISHABLE,
            f"key {key.pk} from {address}": settings.CALLS_PER_MINUTE_ADDRESS,
        }
    )


def of_stranger(request):
    """Count a call whose key is not valid, so that nobody can try keys all day."""
    return _take({f"stranger {_hidden(addresses.of(request))}": settings.CALLS_PER_MINUTE_ADDRESS})


def _take(limits):
    limits = {name: limit for name, limit in limits.items() if limit}
    counted = _counted(list(limits)) if limits else ()
    rooms = [
        Room(limit, calls, left / 1000) for limit, (calls, left) in zip(limits.values(), counted or (), strict=False)
    ]
    full = [room for room in rooms if room.calls > room.limit]
    if full:
        raise TooMany(max(full, key=lambda room: room.seconds))
    return min(rooms, key=lambda room: room.left, default=None)


def _counted(names):
    """None where Redis does not answer; then it is left alone for a while."""
    if wake.resting():
        return None
    try:
        return _script()(keys=[f"calls {name}" for name in names], args=[WINDOW_SECONDS * 1000])
    except wake.FAILURES as error:
        wake.rest(error)
        return None


@cache
def _script():
    return wake.broker().register_script(_COUNT)


def _hidden(address):
    """Redis holds no address."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"limits {address}".encode(), hashlib.sha256).hex()[:24]
