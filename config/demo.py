"""``bin/demo``: the whole product on this machine."""

import argparse
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from config import environment, services, stack

LEAST_CUSTOMERS, MOST_CUSTOMERS, BAR = 20, 1_000_000, 40
# Tallies of larger stores are left to the workers, who make them within a quarter of an hour.
MOST_COUNTED_NOW = 20_000


def main():
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    environment.read_file(services.CHECKOUT)
    try:
        _settle_environment(years_of_clicks=arguments.customers > 0)
        with services.running() as addresses:
            os.environ.update(addresses)
            print("Bringing the database's tables up to date", flush=True)
            _manage("migrate", "--verbosity", "0")
            with stack.running(port=arguments.port) as running:
                kept = _tell(running, fault=arguments.fault)
                if arguments.customers:
                    _simulate(arguments.customers, arguments.seed, running)
                if arguments.customers <= MOST_COUNTED_NOW:
                    _count_as_by_night()
                if not arguments.exit:
                    _stay(running)
        if not kept:
            sys.exit(1)
    except services.CannotStart as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _arguments():
    parser = argparse.ArgumentParser(prog="bin/demo", description="The main job on real processes of this machine.")
    parser.add_argument("--exit", action="store_true", help="end when it is done instead of staying up until Ctrl-C")
    parser.add_argument("--port", type=int, default=8000, help="the first port to try (default: 8000)")
    parser.add_argument(
        "--customers",
        type=_customers,
        default=0,
        metavar="N",
        help="also load a simulated store of about so many customers, with orders over two years and known truths",
    )
    parser.add_argument("--seed", type=int, default=1, help="which simulated store (default: 1)")
    parser.add_argument(
        "--fault", choices=("worker", "redis"), help="kill it with -9 in the middle of the story, which must not matter"
    )
    return parser.parse_args()


def _customers(text):
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not LEAST_CUSTOMERS <= number <= MOST_CUSTOMERS:
        raise argparse.ArgumentTypeError(f"write a number from {LEAST_CUSTOMERS} to {MOST_CUSTOMERS}")
    return number


def _settle_environment(*, years_of_clicks):
    data = services.make_data_directory()
    if years_of_clicks:
        os.environ.setdefault("CLICK_RETENTION_DAYS", "800")
    os.environ.setdefault("MODE", "development")
    os.environ.setdefault("SECRET_KEY", _kept_secret(data / "secret_key"))
    os.environ.setdefault("EMAIL_URL", f"filemail:///{quote(str(data / 'mail'))}")


def _kept_secret(path: Path):
    """A random key of this checkout, the same at every start so that sessions last."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(60))
    return path.read_text()


def _manage(*arguments):
    subprocess.run((sys.executable, "manage.py", *arguments), cwd=services.CHECKOUT, check=True)


def _tell(running, *, fault):
    """Tell the story and show it; whether everything in it came true."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Addresses that are written down, such as that of the terms, name the port that was found free.
    os.environ.setdefault("BASE_URL", running.base_url)
    import django  # noqa: PLC0415 (the settings need the addresses)

    django.setup()
    from config.story import show, stage  # noqa: PLC0415
    from config.story.storefront import Storefront  # noqa: PLC0415
    from config.story.tale import Tale  # noqa: PLC0415

    setting = stage.set_up()
    tale = Tale(
        Storefront(running.base_url, setting.token),
        setting.program,
        run=secrets.token_hex(3),
        fault=lambda: _break(running, fault),
    )
    steps = tale.tell()
    print("\n" + show.table(steps), show.balances(tale.balances), sep="\n\n")
    print("\n" + show.why(tale.why("fred")) + "\n", flush=True)
    print(_where(running, tale, stage), flush=True)
    return all(step.kept for step in steps)


def _count_as_by_night():
    """What workers else count once a night, so that the page Metrics shows it now: the models' own worker is asked."""
    from django.utils import timezone  # noqa: PLC0415

    from referrals import buyers, growth, predictions  # noqa: PLC0415

    for program in growth.due(at=timezone.now()):
        growth.count(program=program, at=timezone.now())
    buyers.recount(at=timezone.now())
    predictions.begin(at=timezone.now())


def _simulate(customers, seed, running):
    from config.simulated_store import demonstrating  # noqa: PLC0415
    from config.simulated_store.truth import Truth  # noqa: PLC0415

    path = services.data_directory() / f"truth-{customers}-{seed}.json"
    print(f"\nLoading a simulated store of {customers:,} customers", flush=True)
    try:
        told = demonstrating.load(Truth(customers=customers, seed=seed), path=path, bar=_bar)
    except demonstrating.Failed as failure:
        sys.exit(str(failure))
    print(f"\n{told}\nIts numbers are on {running.base_url}/admin/metrics/", flush=True)


def _bar(what, done, total):
    """A line that is written over until it is full; where nobody looks on, only the full one is written."""
    full, drawn = done >= total, "#" * (BAR * done // max(total, 1))
    if full or sys.stdout.isatty():
        start, end = "\r" if sys.stdout.isatty() else "", "\n" if full else ""
        print(f"{start}  {what:<10} [{drawn:<{BAR}}] {done:,} of {total:,}", end=end, flush=True)


def _break(running, fault):
    if fault == "worker":
        running.kill("worker")
    elif fault == "redis":
        import redis  # noqa: PLC0415

        os.kill(redis.Redis.from_url(os.environ["REDIS_URL"]).info("server")["process_id"], signal.SIGKILL)
    if fault:
        print(f"({fault} was killed with -9)", flush=True)


def _where(running, tale, stage):
    return "\n".join(
        (
            f"Admin        {running.base_url}/admin/   {stage.ADMIN_EMAIL} / {stage.ADMIN_PASSWORD}",
            f"API          {running.base_url}/api/v1/docs",
            f"  its key    {tale.token}",
            f"A link       {tale.advocates['alice']['links'][0]['url']}",
            f"Portal       {running.base_url}/portal/   sign in as {tale.customer('alice')['email']}",
            f"  its mails  {services.data_directory() / 'mail'}",
            f"Logs         {services.data_directory() / 'logs'}",
        )
    )


def _stay(running):
    print(f"\nRunning at {running.base_url}. Ctrl-C ends it.", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\nStopping; running tasks finish first.", flush=True)


if __name__ == "__main__":
    main()
