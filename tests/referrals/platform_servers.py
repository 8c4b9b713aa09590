"""Servers of this machine that speak as the platforms' APIs do, page by page, with their limits and their moods."""

import base64
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.referrals import shopify_graphql


class Shop:
    """``orders``: documents it lists; ``hooks``: its webhooks; ``moods``: answers given before the true ones."""

    def __init__(self, *orders, page=2):
        self.orders, self.page, self.hooks, self.moods, self.asked = list(orders), page, [], [], []
        # {customer: [{"amount": minor units, below 0 taken, …}]}, the oldest first.
        self.purses = {}
        # What it was told to take something off for, and what was done with that, in order.
        self.codes, self.done = [], []

    def answer(self, method, path, query, headers, body):
        """``(status, headers, document)``"""
        self.asked.append((method, path, query))
        if self.moods:
            return self.moods.pop(0)
        if not self.knows(headers):
            return 401, {}, {"errors": "[API] Invalid API key or access token", "message": "Sorry, you cannot list."}
        return self.told(method, path.rstrip("/").rpartition("/")[2], path, query, body)


class Shopify(Shop):
    currency, scopes = "EUR", ("read_orders", "write_discounts", "read_customers", "read_store_credit_accounts")
    scopes += ("write_store_credit_account_transactions",)

    def knows(self, headers):
        return headers.get("X-Shopify-Access-Token") == "shpat_1"

    def told(self, method, name, path, query, body):
        if name == "graphql.json":
            return shopify_graphql.answer(self, body)
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
    currency = "EUR"

    def knows(self, headers):
        return headers.get("Authorization") == "Basic " + base64.b64encode(b"ck_1:cs_1").decode()

    def told(self, method, name, path, query, body):
        if name == "current":
            return 200, {}, {"code": self.currency, "name": "Euro", "symbol": "&euro;"}
        if "/coupons" in path:
            return self._coupons(method, name, query, body)
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

    def _coupons(self, method, name, query, body):
        if method == "POST":
            if any(each["code"] == body["code"] for each in self.codes):
                said = {"code": "woocommerce_rest_coupon_code_already_exists", "data": {"status": 400}}
                return 400, {}, said | {"message": "The coupon code already exists"}
            self.codes.append({"id": 700 + len(self.done), "usage_count": 0} | body)
            self.done.append(("made", body["code"]))
            return 201, {}, self.codes[-1]
        if method == "GET":
            found = [each for each in self.codes if each["code"] == query.get("code", [each["code"]])[0].lower()]
            return 200, {"X-WP-Total": str(len(found)), "X-WP-TotalPages": "1"}, found
        coupon = next(each for each in self.codes if each["id"] == int(name))
        if method == "DELETE":
            assert query["force"] == ["true"]
            self.codes.remove(coupon)
        else:
            coupon |= body
        self.done.append(("ended" if method == "DELETE" else "renewed", coupon["code"]))
        return 200, {}, coupon


class Stripe(Shop):
    """``lists``: {"invoices": […]}, by the last word of the address."""

    def __init__(self, **lists):
        super().__init__()
        self.lists, self.coupons = lists, []

    def knows(self, headers):
        return headers.get("Authorization") == "Bearer sk_live_1"

    def told(self, method, name, path, query, body):
        if name == "account":
            return 200, {}, {"id": "acct_1", "object": "account", "settings": {"dashboard": {"display_name": "Acme"}}}
        if "/customers" in path:
            return self._balances(method, name, path, query, body)
        if "promotion_codes" in path or "/coupons" in path:
            return self._discounts(method, name, path, query, body)
        if "webhook_endpoints" in path:
            return self._endpoints(method, name, body)
        documents, after = self.lists.get(name, []), query.get("starting_after", [None])[0]
        start = 1 + [each["id"] for each in documents].index(after) if after else 0
        page = documents[start : start + self.page]
        more = start + self.page < len(documents)
        return 200, {}, {"object": "list", "data": page, "has_more": more, "url": path}

    def _balances(self, method, name, path, query, body):
        if name == "customers":
            people = [{"id": "cus_1", "object": "customer", "email": "alice@example.com"}]
            found = [each for each in people if each["email"] in query.get("email", [each["email"]])]
            return 200, {}, {"object": "list", "data": found, "has_more": False, "url": path}
        rows = self.purses.setdefault(path.split("/")[3], [])
        if method == "POST":
            ending = (rows[-1]["ending_balance"] if rows else 0) + int(body["amount"])
            made = {"id": f"cbtxn_{len(rows) + 1}", "object": "customer_balance_transaction", "ending_balance": ending}
            made |= {"amount": int(body["amount"]), "currency": body["currency"], "type": "adjustment"}
            rows.append(made | {"metadata": {"advocacy_move": body["metadata[advocacy_move]"]}})
            return 200, {}, rows[-1]
        newest, after = rows[::-1], query.get("starting_after", [None])[0]
        start = 1 + [each["id"] for each in newest].index(after) if after else 0
        page, more = newest[start : start + self.page], start + self.page < len(newest)
        return 200, {}, {"object": "list", "data": page, "has_more": more, "url": path}

    def _discounts(self, method, name, path, query, body):
        if "/coupons" in path:
            known = {each["id"]: each for each in self.coupons}
            if method == "POST":
                assert body["id"] not in known
                self.coupons.append({"object": "coupon", "valid": True, "times_redeemed": 0} | body)
                return 200, {}, self.coupons[-1]
            if name == "coupons":
                return 200, {}, {"object": "list", "data": self.coupons, "has_more": False, "url": path}
            missing = {"type": "invalid_request_error", "code": "resource_missing"}
            missing |= {"message": f"No such coupon: '{name}'", "param": "coupon"}
            return (200, {}, known[name]) if name in known else (404, {}, {"error": missing})
        if method == "GET":
            found = [each for each in self.codes if each["code"] == query.get("code", [each["code"]])[0]]
            return 200, {}, {"object": "list", "data": found, "has_more": False, "url": path}
        if name != "promotion_codes":
            code = next(each for each in self.codes if each["id"] == name)
            code["active"] = body["active"] == "true"
            self.done.append(("ended", code["code"]))
            return 200, {}, code
        assert not any(each["code"] == body["code"] and each["active"] for each in self.codes)
        self.codes.append(_promotion(body, len(self.codes)))
        self.done.append(("made", body["code"]))
        return 200, {}, self.codes[-1]

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


def _promotion(body, number):
    """As Stripe answers what was asked for in a form: ``metadata[key]=value``."""
    inner = {key.partition("[")[2][:-1]: value for key, value in body.items() if key.startswith("metadata[")}
    return {
        "id": f"promo_{number + 1}",
        "object": "promotion_code",
        "active": True,
        "code": body["code"],
        "promotion": {"type": body["promotion[type]"], "coupon": body["promotion[coupon]"]},
        "created": 1772452800,
        "customer": None,
        "expires_at": int(body["expires_at"]) if "expires_at" in body else None,
        "livemode": True,
        "max_redemptions": int(body["max_redemptions"]) if "max_redemptions" in body else None,
        "metadata": inner,
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": int(body.get("restrictions[minimum_amount]", 0)) or None,
            "minimum_amount_currency": body.get("restrictions[minimum_amount_currency]"),
        },
        "times_redeemed": 0,
    }


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
