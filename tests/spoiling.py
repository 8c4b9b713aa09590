"""Bodies that were right, spoilt in every way in which bodies are: by ``change(chance, raw)`` of ``SPOILT``."""

import copy
import json
import os
import random

ODD = [None, True, False, 0, -1, 1, 10**13, 10**400, -0.5, 1e308, "", " ", "0", "-1", "1e999999999", "NaN", "Infinity"]
ODD += [
    "\0",
    "\ud800",
    "x" * 3000,
    "٣",
    "2026-13-45T99:99:99",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]
ODD += [[], {}, [None], [[]], {"": None}, [{}] * 3, {"id": {"id": {}}}, 253402300800, -62135596801]


def _places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*path, name))


def _put(document, path, value):
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value


def flip(chance, raw):
    """Some values become others, of another type mostly."""
    document = json.loads(raw)
    for _ in range(chance.randint(1, 4)):
        # What is put in is shared by all cases, so that the next change may not reach into it.
        _put(document, chance.choice([path for path in _places(document) if path]), copy.deepcopy(chance.choice(ODD)))
    return json.dumps(document).encode("utf-8", "surrogatepass")


def lose(chance, raw):
    document = json.loads(raw)
    place = document
    for name in chance.choice([path for path in _places(document) if path and isinstance(path[-1], str)])[:-1]:
        place = place[name]
    del place[chance.choice(list(place))]
    return json.dumps(document).encode()


def truncate(chance, raw):
    return raw[: chance.randrange(len(raw))]


def nest(chance, raw):
    deep = chance.choice([61, 500, 5000, 200_000])
    begin, end = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return b'{"id": 1, "x": ' + begin * deep + b"1" + end * deep + b"}"


def double(chance, raw):
    text = raw.decode()
    name = json.dumps(chance.choice(list(json.loads(raw))))
    return text.replace(name, f"{name}: 7, {name}", 1).encode()


def encode(chance, raw):
    return raw.decode().encode(chance.choice(["utf-16", "utf-32", "utf-8-sig", "cp500"]), "replace")


def noise(chance, raw):
    spoilt = bytearray(raw)
    for _ in range(chance.randint(1, 20)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


SPOILT = [flip, flip, flip, flip, flip, flip, lose, lose, truncate, nest, double, encode, noise]


def drawn(variable):
    """The chances of a run, by a printed seed; ``variable`` of the environment repeats it."""
    number = int(os.environ.get(variable) or random.randrange(10**6))
    print(f"{variable}={number}")
    return random.Random(number)
