"""The redirect with its stored click, against a view that only redirects: the same web server, in the same run.

The view is measured twice: in a Django that has nothing else at all, which the goal is about; and as a view of this
product, behind its middleware, to see what that costs.
"""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time

from bench import ground
from config import services
from config.stack import PROCESSES, free_port

GOAL = 0.33
LINKS = 200
ROUNDS, SECONDS = 5, 4
REDIRECT, BARE, ALONE = "redirect", "bare view", "bare view without middleware"
# By name: the WSGI application, what is added to its environment, where its view is.
SERVERS = {
    BARE: ("bench.bare:application", {}, "/bare/"),
    ALONE: ("bench.bare:application", {"BENCH_BARE": "yes"}, "/bare/"),
    REDIRECT: ("config.wsgi:application", {}, "/r/"),
}


def main():
    with ground.database(), contextlib.ExitStack() as stack:
        codes = _links()
        targets = {
            name: (stack.enter_context(served(application, environment)), [prefix + code for code in codes])
            for name, (application, environment, prefix) in SERVERS.items()
        }
        warm_up = {name: _load(1, *target) for name, target in targets.items()}
        rounds = [{name: _load(SECONDS, *target) for name, target in targets.items()} for _ in range(ROUNDS)]
        _check_clicks([each[REDIRECT] for each in (warm_up, *rounds)])
    for name in SERVERS:
        rates = [round(_rate(each[name])) for each in rounds]
        latencies = " ".join("{}/{}".format(*each[name]["latency_ms"]) for each in rounds)
        print(f"{name}: {rates} a second; latency {latencies} ms (middle/99 %)")
    print(f"redirect with its stored click ÷ {BARE}: {_ratio(rounds, BARE):.2f} (for information)")
    return ground.verdict(f"redirect with its stored click ÷ {ALONE}", _ratio(rounds, ALONE), GOAL)


def _ratio(rounds, name):
    return statistics.median(_rate(each[REDIRECT]) / _rate(each[name]) for each in rounds)


def _links():
    """Codes that lead straight to the shop."""
    from advocacy import customers  # noqa: PLC0415 (Django is set up first)
    from advocacy.models import LinkTarget, Program, Storefront  # noqa: PLC0415
    from referrals import clicks, links  # noqa: PLC0415

    clicks.keep_partitions(at=ground.NOW)
    storefront = Storefront.objects.create(name="Acme", slug="acme")
    program = Program.objects.create(
        storefront=storefront,
        name="Friends",
        slug="friends",
        destination="https://acme.example/welcome?ref={code}",
        link_target=LinkTarget.DESTINATION,
    )
    for number in range(LINKS):
        person, _ = customers.upsert(storefront=storefront, fields={"external_id": str(number)}, at=ground.NOW)
        links.enrol(program=program, customer=person, code=f"BENCH-{number}", at=ground.NOW)
    return [f"BENCH-{number}" for number in range(LINKS)]


@contextlib.contextmanager
def served(application, environment):
    """The port of a server with the options of production."""
    port = free_port(8300, say=lambda words: None)
    workers = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    command = (sys.executable, "-m", *PROCESSES["web"], "--host", "127.0.0.1", "--port", str(port))
    command += ("--workers", workers, "--log-level", "warning", application)
    server = subprocess.Popen(command, cwd=services.CHECKOUT, env=os.environ | environment)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port):
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise SystemExit("The web server does not answer.")


def _load(seconds, port, paths):
    command = (sys.executable, "-m", "bench.load", str(port), str(seconds), *paths)
    result = json.loads(subprocess.run(command, cwd=services.CHECKOUT, check=True, stdout=subprocess.PIPE).stdout)
    if set(result["statuses"]) != {"302"}:
        raise SystemExit(f"Not every answer was a redirect: {result['statuses']}")
    return result


def _rate(result):
    return result["statuses"]["302"] / result["seconds"]


def _check_clicks(results):
    from referrals.models import Click  # noqa: PLC0415

    answered, stored = sum(result["statuses"]["302"] for result in results), Click.objects.count()
    print(f"{answered} redirects were answered, {stored} clicks are stored")
    if answered != stored:
        raise SystemExit("Every redirect must have stored its click.")


if __name__ == "__main__":
    sys.exit(main())
