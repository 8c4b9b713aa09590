"""The redirect with its stored click, against a view that only redirects: the same web server, in the same run."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

from bench import ground
from config import services
from config.stack import PROCESSES, free_port

GOAL = 0.25
LINKS = 200
ROUNDS, SECONDS = 5, 4
APPLICATIONS = {"bare view": "bench.bare:application", "redirect": "config.wsgi:application"}


def main():
    with ground.database(), contextlib.ExitStack() as stack:
        codes = _links()
        ports = {name: stack.enter_context(_served(application)) for name, application in APPLICATIONS.items()}
        paths = [f"/r/{code}" for code in codes]
        warm_up = [_load(port, 1, paths) for port in ports.values()]
        rounds = [{name: _load(port, SECONDS, paths) for name, port in ports.items()} for _ in range(ROUNDS)]
        _check_clicks([warm_up[1], *(each["redirect"] for each in rounds)])
    for name in APPLICATIONS:
        rates = [round(_rate(each[name])) for each in rounds]
        latencies = " ".join("{}/{}".format(*each[name]["latency_ms"]) for each in rounds)
        print(f"{name}: {rates} redirects a second; latency {latencies} ms (middle/99 %)")
    ratio = statistics.median(_rate(each["redirect"]) / _rate(each["bare view"]) for each in rounds)
    return ground.verdict("redirect with its stored click ÷ bare view's redirect", ratio, GOAL)


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
def _served(application):
    """The port of a server with the options of production."""
    port = free_port(8300)
    workers = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    command = (sys.executable, "-m", *PROCESSES["web"], "--host", "127.0.0.1", "--port", str(port))
    command += ("--workers", workers, "--log-level", "warning", application)
    server = subprocess.Popen(command, cwd=services.CHECKOUT)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port):
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The web server does not answer.")


def _load(port, seconds, paths):
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
