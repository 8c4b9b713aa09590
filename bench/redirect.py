"""The redirect with its stored click, against a view that only redirects: the same web server, in the same run.

The view is measured twice: in a Django that has nothing else at all, which the goal is about; and as a view of this
product, behind its middleware, to see what that costs.
"""

import contextlib
import statistics
import sys

from bench import ground, web

GOAL = 0.33
# Requests a second that are due, and how long 99 of 100 may take.
STEADY, STEADY_SECONDS, SLOWEST_GOAL_MS = 500, 10, 25
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
            name: (stack.enter_context(web.served(application, environment)), [prefix + code for code in codes])
            for name, (application, environment, prefix) in SERVERS.items()
        }
        warm_up = {name: web.load(1, *target) for name, target in targets.items()}
        rounds = [{name: web.load(SECONDS, *target) for name, target in targets.items()} for _ in range(ROUNDS)]
        factor = min(statistics.median(web.rate(each[ALONE]) for each in rounds) / web.BARE, 1.0)
        steady = web.load(STEADY_SECONDS, *targets[REDIRECT], rate=STEADY * factor)
        _check_clicks([*(each[REDIRECT] for each in (warm_up, *rounds)), steady])
    for name in SERVERS:
        rates = [round(web.rate(each[name])) for each in rounds]
        latencies = " ".join("{}/{}".format(*each[name]["latency_ms"]) for each in rounds)
        print(f"{name}: {rates} a second; latency {latencies} ms (middle/99 %)")
    print(f"redirect with its stored click ÷ {BARE}: {_ratio(rounds, BARE):.2f} (for information)")
    print(f"at {STEADY * factor:.0f} a second: {{}}/{{}} ms (middle/99 %)".format(*steady["latency_ms"]))
    failed = ground.verdict(f"redirect with its stored click ÷ {ALONE}", _ratio(rounds, ALONE), GOAL)
    return failed + ground.at_most("99 of 100, ms", steady["latency_ms"][1], SLOWEST_GOAL_MS, factor=factor)


def _ratio(rounds, name):
    return statistics.median(web.rate(each[REDIRECT]) / web.rate(each[name]) for each in rounds)


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


def _check_clicks(results):
    from referrals.models import Click  # noqa: PLC0415

    answered, stored = sum(result["statuses"]["302"] for result in results), Click.objects.count()
    print(f"{answered} redirects were answered, {stored} clicks are stored")
    if answered != stored:
        raise SystemExit("Every redirect must have stored its click.")


if __name__ == "__main__":
    sys.exit(main())
