"""A process that keeps other processes running for somebody, and ends them when he is gone, even by kill -9.

``Keeper`` is the caller's end of a socket. At the other end this file runs as a program in a session of its own, so
that Ctrl-C in the terminal does not reach what it keeps; it starts what it is asked to, starts again what exits by
itself, and stops everything, last started first, when the last caller's end is closed. Plain Python: no Django here.
"""

import contextlib
import ctypes
import fcntl
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_BEAT_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5


class Keeper:
    """The caller's end. What was started lives while at least one caller's end is open."""

    def __init__(self, connection, process=None):
        self._connection, self._process = connection, process
        self._answers = connection.makefile("rb")

    @classmethod
    def start(cls, *, log, lock=None, listen=None, holding=None):
        """A new keeper. With ``listen`` others can join it; ``lock`` lets it wait for the end of the one before.

        ``holding`` is another keeper that must not end before this one has.
        """
        ours, theirs = socket.socketpair()
        shared = [] if listen is None else [str(lock), str(listen)]
        # -P: a module of ours must not stand in for one of the standard library or of a package.
        command = [sys.executable, "-P", os.path.abspath(__file__), *shared]
        with open(log, "ab") as errors, theirs:
            process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                pass_fds=[holding.fileno()] if holding else [],
            )
        if holding:
            holding.hand_over()
        return cls(ours, process)

    @classmethod
    def join(cls, listen):
        """The keeper that listens there, or None."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(listen))
            keeper = cls(connection)
            keeper.state()
        except OSError:
            connection.close()
            return None
        return keeper

    def fileno(self):
        return self._connection.fileno()

    def hand_over(self):
        """Close our copy of an end that another process has too."""
        self._answers.close()
        self._connection.close()

    def run(self, name, argv, *, log, environment=None, folder=None, user=None, stop=signal.SIGTERM, patience=20):
        """Start a process, unless one of this name is kept already. ``user``: (uid, gid) to become."""
        return self._ask(
            {"name": name, "argv": [str(part) for part in argv], "log": str(log), "folder": folder and str(folder)}
            | {"environment": environment or dict(os.environ), "user": user, "stop": int(stop), "patience": patience}
        )

    def state(self):
        """``{name: {"pid": …, "exits": how often it exited by itself}}``"""
        return self._ask({})

    def leave(self):
        """Give up our end. If it was the last, return when everything has stopped."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
            others_stay = self._answers.read()
        self._connection.close()
        if self._process and not others_stay:
            self._process.wait()

    def _ask(self, request):
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        answer = self._answers.readline()
        if not answer:
            raise ConnectionResetError("The process that keeps the others has ended.")
        return json.loads(answer)


class _Kept:
    """One process that is kept."""

    def __init__(self, order):
        self.order, self.exits, self.process = order, 0, None
        self.start()

    def start(self):
        order, self.due, self.started = self.order, None, time.monotonic()
        as_user = {} if not order["user"] else dict(zip(("user", "group"), order["user"], strict=True), extra_groups=[])
        with open(order["log"], "ab") as log:
            self.process = subprocess.Popen(
                order["argv"],
                env=order["environment"],
                cwd=order["folder"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=functools.partial(_end_with_parent, os.getpid(), order["stop"]),  # noqa: PLW1509 (no threads here)
                **as_user,
            )

    def look_after(self):
        """Start it again when it has exited by itself: soon, then, if it goes on so, ever later."""
        now = time.monotonic()
        if self.due is None and self.process.poll() is not None:
            self._sweep()
            self.exits += 1
            lasted = now - self.started > _LONGEST_PAUSE_SECONDS
            self.due = now + (0.1 if lasted else min(0.1 * 2**self.exits, _LONGEST_PAUSE_SECONDS))
        elif self.due is not None and now >= self.due:
            self.start()

    def ask_to_end(self):
        if self.due is None and self.process.poll() is None:
            self.process.send_signal(self.order["stop"])

    def end(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.order["patience"])
        self._sweep()
        self.process.wait()

    def _sweep(self):
        """Nothing that it started may outlive it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def state(self):
        return {"pid": None if self.due else self.process.pid, "exits": self.exits}


def _end_with_parent(parent, stop):
    """Where Linux has it, the kernel stops the child when the keeper itself was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, stop)
        if os.getppid() != parent:
            os._exit(1)


def _answer(request, kept):
    if request and request["name"] not in kept:
        kept[request["name"]] = _Kept(request)
    return {name: one.state for name, one in kept.items()}


def _hear(caller, unread, kept):
    """Read what the caller says; False when he has gone."""
    try:
        said = caller.recv(1 << 16)
        *requests, unread[caller] = (unread[caller] + said).split(b"\n")
        for request in requests:
            caller.sendall(json.dumps(_answer(json.loads(request), kept)).encode() + b"\n")
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        return False
    return bool(said)


def _serve(unread, listener, kept):
    """Until the last callers are gone. They are returned still open: our end is their sign that all has stopped."""
    while True:
        gone = []
        for ready in select.select([*unread, *listener], [], [], _BEAT_SECONDS)[0]:
            if ready in listener:
                unread[ready.accept()[0]] = b""
            elif not _hear(ready, unread, kept):
                gone.append(ready)
                del unread[ready]
        if not unread:
            return gone
        for caller in gone:
            with caller, contextlib.suppress(OSError):
                caller.sendall(b"others stay")
        for one in kept.values():
            one.look_after()


def _listen(lock, path):
    """Wait until the keeper before us is gone, then take its address."""
    held = open(lock, "w")  # noqa: SIM115 (held until this process ends)
    fcntl.flock(held, fcntl.LOCK_EX)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(64)
    return held, listener


def _main(shared):
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    first = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    held, listener = _listen(*shared) if shared else (None, None)
    kept, last = {}, first
    try:
        last = _serve({first: b""}, [listener] if listener else [], kept)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if listener:
            os.unlink(shared[1])
            listener.close()
        for one in reversed(kept.values()):
            one.ask_to_end()
        for one in kept.values():
            one.end()
    return held, last


if __name__ == "__main__":
    _main(sys.argv[1:])
