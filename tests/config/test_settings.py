"""Every setting is written down, and a wrong value is refused in words that say what to write."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import services

CHECKOUT = Path(__file__).parents[2]
PRODUCTION = Path(__file__).with_name("production.env")
READING = re.compile(r"""(?:environment\.\w+|environ\.get)\(\s*"([A-Z][A-Z_]+)\"""")
WRITTEN = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=", re.MULTILINE)


def variables():
    sources = (CHECKOUT / "config" / name for name in ("settings.py", "environment.py", "services.py"))
    return sorted({name for source in sources for name in READING.findall(source.read_text())})


@pytest.fixture
def production(monkeypatch):
    """The environment of a well-kept production, and nothing else."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in _lines(PRODUCTION):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENV_FILE", "")
    return monkeypatch


def _lines(path):
    return [line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]


def settings():
    return runpy.run_path(str(CHECKOUT / "config" / "settings.py"))


def test_the_environment_is_read_where_it_is_known_to_be_read():
    assert {"MODE", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DATA_DIR", "ENV_FILE", "LOG_LEVEL"} <= set(variables())


@pytest.mark.parametrize("name", variables())
def test_every_variable_is_in_the_example(name):
    assert name in WRITTEN.findall((CHECKOUT / ".env.example").read_text())


@pytest.mark.parametrize("name", variables())
def test_every_variable_is_in_the_handbook(name):
    assert f"| `{name}` |" in (CHECKOUT / "docs" / "operations.md").read_text()


def test_the_example_and_the_handbook_name_nothing_that_is_not_read():
    example = set(WRITTEN.findall((CHECKOUT / ".env.example").read_text()))
    handbook = set(re.findall(r"^\| `([A-Z_]+)` \|", (CHECKOUT / "docs" / "operations.md").read_text(), re.MULTILINE))
    assert (example - set(variables()), handbook - set(variables())) == (set(), set())


def test_the_example_works_once_its_keys_are_filled_in(production):
    for name, value in _lines(CHECKOUT / ".env.example"):
        production.setenv(name, value)
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS"):
        production.setenv(name, dict(_lines(PRODUCTION))[name])
    assert settings()["ALLOWED_HOSTS"] == ["referrals.example.com"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MODE", "staging", "MODE must be one of production, development; it is 'staging'."),
        ("DEBUG", "maybe", "DEBUG must be yes or no; it is 'maybe'."),
        ("BASE_URL", "", "BASE_URL must be an address that begins with https://; it is ''."),
        ("BASE_URL", "http://referrals.example.com", "BASE_URL must be an address that begins with https://"),
        ("DEBUG", "yes", "DEBUG shows secrets to visitors"),
        ("BASE_URL", "https://referrals.example.com/x?y", "BASE_URL must be an address without a path"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name the hosts you serve"),
        ("DEFAULT_FROM_EMAIL", "nonsense", "DEFAULT_FROM_EMAIL must be a mail address"),
        ("ENV_FILE", "/nowhere/at/all", "ENV_FILE must be the path of a file of settings"),
        ("PROMETHEUS_TOKEN", "short", "PROMETHEUS_TOKEN must be 20 random characters or more, or empty."),
        ("SECRET_KEY", "", "SECRET_KEY must be 50 random characters or more"),
        ("SECRET_KEY", "x" * 80, "SECRET_KEY must be 50 random characters or more"),
        ("ENCRYPTION_KEYS", "", "ENCRYPTION_KEYS must be one or more keys, separated by commas"),
        ("ENCRYPTION_KEYS", "too-short", "ENCRYPTION_KEYS must be one or more keys, separated by commas"),
        ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS must name the hosts you serve"),
        ("DATABASE_URL", "", "DATABASE_URL must be an address that begins with postgresql:// or postgres://"),
        ("DATABASE_URL", "mysql://db/acme", "DATABASE_URL must be an address that begins with postgresql://"),
        (
            "DATABASE_URL",
            "postgresql://db.example.com",
            "DATABASE_URL must be an address that ends with",
        ),
        ("DATABASE_URL", "postgresql://db:no-port/acme", "DATABASE_URL must be an address such as"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must be an address that begins with redis://"),
        (
            "STATEMENT_TIMEOUT_SECONDS",
            "0",
            "STATEMENT_TIMEOUT_SECONDS must be a whole number from 1 to 3600",
        ),
        ("STATEMENT_TIMEOUT_SECONDS", "1.5", "STATEMENT_TIMEOUT_SECONDS must be a whole number from 1 to 3600"),
        ("SWEEP_SECONDS", "soon", "SWEEP_SECONDS must be a whole number from 1 to 60; it is 'soon'."),
        ("CLICK_RETENTION_DAYS", "7", "CLICK_RETENTION_DAYS must be a whole number from 90 to 3650; it is '7'."),
        ("TRUSTED_PROXY_COUNT", "-1", "TRUSTED_PROXY_COUNT must be a whole number from 0 to 10; it is '-1'."),
        ("MAX_BODY_BYTES", "1MB", "MAX_BODY_BYTES must be a whole number from 16384 to 16777216; it is '1MB'."),
        ("EMAIL_URL", "mail.example.com", "EMAIL_URL must be an address such as smtp+tls://"),
        ("EMAIL_URL", "smtp://mail:no-port", "EMAIL_URL must be an address such as smtp+tls://"),
        ("LANGUAGE_CODE", "fr", "LANGUAGE_CODE must be one of en, de; it is 'fr'."),
        ("TIME_ZONE", "Berlin", "TIME_ZONE must be a time zone's name such as Europe/Berlin; it is 'Berlin'."),
        ("SECURE_SSL_REDIRECT", "2", "SECURE_SSL_REDIRECT must be yes or no; it is '2'."),
        ("SECURE_HSTS_SECONDS", "for ever", "SECURE_HSTS_SECONDS must be a whole number from 0 to 63072000"),
        ("CELERY_TASK_ALWAYS_EAGER", "eager", "CELERY_TASK_ALWAYS_EAGER must be yes or no; it is 'eager'."),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR; it is 'LOUD'."),
    ],
)
def test_a_wrong_value_is_refused_in_words(production, name, value, words):
    production.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=re.escape(words)):
        settings()


def test_development_needs_nothing(production):
    for name in variables():
        production.delenv(name, raising=False)
    production.setenv("MODE", "development")
    production.setenv("ENV_FILE", "")
    found = settings()
    assert found["BASE_URL"] == "http://localhost:8000"
    embedded = services.addresses(CHECKOUT / ".data")
    assert embedded["DATABASE_URL"].endswith("?host=" + found["DATABASES"]["default"]["OPTIONS"]["host"])
    assert found["REDIS_URL"] == embedded["REDIS_URL"]
    assert found["CELERY_BROKER_URL"] == embedded["REDIS_URL"].replace("unix://", "redis+socket://")


def test_a_command_beside_the_demo_has_its_key(production, tmp_path):
    production.setenv("MODE", "development")
    production.delenv("SECRET_KEY")
    production.setenv("DATA_DIR", str(tmp_path))
    fixed = settings()["SECRET_KEY"]
    (tmp_path / "secret_key").write_text("of the demo " * 5)
    assert settings()["SECRET_KEY"] == "of the demo " * 5 != fixed


def test_celery_uses_the_same_database_of_redis(production):
    production.setenv("REDIS_URL", "unix:///run/redis.sock?db=3")
    assert settings()["CELERY_BROKER_URL"] == "redis+socket:///run/redis.sock?virtual_host=3"


def test_a_file_fills_in_what_the_environment_leaves_out(production, tmp_path):
    (tmp_path / "env").write_text("LOG_LEVEL=ERROR\nTIME_ZONE=Europe/Berlin\n")
    production.setenv("ENV_FILE", str(tmp_path / "env"))
    production.setenv("TIME_ZONE", "Europe/Rome")
    found = settings()
    assert (found["LOG_LEVEL"], found["TIME_ZONE"]) == ("ERROR", "Europe/Rome")
    environ.Env.ENVIRON.pop("LOG_LEVEL")


def test_production_passes_the_deploy_checks():
    checked = subprocess.run(
        (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        check=False,
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": str(PRODUCTION)},
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr
    assert checked.stdout == "System check identified no issues (0 silenced).\n"
