"""Orders by HTTP as fast as they are taken, together with the worker that settles them; and with Redis out of reach.

Thirty-two callers send the next order as soon as the last is answered. The rate counts until the last order is settled:
what is only piled up is not taken.
"""

import os
import sys
import threading
import time

import psycopg

from bench import ground, web
from bench.latency import Sender, stage
from config import stack

GOAL, WITHOUT_REDIS_GOAL = 300, 0.5
CALLERS, SECONDS = 32, 15
_WAITING = "SELECT COUNT(*) FROM advocacy_pending WHERE lane = 'money'"
_NOWHERE = {"REDIS_URL": "redis://127.0.0.1:1/0"}


def main():
    with ground.database():
        factor = web.factor()
        code, token = stage()
        with stack.running(port=8500, say=lambda *words: None) as running:
            ground.wait_for_workers()
            host = running.base_url.removeprefix("http://")
            _send_for(host, token, code, "warm", 3)
            _until_settled()
            began = time.perf_counter()
            number = _send_for(host, token, code, "with", SECONDS)
            taken = number / (time.perf_counter() - began)
            _until_settled()
            settled = number / (time.perf_counter() - began)
        # A shared machine changes within a minute.
        factor = (factor + web.factor()) / 2
        with web.served("config.wsgi:application", _NOWHERE) as port:
            _send_for(f"localhost:{port}", token, code, "cold", 3)
            began = time.perf_counter()
            alone = _send_for(f"localhost:{port}", token, code, "without", SECONDS) / (time.perf_counter() - began)
    print(f"{taken:.0f} orders a second taken, {settled:.0f} until they were settled; {alone:.0f} without Redis")
    return ground.verdict("orders a second, settled", settled, GOAL, factor=factor) + ground.verdict(
        "taken with Redis out of reach ÷ taken", alone / taken, WITHOUT_REDIS_GOAL
    )


def _send_for(host, token, code, name, seconds):
    """How many orders were taken."""
    sender, until, counts = Sender(host, token, code), time.perf_counter() + seconds, []

    def call(place):
        count = 0
        while time.perf_counter() < until:
            sender.send(f"{name}-{place}-{count}", 0, {})
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=call, args=(place,)) for place in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _until_settled():
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        until = time.perf_counter() + 120
        while connection.execute(_WAITING).fetchone()[0]:
            if time.perf_counter() > until:
                raise SystemExit("The orders were not settled within two minutes.")
            time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
