"""The embedded servers and the stack on them, really started and really killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config import services, stack
from tests.config.commands import Forked, manage
from tests.faults import workers

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")


@pytest.fixture(scope="module")
def folder():
    """A data folder of its own, as another checkout has."""
    folder = Path(tempfile.mkdtemp(prefix="place-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(folder, monkeypatch):
    """That folder as this process's, with nothing running on it before and after."""
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    yield folder
    assert wait_until_gone(folder) == []


def processes_of(place):
    """The living processes of a place, by their command lines; one may end between two looks at it."""
    found = {}
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            here = f"{place}" in command or process.environ().get("DATA_DIR") == f"{place}"
            if here and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found[process] = command
        except psutil.Error:
            continue
    return found


def eventually(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def wait_until_gone(place):
    eventually(lambda: not processes_of(place))
    return list(processes_of(place).values())


def answers(addresses):
    with psycopg.connect(addresses["DATABASE_URL"]) as database:
        return database.execute("SELECT 1").fetchone() == (1,) and redis.Redis.from_url(addresses["REDIS_URL"]).ping()


def named(place, word):
    return [one for one, command in processes_of(place).items() if word in command]


def test_a_second_start_finds_its_data(place):
    with services.running() as addresses, psycopg.connect(addresses["DATABASE_URL"]) as database:
        database.execute("CREATE TABLE kept AS SELECT 'alice' AS name")
    with services.running() as addresses, psycopg.connect(addresses["DATABASE_URL"]) as database:
        assert database.execute("SELECT name FROM kept").fetchone() == ("alice",)


def test_redis_refuses_new_work_rather_than_drop_old(place):
    with services.running() as addresses:
        assert redis.Redis.from_url(addresses["REDIS_URL"]).config_get("maxmemory-policy", "save") == {
            "maxmemory-policy": "noeviction",
            "save": "",
        }


def test_nobody_else_can_look_into_the_data(place):
    with services.running():
        modes = {name: (place / name).stat().st_mode & 0o077 for name in ("postgres", "redis", "logs")}
    assert modes == {"postgres": 0, "redis": 0, "logs": 0}


def test_an_install_of_the_database_that_was_cut_off_is_made_again(place, monkeypatch):
    new = place / "cut-off" / "postgres.new"
    new.mkdir(parents=True)
    (new / "PG_VERSION").write_text("18\n")
    monkeypatch.setenv("DATA_DIR", str(place / "cut-off"))
    with services.running() as addresses:
        assert answers(addresses)


def test_the_last_to_leave_stops_the_servers(place):
    with services.running() as addresses:
        with services.running() as same:
            assert same == addresses
        assert answers(addresses)


def test_the_servers_stay_for_the_second_when_the_first_is_killed(place):
    first = Forked("services")
    first.said.readline()
    with services.running() as addresses:
        before = {one.pid for one in named(place, "postgres")}
        first.end()
        time.sleep(0.5)
        assert answers(addresses)
        assert before <= {one.pid for one in named(place, "postgres")}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_process_outlives_the_command(place, number):
    command = Forked("services")
    addresses = [command.said.readline().removeprefix("export ").strip() for _ in range(2)]
    assert addresses == [
        f"DATABASE_URL='postgresql://postgres:@/postgres?host={place}/postgres'",
        f"REDIS_URL=unix://{place}/redis/redis.sock",
    ]
    command.end(number)
    assert wait_until_gone(place) == []


@on_linux
def test_no_server_outlives_its_keeper(place):
    command = Forked("services")
    command.said.readline()
    for keeper in named(place, "keeper.py"):
        keeper.kill()
    assert eventually(lambda: not named(place, "bin/postgres") and not named(place, "valkey"))
    with services.running() as addresses:
        assert answers(addresses)
    command.end()


@pytest.mark.parametrize("server", ["bin/postgres", "valkey-server"])
def test_a_killed_server_comes_back(place, server):
    with services.running() as addresses:
        (killed,) = named(place, server)
        killed.kill()
        assert eventually(lambda: {one.pid for one in named(place, server)} - {killed.pid})
        assert eventually(lambda: _answers_again(addresses))


def _answers_again(addresses):
    try:
        return answers(addresses)
    except (psycopg.Error, redis.RedisError):
        return False


def test_a_command_gets_the_addresses_and_its_exit_code_comes_back(place):
    asked = "import os, sys; print(os.environ['DATABASE_URL']); sys.exit(7)"
    command = manage("services", "--", sys.executable, "-c", asked)
    assert (command.stdout, command.returncode) == (f"postgresql://postgres:@/postgres?host={place}/postgres\n", 7)


def test_a_command_that_does_not_exist_is_named(place):
    assert Forked("services", "--", "no-such-command", stream=2).ended() == (
        "CommandError: no-such-command: No such file or directory\n",
        1,
    )


def test_a_real_server_takes_the_place_of_ours(place, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.com/acme")
    with services.running() as addresses:
        assert addresses["DATABASE_URL"] == "postgresql://db.example.com/acme"
        assert redis.Redis.from_url(addresses["REDIS_URL"]).ping()
        assert named(place, "postgres") == []


def test_two_test_runs_at_once_have_different_servers(place):
    with services.running(private="test") as first, services.running(private="test") as second:
        assert first["DATABASE_URL"].endswith(f"{place}/test/postgres")
        assert second["DATABASE_URL"].endswith(f"{place}/test-2/postgres")


@pytest.mark.parametrize("name", ["d" * 120, "with space, ümläut"])
def test_a_folder_whose_path_no_socket_can_have_gets_a_short_one(place, monkeypatch, name):
    data = place / name
    monkeypatch.setenv("DATA_DIR", str(data))
    sockets = Path(services.addresses(data)["REDIS_URL"].removeprefix("unix://")).parent.parent
    assert sockets.parent == Path("/tmp")
    assert services.addresses(place / ("e" * 120)) != services.addresses(data)
    try:
        with services.running() as addresses:
            assert answers(addresses)
            assert sockets.stat().st_mode & 0o066 == 0
    finally:
        shutil.rmtree(sockets)


@as_root
def test_a_folder_that_another_user_put_there_is_refused(place, monkeypatch):
    data = place / ("d" * 120)
    sockets = Path(services.addresses(data)["REDIS_URL"].removeprefix("unix://")).parent.parent
    sockets.mkdir()
    os.chown(sockets, 12345, 12345)
    monkeypatch.setenv("DATA_DIR", str(data))
    try:
        with pytest.raises(services.CannotStart, match=f"{sockets} belongs to another user"), services.running():
            pass
    finally:
        sockets.rmdir()


@as_root
def test_root_is_told_which_folders_open_before_they_do(place):
    place.chmod(0o700)
    said = []
    with services.running(say=lambda words: said.append((words, place.stat().st_mode & 0o777))):
        opened = place.stat().st_mode & 0o777
    place.chmod(0o711)
    ((words, mode),) = said
    assert words.endswith(f"(not to list): {place}")
    assert (mode, opened) == (0o700, 0o701)


def test_a_command_without_servers_says_what_to_start(place):
    assert manage("shell", "-c", "").stderr.splitlines()[0] == (
        f"PostgreSQL and Redis of {place} do not run. In another terminal, start bin/demo, or: "
        "MODE=development python manage.py services"
    )


def test_a_taken_port_is_passed_over_with_a_word():
    said = []
    first = stack.free_port(18000, say=said.append)
    with socket.create_server(("127.0.0.1", first)):
        second = stack.free_port(first, say=said.append)
    assert second > first
    assert said[-1] == f"port {first} is taken, using {second}"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the hold is a name of Linux's own")
def test_two_stacks_that_start_at_one_moment_take_two_ports():
    first, held = stack._reserve(18040, print)
    second, too = stack._reserve(18040, print)
    assert first != second
    held.close()
    too.close()
    again, held = stack._reserve(18040, print)
    assert again == first
    held.close()


STACK = """
    import os, time
    from config import services, stack
    os.sched_getaffinity = lambda process: {0}  # one web worker is as much of a stack as several
    with services.running() as addresses:
        os.environ.update(addresses)
        with stack.running(port=18100, say=lambda words: None) as running:
            running.kill("web")
            print(running.base_url, flush=True)
            time.sleep(100)
"""


@pytest.fixture
def database(transactional_db):
    """The test's own, whose tables are made."""
    return {"DATABASE_URL": workers.environment()["DATABASE_URL"]}


def test_the_stack_heals_itself_and_ends_with_a_killed_supervisor(database, place):
    """Its Redis is the place's: it ends with the supervisor, and not before the workers."""
    program = textwrap.dedent(STACK)
    supervisor = subprocess.Popen(
        (sys.executable, "-c", program),
        cwd=services.CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | database | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    address = supervisor.stdout.readline().strip()
    assert eventually(lambda: _serves(f"{address}/healthz"))
    kinds = ("money,people,out", "bulk", "webhooks,mail,shops", "beat", "granian")
    assert all(named(place, kind) for kind in kinds)
    supervisor.kill()
    supervisor.communicate(timeout=120)
    assert wait_until_gone(place) == []


def _serves(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
