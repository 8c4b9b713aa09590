"""``manage.py …`` beside a test, as a new process or as a copy of this one."""

import os
import signal
import subprocess
import sys

from django.core import management
from django.db import connection

from config import services


def manage(*arguments):
    """``manage.py …`` as a process of its own."""
    command = (sys.executable, "manage.py", *arguments)
    return subprocess.run(command, cwd=services.CHECKOUT, capture_output=True, text=True, check=False, timeout=120)


class Forked:
    """``manage.py …`` in a copy of this process, which has loaded what a new one takes seconds for.

    In a group of its own like a job of a terminal. ``said`` is what it writes to ``stream``: 1 or 2.
    """

    def __init__(self, *arguments, stream=1):
        ours, theirs = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _be_manage(arguments, stream=stream, to=theirs)
        os.close(theirs)
        self.said = os.fdopen(ours)

    def end(self, number=signal.SIGKILL):
        os.killpg(self.pid, number)
        return self.ended()

    def ended(self):
        """The rest of what it said, and its exit code."""
        with self.said:
            return self.said.read(), os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _be_manage(arguments, *, stream, to):
    code = 1
    try:
        os.setpgid(0, 0)
        # What the parent has open stays the parent's.
        connection.connection = None
        streams = {number: to if number == stream else os.open(os.devnull, os.O_WRONLY) for number in (1, 2)}
        sys.stdout, sys.stderr = (os.fdopen(streams[number], "w") for number in (1, 2))
        # A run in the background ignores them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        management.execute_from_command_line(["manage.py", *arguments])
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
