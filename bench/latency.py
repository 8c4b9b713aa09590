"""From an order's request to its reward available, on the running stack at 50 orders a second, without a hold.

The clock starts when the request is sent and stops when another connection sees the reward; it looks every few
milliseconds.
"""

import http.client
import itertools
import json
import os
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from bench import ground
from config import stack

RATE, SECONDS, WARM_UP = 50, 20, 2
MIDDLE_GOAL, SLOWEST_GOAL = 0.1, 0.5
_LOOK_EVERY = 0.003
_SEEN = """
    SELECT customer.external_id FROM rewards_reward reward
    JOIN advocacy_customer customer ON customer.id = reward.recipient_id
    WHERE reward.side = 'friend' AND reward.available_minor > 0 AND NOT customer.external_id = ANY(%s)
"""


def main():
    with ground.database():
        code, token = _stage()
        with stack.running(port=8400, say=lambda *words: None) as running:
            host = running.base_url.removeprefix("http://")
            sent, seen = {}, {}
            watcher = threading.Thread(target=_watch, args=(os.environ["DATABASE_URL"], seen), daemon=True)
            watcher.start()
            _send_all(host, token, code, sent)
            watcher.join(timeout=60)
    missing = [name for name in sent if name not in seen]
    if missing:
        raise SystemExit(f"{len(missing)} of {len(sent)} orders brought no reward within a minute.")
    waits = sorted(seen[name] - sent[name] for name in sorted(sent, key=sent.get)[RATE * WARM_UP :])
    middle, slowest = statistics.median(waits), waits[int(len(waits) * 0.99)]
    print(f"{len(waits)} orders at {RATE} a second; the slowest took {waits[-1] * 1000:.0f} ms")
    return ground.at_most("half of the orders, ms", middle * 1000, MIDDLE_GOAL * 1000) + ground.at_most(
        "99 of 100 orders, ms", slowest * 1000, SLOWEST_GOAL * 1000
    )


def _stage():
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


def _send_all(host, token, code, sent):
    """Each order at its moment, whether the ones before it were answered or not."""
    began, sender = time.perf_counter() + 0.5, _Sender(host, token, code)
    with ThreadPoolExecutor(max_workers=16) as pool:
        for number in range(RATE * (SECONDS + WARM_UP)):
            pool.submit(sender.send, f"friend-{number}", began + number / RATE, sent)


class _Sender:
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


def _watch(address, seen):
    wanted = RATE * (SECONDS + WARM_UP)
    with psycopg.connect(address, autocommit=True) as connection:
        for _ in itertools.count():
            for (name,) in connection.execute(_SEEN, [list(seen)]):
                seen[name] = time.perf_counter()
            if len(seen) >= wanted:
                return
            time.sleep(_LOOK_EVERY)


if __name__ == "__main__":
    sys.exit(main())
