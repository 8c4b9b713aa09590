"""``manage.py services``: the embedded PostgreSQL and Redis, in the foreground or around one command."""

import os
import shlex
import signal
import subprocess
import sys

from django.core.management.base import BaseCommand, CommandError

from config import services


class Command(BaseCommand):
    help = "Run the embedded PostgreSQL and Redis until Ctrl-C, or around a command: manage.py services -- command …"
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--private", metavar="NAME", help="throw-away servers, with data in DATA_DIR/NAME")
        parser.add_argument("command", nargs="*", help="a command to run with DATABASE_URL and REDIS_URL set")

    def handle(self, *, command, private, **options):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            with services.running(private=private, say=self.stderr.write) as addresses:
                if command:
                    sys.exit(_run(command, addresses))
                self._stay(addresses)
        except services.CannotStart as error:
            raise CommandError(str(error)) from None

    def _stay(self, addresses):
        for name, value in addresses.items():
            self.stdout.write(f"export {name}={shlex.quote(value)}")
        self.stderr.write("Running until Ctrl-C.")
        self.stdout.flush()
        try:
            signal.pause()
        except KeyboardInterrupt:
            self.stderr.write("Stopping.")


def _run(command, addresses):
    """The command's exit code; like a shell, 128 + the signal's number when a signal ended it."""
    try:
        process = subprocess.Popen(command, env=os.environ | addresses)
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from None
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue  # the command got it too and decides
        return code if code >= 0 else 128 - code
