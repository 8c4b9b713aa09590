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
            _manage("migrate", "--verbosity", "1")
            with stack.running(port=arguments.port) as running:
                print(f"Running at {running.base_url}; logs in {services.data_directory() / 'logs'}", flush=True)
                if not arguments.exit:
                    _stay()
    except services.CannotStart as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _arguments():
    parser = argparse.ArgumentParser(prog="bin/demo", description="The main job on real processes of this machine.")
    parser.add_argument("--exit", action="store_true", help="end when it is done instead of staying up until Ctrl-C")
    parser.add_argument("--port", type=int, default=8000, help="the first port to try (default: 8000)")
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


def _stay():
    print("Ctrl-C ends it.", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\nStopping; running tasks finish first.", flush=True)


if __name__ == "__main__":
    main()
