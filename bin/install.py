"""Make .venv and install a requirements file into it, unless that is done already. Only the standard library here."""

import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = CHECKOUT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
# A requirements file may include the other: its stamp then covers both.
INCLUDES = {"requirements.txt": [], "requirements-dev.txt": ["requirements.txt"]}
# The one that comes with Python may be years old: that of 3.11 took nearly twice the processor for the same packages.
PIP = "pip==26.3"


def main(wanted):
    with open(CHECKOUT / ".venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not works():
            make_environment()
        if not is_installed(wanted):
            install(wanted)


def works():
    """A half-made environment has no pip; one whose Python was upgraded away does not start."""
    try:
        return subprocess.run((PYTHON, "-c", "import pip"), check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def make_environment():
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"{sys.executable} lacks the module {missing[0]}, which makes virtual environments. "
            f"On Debian or Ubuntu: apt-get install python{version}-venv; elsewhere install a complete Python."
        )
    print(f"Making .venv with Python {sys.version.split()[0]} ({sys.executable})", flush=True)
    run(sys.executable, "-m", "venv", "--clear", ENVIRONMENT)


def is_installed(wanted):
    return any(stamp(name).is_file() and stamp(name).read_text() == fingerprint(name) for name in covering(wanted))


def covering(wanted):
    return [wanted] + [name for name, included in INCLUDES.items() if wanted in included]


def install(wanted):
    """The stamps go first and come back last, so that an install that was cut off is done again."""
    print(f"Installing {wanted} into .venv (the first time takes about a minute)", flush=True)
    started = time.monotonic()
    for name in INCLUDES:
        stamp(name).unlink(missing_ok=True)
    # Python compiles what it imports, about a quarter of what is installed.
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile")
    if subprocess.run((*pip, PIP), check=False).returncode:
        print("The index has no newer pip; the one that is there does it too, more slowly.", flush=True)
    if subprocess.run((*pip, "--requirement", CHECKOUT / wanted), check=False).returncode:
        sys.exit(
            "pip could not install the requirements; its message is above. It needs to reach a package index: "
            "the network, or the index and proxy of your own pip configuration (python3 -m pip config list)."
        )
    stamp(wanted).write_text(fingerprint(wanted))
    print(f"Installed in {time.monotonic() - started:.0f} s", flush=True)


def stamp(name):
    return ENVIRONMENT / f"{name}.installed"


def fingerprint(name):
    content = b"".join((CHECKOUT / one).read_bytes() for one in (*INCLUDES[name], name))
    return hashlib.sha256(content).hexdigest()


def run(*command):
    if subprocess.run(command, check=False).returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit(f"This failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main(sys.argv[1])
