"""Servers of this machine that speak as the platforms' APIs do, page by page, with their limits and their moods."""

import base64
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Shop:
    """``orders``: documents it lists; ``hooks``: its webhooks; ``moods``: answers given before the true ones."""

    def __init__(self, *orders, page=2):
        self.orders, self.page, self.hooks, self.moods, self.asked = list(orders), page, [], [], []

    def answer(self, method, path, query, headers, body):
        """``(status, headers, document)``"""
        self.asked.append((method, path, query))
        if self.moods:
            return self.moods.pop(0)
        if not self.knows(headers):
            return 401, {}, {"errors": "[API] Invalid API key or access token", "message": "Sorry, you cannot list."}
        return self.told(method, path.rstrip("/").rpartition("/")[2], path, query, body)


class Shopify(Shop):
    def knows(self, headers):
        return headers.get("X-Shopify-Access-Token") == "shpat_1"

    def told(self, method, name, path, query, body):
        if name == "orders.json":
            start = int(query.get("page_info", ["0"])[0])
            assert ("page_info" in query) != ("updated_at_min" in query)
            more = start + self.page < len(self.orders)
            address = f"https://elsewhere.example/orders.json?limit=50&page_info={start + self.page}"
            link = (
                {"Link": f'<https://x.example/?page_info=0>; rel="previous", <{address}>; rel="next"'} if more else {}
            )
            return 200, link, {"orders": self.orders[start : start + self.page]}
        if name == "webhooks.json" and method == "POST":
            self.hooks.append(body["webhook"] | {"id": len(self.hooks) + 1})
            return 201, {}, {"webhook": self.hooks[-1]}
        if name == "webhooks.json":
            return 200, {}, {"webhooks": self.hooks}
        return 200, {}, {"shop": {"name": "Acme", "myshopify_domain": "acme.myshopify.com", "currency": "EUR"}}


class WooCommerce(Shop):
    # Orders that change while they are listed leave the period after this page.
    leaves_after = None

    def knows(self, headers):
        return headers.get("Authorization") == "Basic " + base64.b64encode(b"ck_1:cs_1").decode()

    def told(self, method, name, path, query, body):
        if name == "orders":
            page, size = int(query.get("page", ["1"])[0]), self.page
            found = self.orders[(page - 1) * size : page * size]
            totals = {"X-WP-Total": str(len(self.orders)), "X-WP-TotalPages": str(-(-len(self.orders) // size))}
            if self.leaves_after == page:
                self.leaves_after = self.orders.pop(0) and None
            return 200, totals, found
        if name == "webhooks" and method == "POST":
            self.hooks.append(body | {"id": len(self.hooks) + 1})
            return 201, {}, self.hooks[-1]
        if method == "PUT":
            hook = next(each for each in self.hooks if each["id"] == int(name))
            hook.update(body)
            return 200, {}, hook
        return 200, {}, self.hooks


class Stripe(Shop):
    """``lists``: {"invoices": […]}, by the last word of the address."""

    def __init__(self, **lists):
        super().__init__()
        self.lists = lists

    def knows(self, headers):
        return headers.get("Authorization") == "Bearer sk_live_1"

    def told(self, method, name, path, query, body):
        if name == "account":
            return 200, {}, {"id": "acct_1", "object": "account", "settings": {"dashboard": {"display_name": "Acme"}}}
        if "webhook_endpoints" in path:
            return self._endpoints(method, name, body)
        documents, after = self.lists.get(name, []), query.get("starting_after", [None])[0]
        start = 1 + [each["id"] for each in documents].index(after) if after else 0
        page = documents[start : start + self.page]
        more = start + self.page < len(documents)
        return 200, {}, {"object": "list", "data": page, "has_more": more, "url": path}

    def _endpoints(self, method, name, body):
        if method == "DELETE":
            self.hooks = [each for each in self.hooks if each["id"] != name]
            return 200, {}, {"id": name, "object": "webhook_endpoint", "deleted": True}
        if method == "POST":
            events = [value for key, value in sorted(body.items()) if key.startswith("enabled_events")]
            told = {"enabled_events": events, "status": "enabled"} | ({"url": body["url"]} if "url" in body else {})
            known = next((each for each in self.hooks if each["id"] == name), None)
            if known:
                known.update(told)
                return 200, {}, known
            self.hooks.append({"id": f"we_{len(self.hooks) + 1}", "object": "webhook_endpoint"} | told)
            return 200, {}, self.hooks[-1] | {"secret": "whsec_made"}
        return 200, {}, {"object": "list", "data": self.hooks, "has_more": False, "url": "/v1/webhook_endpoints"}


@contextlib.contextmanager
def served(shop):
    """The address at which this shop answers."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body = json.loads(raw) if raw.startswith("{") else {k: v[0] for k, v in parse_qs(raw).items()}
            status, headers, document = shop.answer(self.command, parts.path, parse_qs(parts.query), self.headers, body)
            written = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in (
                {"Content-Type": "application/json", "Content-Length": str(len(written))} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_):
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
