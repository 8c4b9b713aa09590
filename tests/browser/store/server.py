"""A shop of three pages that uses the whole program: the example of docs/integrate.md, and what the tests visit.

    python tests/browser/store/server.py --api http://localhost:8000 --secret sk_… --publishable pk_…

The pages load advocacy.js. The server takes what their forms carry and tells the API, with the secret key that no page
ever sees. Nothing but the standard library.
"""

import argparse
import html
import json
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlsplit

PAGES = Path(__file__).parent / "pages"
PRICE, SHIPPING = 4500, 400


class Shop(ThreadingHTTPServer):
    """``options``: further attributes of the script tag, as text."""

    daemon_threads = True

    def __init__(self, *, api, secret, publishable, options="", port=0):
        super().__init__(("127.0.0.1", port), Pages)
        self.api, self.secret, self.publishable, self.options = api, secret, publishable, options
        # What the API refused: a real shop shows this to its staff.
        self.refused = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def start(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    # --- the whole integration of a server ---

    def sign_up(self, form):
        person = {"external_id": form["email"], "email": form["email"], "name": form["name"]}
        return self.call("/signups", {"customer": person, **brought_by(form)})

    def order(self, form):
        order = {
            "external_id": number_of_an_order(),
            "status": "paid",
            "currency": "EUR",
            "customer": {"external_id": form["email"], "email": form["email"]},
            "subtotal_minor": PRICE,
            "shipping_minor": SHIPPING,
            "total_minor": PRICE + SHIPPING,
            "products": [{"line_id": "1", "sku": "SIDAMO-250", "name": "Sidamo, 250 g", "price_minor": PRICE}],
        }
        return self.call("/orders", order | brought_by(form))

    def call(self, path, body):
        """The API's answer. A shop must sell also while it cannot be reached: then None, and you send it again."""
        request = urllib.request.Request(
            f"{self.api}/api/v1{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            # Sending it again changes nothing: somebody must look, such as at a 409 for a number that was used before.
            said = refusal.read().decode(errors="replace")
            print(f"ERROR, for staff: {path} was refused with {refusal.code}: {said}", file=sys.stderr)
            self.refused.append((path, refusal.code, body))
            return None
        except urllib.error.URLError as error:
            print("The API did not take it:", error)
            return None


def number_of_an_order():
    """Never used before, also after a restart: an order's number counts once, for ever."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def brought_by(form):
    """What advocacy.js wrote into the form, under the names of the API; a code that was typed goes first."""
    code = form.get("code") or form.get("advocacy_code")
    given = {"click_id": form.get("advocacy_click"), "referral_code": code}
    return {name: value for name, value in given.items() if value}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        page = {"/": "product", "/signup": "signup", "/checkout": "checkout"}.get(urlsplit(self.path).path)
        self._show(page or "nothing", 200 if page else 404)

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(sent, keep_blank_values=True))
        if self.path == "/signup":
            self.server.sign_up(form)
            self._show("welcome", name=form["name"])
        elif self.path == "/checkout":
            answer = self.server.order(form)
            self._show("thanks", number=answer["external_id"] if answer else "noted")
        else:
            self._show("nothing", 404)

    def _show(self, page, status=200, **words):
        shop = self.server
        script = f'<script async src="{shop.api}/advocacy.js" data-key="{shop.publishable}" {shop.options}></script>'
        words = {name: html.escape(word) for name, word in words.items()}
        inner = Template((PAGES / f"{page}.html").read_text()).substitute(words)
        self.send(Template((PAGES / "frame.html").read_text()).substitute(script=script, page=inner), status)

    def send(self, page, status=200):
        whole = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole)

    def log_message(self, *_):
        """In silence."""


def main():
    asked = argparse.ArgumentParser(description="A sample shop that uses the program.")
    asked.add_argument("--api", default="http://localhost:8000")
    asked.add_argument("--secret", required=True)
    asked.add_argument("--publishable", required=True)
    asked.add_argument("--port", type=int, default=8088)
    shop = Shop(**vars(asked.parse_args()))
    print(f"The shop is at {shop.url}; register this origin with the storefront.")
    shop.serve_forever()


if __name__ == "__main__":
    main()
