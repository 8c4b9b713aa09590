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


def main():
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    environment.read_file(services.CHECKOUT)
    try:
        _settle_environment()
        with services.running() as addresses:
            os.environ.update(addresses)
            print("Bringing the database's tables up to date", flush=True)
            _manage("migrate", "--verbosity", "0")
            with stack.running(port=arguments.port) as running:
                kept = _tell(running, fault=arguments.fault)
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
        "--fault", choices=("worker", "redis"), help="kill it with -9 in the middle of the story, which must not matter"
    )
    return parser.parse_args()


def _settle_environment():
    data = services.make_data_directory()
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
