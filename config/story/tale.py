"""The main job, told over HTTP: two advocates, their friends, a stranger, one who refers himself, and a refund."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from config.story.storefront import click

PATIENCE_SECONDS = 45
_PAUSE_SECONDS = 0.02


@dataclass
class Step:
    """One line of the table. ``kept`` says whether what was expected came true."""

    what: str
    api: str
    worker: str
    kept: bool


class Tale:
    """``told`` are the steps so far; the people of one run have names of their own, so every start tells it anew."""

    def __init__(self, shop, program, *, run, fault=lambda: None):
        self.shop, self.program, self.run, self.fault = shop, program, run, fault
        self.token = shop.token
        self.told, self.advocates, self.friends, self.balances = [], {}, {}, {}
        self.placed = {}

    def tell(self):
        self._advocates_enrol()
        self._friends_come()
        self._orders_are_placed()
        self._a_refund_takes_its_share()
        self._balances_agree()
        return self.told

    def name(self, person):
        return f"{person}-{self.run}"

    def customer(self, person):
        return {"external_id": self.name(person), "email": f"{self.name(person)}@example.com", "name": person.title()}

    # --- the chapters ----------------------------------------------------------------------------------------------

    def _advocates_enrol(self):
        # They tick the box for the terms as they are now.
        agreed = self.shop.get(f"/programs/{self.program}").body["terms_version"]
        for person in ("alice", "bob"):
            answer = self.shop.made(
                "/advocates",
                customer=self.customer(person),
                program=self.program,
                display_name=person.title(),
                shows_name=True,
                terms_accepted={"version": agreed, "language": "en"},
            )
            self.advocates[person] = answer.body
            self._note(
                f"{person} becomes an advocate",
                f"{answer.status}, code {answer.body.get('code')}",
                answer.status == 201,
            )

    def _friends_come(self):
        link = self.advocates["alice"]["links"][0]["url"]
        opened = click(link)
        target = opened.headers.get("Location", "")
        click_id = parse_qs(urlsplit(target).query).get("click", [""])[0]
        self._note(
            "fred opens alice's link", f"{opened.status} to {urlsplit(target).path}", click_id.startswith("clk_")
        )
        self._sign_up("fred", "with the click", "click", click_id=click_id)
        self._sign_up("gina", "with bob's code", "code", referral_code=self.advocates["bob"]["code"])

    def _sign_up(self, person, how, method, **hints):
        answer = self.shop.made("/signups", customer=self.customer(person), **hints)
        bond = answer.body.get("referral") or {}
        self._note(
            f"{person} signs up {how}", f"{answer.status}, bound by {bond.get('method')}", bond.get("method") == method
        )

    def _orders_are_placed(self):
        self._order("fred", 6000, worker=("alice 10.00, fred 10.00 credited; alice 3.00 on the way", [1000, 1000, 300]))
        self._order("gina", 3000, worker=("below the minimum; bob 1.50 on the way", [150]))
        self._order("zoe", 5000, refusal="no_attribution")
        self._order("alice", 5000, refusal="self_referral", referral_code=self.advocates["alice"]["code"])
        self._order("fred", 6000, again=True)

    def _a_refund_takes_its_share(self):
        order = self.friends["fred"]
        answer = self.shop.made(
            f"/orders/{order['id']}/refunds",
            refund_id=f"refund-{self.run}",
            amount_minor=1500,
            reason="one bag was torn",
        )
        took, seconds = self._wait(lambda: self._rewards(order) == [225, 750, 750])
        self._note(
            "a quarter of fred's order is refunded", f"{answer.status}", took, "a quarter of each taken back", seconds
        )

    def _balances_agree(self):
        self.balances = {person: self._balance(person) for person in ("alice", "bob", "fred", "gina")}
        wanted = {"alice": (750, 225), "bob": (0, 150), "fred": (750, 0), "gina": (0, 0)}
        self._note("the balances", "as they should be", self.balances == wanted)

    def why(self, person):
        return self.shop.get(f"/orders/{self.friends[person]['id']}/explain").body

    # --- how a step is taken ---------------------------------------------------------------------------------------

    def _order(self, person, minor, *, worker=None, refusal=None, again=False, **hints):
        began = time.perf_counter()
        name = f"order-{person}-{self.run}"
        answer = self.shop.made(
            "/orders",
            external_id=name,
            status="paid",
            customer=self.customer(person),
            currency="EUR",
            subtotal_minor=minor,
            total_minor=minor,
            products=[{"sku": "BEANS-1KG", "name": "Espresso beans", "quantity": 1, "price_minor": minor}],
            placed_at=self.placed.setdefault(person, datetime.now(UTC).isoformat()),
            **hints,
        )
        if again:
            replayed = answer.headers.get("Idempotent-Replayed") == "true"
            self._note(
                f"{person}'s order is sent again", f"{answer.status}, replayed", answer.status == 200 and replayed
            )
            return
        self.friends[person] = answer.body
        keys = [reason["key"] for reason in answer.body.get("reasons", [])]
        if refusal:
            self._note(f"{person} orders for {minor / 100:.2f}", f"{answer.status}, {', '.join(keys)}", refusal in keys)
            return
        self._break()
        text, amounts = worker
        took, _ = self._wait(lambda: self._rewards(answer.body) == sorted(amounts))
        self._note(
            f"{person} orders for {minor / 100:.2f}",
            f"{answer.status}, a conversion",
            took and answer.status == 201,
            text,
            time.perf_counter() - began,
        )

    def _break(self):
        """What is broken is broken once: while the first order waits to be settled."""
        fault, self.fault = self.fault, lambda: None
        fault()

    def _wait(self, condition):
        began = time.perf_counter()
        while time.perf_counter() - began < PATIENCE_SECONDS:
            if condition():
                return True, time.perf_counter() - began
            time.sleep(_PAUSE_SECONDS)
        return False, time.perf_counter() - began

    def _rewards(self, order):
        """What each reward of this order is worth now, in minor units."""
        why = self.shop.get(f"/orders/{order['id']}/explain").body
        rewards = [reward for conversion in why.get("conversions", []) for reward in conversion["rewards"]]
        return sorted(reward["pending"]["amount_minor"] + reward["available"]["amount_minor"] for reward in rewards)

    def _balance(self, person):
        wallet = self.shop.get(f"/wallets/ext_{self.name(person)}").body
        for balance in wallet.get("balances", []):
            return balance["available"]["amount_minor"], balance["pending"]["amount_minor"]
        return 0, 0

    def _note(self, what, api, kept, worker="", seconds=None):
        if seconds is not None:
            worker = f"{worker} ({seconds * 1000:.0f} ms)"
        self.told.append(Step(what, api, worker, kept))
