"""How often one may call: per key, and per address where a browser or nobody calls. Counted in Redis.

One script counts and dates every counter of a call, so that none is left without an end. Of a high limit a process
takes several calls at a time, and asks again when they are used up. Where Redis does not answer, every call is taken:
what people did must not be lost because nobody could count it.
"""

import hashlib
import hmac
import itertools
import math
import threading
import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from advocacy import addresses
from advocacy.models import KeyKind
from advocacy.outbox import wake
from advocacy.refusals import Refused

WINDOW_SECONDS = 60
# Of so many calls a process takes one ahead: a thousandth of a limit may end unused with each process.
_CALLS_FOR_ONE_AHEAD = 1000
# Counts as many calls as are wanted of each counter, but none ahead beyond its limit. Answers for each how many calls
# it has seen with these, how many these are, and the milliseconds until it begins anew.
_COUNT = """
local counted = {}
for place, name in ipairs(KEYS) do
    local wanted, limit = tonumber(ARGV[2 * place]), tonumber(ARGV[2 * place + 1])
    local seen = tonumber(redis.call('GET', name) or '0')
    local taken = math.max(math.min(wanted, limit - seen), 1)
    local calls = redis.call('INCRBY', name, taken)
    local left = redis.call('PTTL', name)
    if left < 0 then
        redis.call('PEXPIRE', name, ARGV[1])
        left = tonumber(ARGV[1])
    end
    counted[place] = {calls, taken, left}
end
return counted
"""
# {name: (calls seen with the next one, how many are held with it, when the window ends by the monotonic clock)}
_held = {}
_holding = threading.Lock()
_MOST_HELD = 1000


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
            "RateLimit-Reset": str(max(math.ceil(self.seconds), 1)),
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
    rooms = [Room(limits[name], *seen) for name, seen in _counted(limits).items()]
    full = [room for room in rooms if room.calls > room.limit]
    if full:
        raise TooMany(max(full, key=lambda room: room.seconds))
    return min(rooms, key=lambda room: room.left, default=None)


def _counted(limits):
    """``{name: (calls seen, seconds until the window ends)}``, empty where Redis does not answer."""
    held = {name: seen for name in limits if (seen := _from_held(name))}
    asked = [name for name in limits if name not in held]
    return held | _from_redis({name: limits[name] for name in asked}) if asked else held


def _from_held(name):
    with _holding:
        calls, number, until = _held.get(name, (0, 0, 0))
        left = until - time.monotonic()
        if number < 1 or left <= 0:
            return None
        _held[name] = (calls + 1, number - 1, until)
    return calls, left


def _from_redis(limits):
    """Then Redis is left alone for a while where it does not answer."""
    if wake.resting():
        return {}
    wanted = [(1 + limit // _CALLS_FOR_ONE_AHEAD, limit) for limit in limits.values()]
    numbers = [WINDOW_SECONDS * 1000, *itertools.chain.from_iterable(wanted)]
    try:
        counted = _script()(keys=[f"calls {name}" for name in limits], args=numbers)
    except wake.FAILURES as error:
        wake.rest(error)
        return {}
    return {name: _hold(name, *each) for name, each in zip(limits, counted, strict=True)}


def _hold(name, calls, taken, milliseconds):
    """The first of the calls that were taken, the others kept for the next."""
    seconds, first = milliseconds / 1000, calls - taken + 1
    if taken > 1:
        _keep(name, calls, taken - 1, time.monotonic() + seconds)
    return first, seconds


def _keep(name, last, number, until):
    """The ``number`` calls up to ``last``, beside those that a thread which asked at the same moment holds already."""
    with _holding:
        calls, others, others_until = _held.get(name, (0, 0, 0))
        if others_until > time.monotonic():
            last, number, until = max(last, calls + others - 1), number + others, min(until, others_until)
        elif len(_held) >= _MOST_HELD:
            _held.clear()
        _held[name] = (last - number + 1, number, until)


@cache
def _script():
    return wake.broker().register_script(_COUNT)


def _hidden(address):
    """Redis holds no address."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"limits {address}".encode(), hashlib.sha256).hex()[:24]
