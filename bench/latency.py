"""From an order's request to its reward available, on the running stack at 50 orders a second, without a hold.

The clock starts when the request is sent and stops when another connection sees the reward; it looks every 10 ms,
because a look costs the database more the oftener it is taken. A slower
machine is judged as if time itself went slower there: fewer orders a second, and longer waits, both by its factor.
What it does at the full rate is told as well.
"""

import http.client
import json
import os
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from bench import ground, web
from config import stack

RATE, SECONDS, WARM_UP = 50, 20, 2
MIDDLE_GOAL, SLOWEST_GOAL = 0.1, 0.5
_LOOK_EVERY = 0.01
_SEEN = """
    SELECT reward.id, customer.external_id FROM rewards_reward reward
    JOIN advocacy_customer customer ON customer.id = reward.recipient_id
    WHERE reward.side = 'friend' AND reward.available_minor > 0 AND reward.id > %s
"""
# How many rewards back it looks again, because they are not committed in the order of their ids; every so many looks
# all the way, because while a queue has grown two batches may lie further apart.
_BACK, _ALL_THE_WAY = 200, 200


def main():
    with ground.database():
        factor = web.factor()
        code, token = stage()
        with stack.running(port=8400, say=lambda *words: None) as running:
            ground.wait_for_workers()
            sender = Sender(running.base_url.removeprefix("http://"), token, code)
            waits = _measure(sender, RATE, "full")
            if factor < 1:
                _say(waits, RATE)
                waits = _measure(sender, RATE * factor, "scaled")
    middle, slowest = _say(waits, RATE * factor)
    return ground.at_most("half of the orders, ms", middle, MIDDLE_GOAL * 1000, factor=factor) + ground.at_most(
        "99 of 100 orders, ms", slowest, SLOWEST_GOAL * 1000, factor=factor
    )


def _say(waits, rate):
    """``(median, 99th of 100)`` in milliseconds."""
    middle, slowest = statistics.median(waits) * 1000, waits[int(len(waits) * 0.99)] * 1000
    print(f"{len(waits)} orders at {rate:.1f} a second: {middle:.0f}, {slowest:.0f}, at most {waits[-1] * 1000:.0f} ms")
    return middle, slowest


def _measure(sender, rate, name):
    """Seconds from each order to its reward, sorted, without those of the warm-up."""
    names, sent, seen = [f"{name}-{each}" for each in range(round(rate * (SECONDS + WARM_UP)))], {}, {}
    watcher = threading.Thread(target=_watch, args=(os.environ["DATABASE_URL"], set(names), seen), daemon=True)
    watcher.start()
    _send_all(sender, rate, names, sent)
    watcher.join(timeout=60)
    missing = [each for each in sent if each not in seen]
    if missing:
        raise SystemExit(f"{len(missing)} of {len(sent)} orders brought no reward within a minute.")
    return sorted(seen[each] - sent[each] for each in sorted(sent, key=sent.get)[round(rate * WARM_UP) :])


def stage():
    """An advocate's code and a key, with a rule that pays at once."""
    from advocacy import customers, keys  # noqa: PLC0415 (Django is set up first)
    from bench import backlog, rules  # noqa: PLC0415
    from referrals import links  # noqa: PLC0415

    now = {"Give 10, get 10": rules.FIVE["Give 10, get 10"] | {"hold_days": 0, "caps": []}}
    program, _ = backlog.program(now, advocates=1)
    person, _ = customers.upsert(storefront=program.storefront, fields={"external_id": "alice"}, at=ground.NOW)
    links.enrol(program=program, customer=person, code="BENCH-1", at=ground.NOW)
    _, token = keys.make(storefront=program.storefront, kind="secret", name="Bench", at=ground.NOW)
    return "BENCH-1", token


def _send_all(sender, rate, names, sent):
    """Each order at its moment, whether the ones before it were answered or not."""
    began = time.perf_counter() + 0.5
    with ThreadPoolExecutor(max_workers=16) as pool:
        for number, name in enumerate(names):
            pool.submit(sender.send, name, began + number / rate, sent)


class Sender:
    def __init__(self, host, token, code):
        self._host, self._code, self._local = host, code, threading.local()
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, name, due, sent):
        time.sleep(max(due - time.perf_counter(), 0))
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(self._host, timeout=30)
        amounts = {"currency": "EUR", "subtotal_minor": 5000, "total_minor": 5000}
        order = amounts | {"external_id": name, "status": "paid", "customer": {"external_id": name}}
        sent[name] = time.perf_counter()
        body = json.dumps(order | {"referral_code": self._code})
        self._local.connection.request("POST", "/api/v1/orders", body, self._headers)
        answer = self._local.connection.getresponse()
        said = answer.read()
        if answer.status != http.client.CREATED:
            print(answer.status, said[:200], file=sys.stderr)


def _watch(address, wanted, seen):
    newest = looks = 0
    with psycopg.connect(address, autocommit=True) as connection:
        while not wanted <= seen.keys():
            looks += 1
            for number, name in connection.execute(_SEEN, [newest - _BACK if looks % _ALL_THE_WAY else 0]):
                seen.setdefault(name, time.perf_counter())
                newest = max(newest, number)
            time.sleep(_LOOK_EVERY)


if __name__ == "__main__":
    sys.exit(main())
