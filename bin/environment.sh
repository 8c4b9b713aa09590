# Read by bin/demo and bin/test: finds a Python, makes .venv with the requirements, and leaves its Python in $python.
# shellcheck shell=sh

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# prepare_environment requirements.txt
prepare_environment() {
    if ! system_python=$(find_python); then
        echo "Python 3.11 or newer is needed, and none was found as python3, python3.13, python3.12 or python3.11." >&2
        if command -v python3 >/dev/null 2>&1; then
            echo "python3 is $(python3 --version 2>&1)." >&2
        fi
        echo "Install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.12; or https://www.python.org/downloads/)." >&2
        exit 1
    fi
    # Each process that is started would compile the project anew.
    unset PYTHONDONTWRITEBYTECODE
    "$system_python" bin/install.py "$1" || exit 1
    python=$PWD/.venv/bin/python
    PATH=$PWD/.venv/bin:$PATH
    export PATH
}
