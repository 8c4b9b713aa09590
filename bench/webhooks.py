"""A shop's webhooks taken on the running stack while 1,000 of our own are being sent out to ten local servers.

The clock of a message starts when it is due, so that one that had to wait for a caller counts as late. What was taken
is worked on by the same workers meanwhile. A slower machine is judged as in ``latency``: fewer messages a second, and
longer waits, both by its factor.
"""

import base64
import hashlib
import hmac
import http.client
import json
import multiprocessing
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench import ground, web
from config import stack

GOAL_MS, RATE, MEASURED = 50, 20, 150
# Each of a web process's 32 threads opens its connection to the database with its first call.
WARM_UP, WARM_UP_RATE = 400, 40
EVENTS, ENDPOINTS, LONGEST = 100, 10, 300
_SECRET = "whsec_of_the_bench"


def main():
    with _Sink() as port, ground.database():
        factor = web.factor()
        path, events = _stage()
        with stack.running(port=8600, say=lambda *words: None) as running:
            ground.wait_for_workers()
            shop = Shop(running.base_url.removeprefix("http://"), path)
            warm_up = shop.send(WARM_UP_RATE, "warm", lambda sent: sent < WARM_UP)
            alone = shop.send(RATE * factor, "alone", lambda sent: sent < MEASURED)
            began = time.perf_counter()
            _tell(events, port)
            waits = shop.send(RATE * factor, "beside", lambda sent: sent < MEASURED or _are_waiting(began))
            seconds = time.perf_counter() - began
        _check(len(warm_up) + len(alone) + len(waits))
    print(f"{EVENTS * ENDPOINTS} deliveries within {seconds:.0f} s; {_told(alone)} before, {_told(waits)} meanwhile")
    return ground.at_most("99 of 100 webhooks answered, ms", _slowest(waits) * 1000, GOAL_MS, factor=factor)


def _told(waits):
    return f"{len(waits)} webhooks in {statistics.median(waits) * 1000:.0f}, {_slowest(waits) * 1000:.0f} ms"


def _slowest(waits):
    return sorted(waits)[int(len(waits) * 0.99)]


class _Taken(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 100


class _Sink:
    """The port of a server that takes everything, in a process of its own."""

    def __enter__(self):
        server = _Server(("127.0.0.1", 0), _Taken)
        self._process = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
        self._process.start()
        server.socket.close()
        return server.server_port

    def __exit__(self, *_):
        self._process.terminate()
        self._process.join()


def _stage():
    """The address of a connection, and events of real rows that nobody was told of."""
    from advocacy import connections, ids  # noqa: PLC0415 (Django is set up first)
    from advocacy.models import Event  # noqa: PLC0415
    from bench import backlog  # noqa: PLC0415
    from referrals import links  # noqa: PLC0415

    program, _ = backlog.program({}, advocates=1)
    for person in backlog.people(program.storefront, EVENTS):
        links.enrol(program=program, customer=person, at=ground.NOW)
    made = connections.connect(
        storefront=program.storefront, platform="shopify", name="Acme", secret=_SECRET, at=ground.NOW
    )
    events = Event.objects.filter(storefront=program.storefront, type="advocate.enrolled").order_by("id")[:EVENTS]
    return f"/in/shopify/{ids.encode('con', made.public_id)}", list(events)


def _tell(events, port):
    from django.utils import timezone  # noqa: PLC0415 (Django is set up first)

    from advocacy.outbox import telling, webhooks  # noqa: PLC0415

    for number in range(ENDPOINTS):
        address = f"http://127.0.0.1:{port}/{number}"
        webhooks.create(storefront=events[0].storefront, url=address, event_types=[events[0].type], at=timezone.now())
    telling.tell(events=events, at=timezone.now())
    telling.wake_senders()


def _are_waiting(began):
    from advocacy.models import Delivery  # noqa: PLC0415 (Django is set up first)

    if time.perf_counter() - began > LONGEST:
        raise SystemExit(f"The deliveries were not sent within {LONGEST} s.")
    return Delivery.objects.filter(state="pending").exists()


def _check(answered):
    from advocacy.models import Delivery  # noqa: PLC0415 (Django is set up first)
    from referrals.models import InboundMessage  # noqa: PLC0415

    delivered, kept = Delivery.objects.filter(state="delivered").count(), InboundMessage.objects.count()
    if (delivered, kept) != (EVENTS * ENDPOINTS, answered):
        raise SystemExit(f"{delivered} deliveries arrived; of {answered} webhooks that were answered {kept} are kept.")


class Shop:
    """A shop at Shopify that tells of its orders."""

    def __init__(self, host, path):
        self._host, self._path, self._local = host, path, threading.local()

    def send(self, rate, name, goes_on):
        """Each message at its moment for as long as ``goes_on(number sent)``; the seconds that each took."""
        began, waits, number = time.perf_counter() + 0.2, [], 0
        with ThreadPoolExecutor(max_workers=16) as pool:
            while goes_on(number):
                due = began + number / rate
                time.sleep(max(due - time.perf_counter(), 0))
                pool.submit(self._one, f"{name}-{number}", due, waits)
                number += 1
        if len(waits) < number:
            raise SystemExit(f"{number - len(waits)} of {number} webhooks were not answered with 200.")
        return waits

    def _one(self, name, due, waits):
        raw = json.dumps(_order(name)).encode()
        signature = base64.b64encode(hmac.digest(_SECRET.encode(), raw, hashlib.sha256)).decode()
        headers = {"Content-Type": "application/json", "X-Shopify-Topic": "orders/paid", "X-Shopify-Webhook-Id": name}
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(self._host, timeout=30)
        self._local.connection.request("POST", self._path, raw, headers | {"X-Shopify-Hmac-Sha256": signature})
        answer = self._local.connection.getresponse()
        said = answer.read()
        if answer.status == http.client.OK:
            waits.append(time.perf_counter() - due)
        else:
            print(answer.status, said[:200], file=sys.stderr)


def _order(name):
    """In Shopify's shape, with as much around what is read as its real orders have."""
    price = {"shop_money": {"amount": "50.00", "currency_code": "EUR"}}
    line = {"id": 1, "title": "Beans", "quantity": 2, "price": "25.00", "sku": "BEANS", "price_set": price}
    amounts = {"currency": "EUR", "subtotal_price": "50.00", "total_price": "50.00", "total_price_set": price}
    told = {"id": name, "name": f"#{name}", "financial_status": "paid", "created_at": ground.NOW.isoformat()}
    person = {"id": name, "email": f"{name}@example.com", "first_name": "Fred", "default_address": {"country": "DE"}}
    around = {f"note_{number}": "x" * 60 for number in range(40)}
    return told | amounts | {"customer": person, "line_items": [line] * 5} | around


if __name__ == "__main__":
    sys.exit(main())
