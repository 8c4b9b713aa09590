"""The whole product on this machine, as separate processes like in production: web, workers and beat.

The caller has the settings in its environment (``config.services`` gives the addresses). A process that exits by itself
is started again: a Celery worker may, after it lost Redis twice. None outlives the caller, even one ended by kill -9.
"""

import contextlib
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request

from config import services
from config.keeper import Keeper

_WORKER = ("celery", "-A", "config", "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle", "-c", "2")
_RESPAWN = ("--respawn-failed-workers", "--respawn-interval", "1")
# Webhooks and mail wait for others' servers: 16 threads, so that a slow one is in nobody's way.
_THREADS = (*_WORKER[:-2], "--pool", "threads", "-c", "16")
# Started in this order, stopped in the opposite one. Mail and bulk work never delay what decides about money.
PROCESSES = {
    "worker": (*_WORKER, "-Q", "money,people,out"),
    "worker-bulk": (*_WORKER, "-Q", "bulk"),
    "worker-out": (*_THREADS, "-Q", "webhooks,mail,shops"),
    "beat": ("celery", "-A", "config", "beat", "--loglevel", "INFO"),
    "web": ("granian", "--interface", "wsgi", "--blocking-threads", "32", "--workers-kill-timeout", "5", *_RESPAWN),
}
# SIGTERM lets a worker finish its running tasks; none may take longer than CELERY_TASK_TIME_LIMIT.
_PATIENCE_SECONDS = 70
_START_SECONDS = 120
_EXITS_TOO_MANY = 3
_PORTS_TRIED = 100


class Stack:
    def __init__(self, keeper, base_url):
        self._keeper, self.base_url = keeper, base_url

    @property
    def processes(self):
        """``{name: process id}``; None while one is being started again."""
        return {name: state["pid"] for name, state in self._keeper.state().items()}

    def kill(self, name, number=signal.SIGKILL):
        """Send a signal to a process with its children, as a machine that loses power would."""
        os.killpg(self.processes[name], number)


@contextlib.contextmanager
def running(*, port=8000, say=print):
    logs = services.data_directory() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    port, reserved = _reserve(port, say)
    base_url = f"http://localhost:{port}"
    environment = {"BASE_URL": base_url, "PYTHONUNBUFFERED": "1"} | os.environ
    # Workers that lose Redis while they stop would wait for it: when we are killed, it must end after them.
    redis = services.keeper_of(environment.get("REDIS_URL", ""))
    keeper = Keeper.start(log=logs / "keeper.log", holding=redis)
    try:
        for name in PROCESSES:
            keeper.run(
                name,
                _command(name, port),
                log=logs / f"{name}.log",
                environment=environment,
                folder=services.CHECKOUT,
                patience=_PATIENCE_SECONDS,
            )
        _wait_until_healthy(keeper, f"http://127.0.0.1:{port}/healthz", logs)
        yield Stack(keeper, base_url)
    finally:
        keeper.leave()
        if reserved:
            reserved.close()


def _reserve(port, say):
    """``(port, hold)``: a free port that no other stack of this machine takes while ``hold`` is open.

    A web server binds with SO_REUSEPORT, so two that chose the same moment would share a port and mix their callers.
    """
    if not sys.platform.startswith("linux"):
        return free_port(port, say=say), None
    for candidate in range(port, port + _PORTS_TRIED):
        hold = socket.socket(socket.AF_UNIX)
        try:
            hold.bind(f"\0advocacy-port-{candidate}")  # a name of the kernel's own, gone with its process
        except OSError:
            hold.close()
            continue
        if _is_free(candidate):
            if candidate != port:
                say(f"port {port} is taken, using {candidate}")
            return candidate, hold
        hold.close()
    raise services.CannotStart(f"The ports {port} to {port + _PORTS_TRIED - 1} are all taken.")


def free_port(port, *, say=print):
    """The first port from there on that nobody listens on."""
    for candidate in range(port, port + _PORTS_TRIED):
        if _is_free(candidate):
            if candidate != port:
                say(f"port {port} is taken, using {candidate}")
            return candidate
    raise services.CannotStart(f"The ports {port} to {port + _PORTS_TRIED - 1} are all taken.")


def _is_free(port):
    with socket.socket() as probe:
        # A port is not taken by connections that an earlier server has closed.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _command(name, port):
    module, *arguments = PROCESSES[name]
    if name == "web":
        workers = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        arguments += ["--host", "127.0.0.1", "--port", str(port), "--workers", workers, "config.wsgi:application"]
    elif name != "beat":
        # Two stacks on one Redis need two names.
        arguments += ["-n", f"{name}-{port}@%h"]
    return (sys.executable, "-m", module, *arguments)


def _wait_until_healthy(keeper, address, logs):
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        failing = [name for name, state in keeper.state().items() if state["exits"] >= _EXITS_TOO_MANY]
        if failing:
            raise services.CannotStart(f"{failing[0]} exits again and again. {_last_words(failing[0], logs)}")
        if _is_healthy(address):
            return
        time.sleep(0.1)
    raise services.CannotStart(f"{address} did not answer in {_START_SECONDS} s. " + _last_words("web", logs))


def _is_healthy(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200  # noqa: PLR2004
    except urllib.error.HTTPError as error:
        return error.code == 404  # noqa: PLR2004 (served, by a URLconf without that endpoint)
    except OSError:
        return False


def _last_words(name, logs):
    log = logs / f"{name}.log"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else ""
    return f"The end of {log} says:\n{tail}"
