"""Drain a lane (money, or the one named) until it is empty, as one worker process does."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django

django.setup()

from django.utils import timezone  # noqa: E402

from advocacy.outbox.drain import Interrupted, drain  # noqa: E402
from config import collecting  # noqa: E402


def main(lane="money"):
    collecting.rarely()
    while True:
        try:
            if not drain(lane, at=timezone.now()):
                return
        except Interrupted:
            continue


if __name__ == "__main__":
    main(*sys.argv[1:])
