"""What stops the start, and what it says: a line for each mistake, never a secret, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from xtrader.variables.unknown_names import unknown
from xtrader.variables.variable_kinds import UnfitError
from xtrader.variables.variable_reader import (
    ENV_FILE,
    WrongVariablesError,
    known_names,
    load,
    read,
    table,
)

ROOT = Path(__file__).resolve().parents[3]
#: Found in environments of machines, containers and shells, and no business of ours.
OF_OTHERS = (
    *("PATH", "HOME", "HOSTNAME", "HOSTTYPE", "USER", "LOGNAME", "LANG", "LANGUAGE", "MAIL", "EMAIL", "TERM"),
    *("DISPLAY", "PORTS", "HOSTS", "DATABASE", "DEBUGINFOD_URLS", "DEBIAN_FRONTEND", "SECRETS", "TLS_CERT"),
    *("REDIS_HOST", "REDIS_PORT", "POSTGRES_PASSWORD", "PGHOST", "DJANGO_SETTINGS_MODULE", "TEST_REDIS_URL"),
    *("ENGINE_SERVICE_HOST", "ENGINE_SERVICE_PORT_HTTP", "XTRADER_PORT", "XTRADER_PORT_8000_TCP_ADDR"),
    *("PYTEST_CURRENT_TEST", "MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV", "COMPILER", "XTRADER_DATA"),
)
WRONG = (
    ("TLS", "maybe"),
    ("DEMO", "2"),
    ("PORT", "0"),
    ("PORT", "80.0"),
    ("PORT", "٨٠٨٠"),
    ("FEES_HOUR", "24"),
    ("FEES_HOUR", "-1"),
    ("REFERRAL_SHARE_PPM", "1000001"),
    ("JOURNAL_KEEP_SEGMENTS", "0"),
    ("JOURNAL_KEEP_SEGMENTS", "never"),
    ("JOURNAL_URL", "postgresql://host/journal"),
    ("JOURNAL_URL", "file://relative"),
    ("LOG_LEVEL", "info"),
    ("ENGINE_CLOCK", "fast"),
    ("XTRADER_CORE", "rust"),
    ("REGISTRATION", "everybody"),
    ("PUBLIC_URL", "example.com"),
    ("PUBLIC_URL", "https://[::1"),
    ("PASSKEY_DOMAIN", "https://example.com"),
    ("CORS_ALLOWED_ORIGINS", "https://example.com/"),
    ("CSRF_TRUSTED_ORIGINS", "example.com"),
    ("REDIS_URL", "127.0.0.1:6379"),
    ("DATABASE_URL", "oracle://host/name"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "postgresql://host:port/name"),
    ("EMAIL_URL", "pigeon://roof"),
    ("MAIL_FROM", "nobody"),
    ("MAIL_FROM", "x@y\nBcc: everybody@example.com"),
    ("APPROVAL_ABOVE", "KRW=much"),
    ("APPROVAL_FEES_ABOVE", "-1"),
    ("APPROVAL_HOURS", "0"),
    ("SOLVENCY_KEPT", "0"),
    ("CUSTODY_LIMITS", "1=5"),
    ("CUSTODY_LIMITS", "one=5/5"),
    ("CUSTODY_LIMITS", "1=-5/5"),
    ("CUSTODY_LIMITS", "1=nan/5"),
    ("CUSTODY_LEVEL", "8"),
    ("CUSTODY_MAIL", "sometimes"),
    ("CUSTODY_REVIEW_ABOVE", "a lot"),
    ("CUSTODY_TIMEOUT_S", "-1"),
    ("CUSTODY_PROVIDERS", "manual"),
    ("CUSTODY_PROVIDERS", "[]"),
    ("CUSTODY_PROVIDERS", '{"Bank": {"kind": "manual"}}'),
    ("CUSTODY_PROVIDERS", '{"bank": {}}'),
    ("CUSTODY_PROVIDERS", '{"bank": {"kind": 1}}'),
    ("RATE_LIMIT_ORDERS", "2000"),
    ("RATE_LIMIT_ORDERS", "2000/fortnight"),
    ("RATE_LIMIT_ORDERS", "-1/s"),
    ("SIDE_DOORS", "9101"),
    ("SIDE_DOORS", "engine=nine"),
    ("RATE_LIMIT_ORDERS_ACCOUNTS", "alice=5/s"),
    ("RATE_LIMIT_ORDERS_ACCOUNTS", "1001=fast"),
)


def mistakes(**environment: str) -> list[str]:
    """What stops a start with these variables."""
    try:
        read(environment)
    except WrongVariablesError as error:
        return error.lines
    return []


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    (line,) = mistakes(**{name: value})
    assert line.startswith(name)
    assert "\n" not in line.replace(value, "")


def test_every_kind_but_plain_text_refuses_something() -> None:
    """A parser that takes everything would let each mistake through."""
    lenient = []
    for name, variable in table().items():
        try:
            variable.parse("\0")
            lenient.append(name)
        except UnfitError:
            pass
    assert lenient == []


def test_all_mistakes_at_once() -> None:
    found = mistakes(FEES_HOUR="24", TLS="maybe", RATE_LIMITS_ORDER="5/s", SECRET_KEY_FILE="/nowhere/key")
    assert [line.split("=")[0].split(":")[0] for line in found] == [
        "RATE_LIMITS_ORDER",
        "TLS",
        "SECRET_KEY_FILE",
        "FEES_HOUR",
    ]
    assert found[0].endswith("did you mean RATE_LIMIT_ORDERS?")


def test_what_is_given_counts() -> None:
    found = read(
        {
            "CUSTODY_LIMITS": "0=0/0, 7=1.5/3",
            "CUSTODY_LEVEL": "7",
            "CUSTODY_PROVIDERS": '{"bank": {"kind": "manual"}}',
            "TLS": "on",
            "ALLOWED_HOSTS": "a.example, b.example",
            "FEES_HOUR": "",
        }
    )
    limits, providers = found.CUSTODY_LIMITS, found.CUSTODY_PROVIDERS
    assert limits == {0: (Decimal(0), Decimal(0)), 7: (Decimal("1.5"), Decimal(3))}
    assert providers == {"bank": {"kind": "manual"}}
    assert (found.TLS, found.ALLOWED_HOSTS, found.FEES_HOUR) == (True, ["a.example", "b.example"], 1)


def test_a_demo_is_easier_than_a_real_venue() -> None:
    real, demo = read({}), read({"DEMO": "1"})
    assert {name for name in table() if getattr(real, name) != getattr(demo, name)} == {
        *("DEMO", "DEMO_USERS", "ENGINE_CLOCK", "APPROVAL_ABOVE", "REGISTRATION", "STAFF_SECOND_FACTOR"),
        *("CUSTODY_MAIL", "CUSTODY_ADDRESS_DELAY_S", "CUSTODY_LEVEL"),
    }


# --- names ------------------------------------------------------------------------------------------


def test_names_of_others_are_left_alone() -> None:
    assert unknown(OF_OTHERS, known_names()) == []
    assert unknown(os.environ, known_names()) == []


def test_every_slip_of_the_finger_in_a_long_name_is_noticed() -> None:
    """A letter left out, doubled or exchanged with its neighbour, at every place of every long name."""
    known = known_names()
    slips = set()
    for name in (each for each in known if len(each) >= 8):
        for at in range(len(name)):
            slips.add(name[:at] + name[at + 1 :])
            slips.add(name[:at] + name[at] + name[at:])
            slips.add(name[:at] + name[at : at + 2][::-1] + name[at + 2 :])
    slips -= set(known)
    assert len(slips) > 2_000
    assert slips - {line.split(":")[0] for line in unknown(slips, known)} == set()


def test_an_unknown_name_can_be_left_alone_on_purpose() -> None:
    assert mistakes(LOG_SHIPPER="x") == ["LOG_SHIPPER: no such variable"]
    assert mistakes(LOG_SHIPPER="x", IGNORED_VARIABLES="LOG_SHIPPER") == []


# --- secrets ----------------------------------------------------------------------------------------

SECRETS = [name for name, each in table().items() if each.secret]
FILES = [name for name in SECRETS if name != "KEYS_SECRET"]


def test_which_are_secrets() -> None:
    assert {*("SECRET_KEY", "KEYS_SECRET", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "METRICS_TOKEN")} <= set(
        SECRETS
    )
    assert {
        *("SECRET_KEY_FILE", "DATABASE_URL_FILE", "REDIS_URL_FILE", "EMAIL_URL_FILE", "METRICS_TOKEN_FILE")
    } <= set(known_names())


@pytest.mark.parametrize("name", FILES)
def test_a_secret_may_be_in_a_file(tmp_path: Path, name: str) -> None:
    texts = {
        "DATABASE_URL": "postgresql://x:hunter2@host/name",
        "REDIS_URL": "redis://:hunter2@host/0",
        "EMAIL_URL": "smtp+tls://x:hunter2@host:587",
    }
    file = tmp_path / "secret"
    file.write_text(texts.get(name, "hunter2") + "\n")
    by_itself = read({name: texts.get(name, "hunter2")})
    in_a_file = read({f"{name}_FILE": str(file)})
    assert getattr(in_a_file, name) == getattr(by_itself, name)


@pytest.mark.parametrize("name", SECRETS)
def test_both_ways_at_once_are_a_mistake(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2")
    (line,) = mistakes(**{name: "redis://hunter2", f"{name}_FILE": str(file)})
    assert line == f"{name} and {name}_FILE: both are given, and only one may be"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_secret_is_a_mistake(tmp_path: Path, name: str, content: bytes | None) -> None:
    """An empty key would be made anew, or the metrics left open, without a word."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    (line,) = mistakes(**{f"{name}_FILE": str(file)})
    assert line.startswith(f"{name}_FILE={file}: ")


@pytest.mark.parametrize("name", SECRETS)
def test_no_mistake_shows_a_secret(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\x01://hunter2")
    given = [{name: "hunter2\x01://hunter2"}]
    if name in FILES:
        given.append({f"{name}_FILE": str(file)})
    for each in given:
        (line,) = mistakes(**each)
        assert line.startswith(name)
        assert "hunter2" not in line


# --- a file of variables ----------------------------------------------------------------------------


def test_a_file_of_variables(tmp_path: Path) -> None:
    file = tmp_path / "exchange.env"
    file.write_text(
        "# the venue\n\nTLS=1\n"
        "export MAIL_FROM='x <a@b.example>'\nFEES_HOUR=\"4\"\nPORT=9000\nENGINE_CLOCK=accept\n"
    )
    environment = {ENV_FILE: str(file), "PORT": "9001"}
    found = load(environment)
    assert (found.TLS, found.MAIL_FROM, found.FEES_HOUR) == (True, "x <a@b.example>", 4)
    assert found.PORT == 9001, "the environment counts first"
    assert environment["ENGINE_CLOCK"] == "accept", "the processes of a venue inherit what the file says"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("LOGLEVEL=INFO", "LOGLEVEL: no such variable; did you mean LOG_LEVEL?"),
        ("PATH=/bin", "PATH: no such variable"),
        ("TLS", "not of the form NAME=value"),
        ("TLS=1\nTLS=0", "TLS stands here twice"),
        ("XTRADER_ENV_FILE=other", "a file of variables names no other"),
    ],
)
def test_every_line_of_a_file_has_to_be_known(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "exchange.env"
    file.write_text(f"DEMO=0\n{line}\n")
    with pytest.raises(WrongVariablesError) as caught:
        load({ENV_FILE: str(file)})
    (found,) = caught.value.lines
    assert found.startswith(f"{file}, line ")
    assert found.endswith(reason)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(WrongVariablesError, match="No such file"):
        load({ENV_FILE: str(tmp_path / "nothing.env")})


# --- whole processes --------------------------------------------------------------------------------

STARTS = {
    "manage.py": [sys.executable, "manage.py", "up"],
    "uvicorn": [sys.executable, "-m", "uvicorn", "xtrader.asgi:application", "--port", "1"],
    "wsgi": [sys.executable, "-c", "import xtrader.wsgi"],
    "make": ["make", "--silent", "run"],
}


@pytest.mark.parametrize("way", STARTS)
def test_no_process_starts_with_a_wrong_variable(tmp_path: Path, way: str) -> None:
    data = tmp_path / "data"
    given = {"DATA": str(data), "FEES_HOUR": "24", "RATE_LIMITS_ORDER": "1/s"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = subprocess.run(
        STARTS[way], cwd=ROOT, env={**clean, **given}, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == (2 if way == "make" else os.EX_CONFIG), run.stderr
    assert run.stderr.splitlines()[:4] == [
        "xTrader does not start: 2 wrong settings",
        "  RATE_LIMITS_ORDER: no such variable; did you mean RATE_LIMIT_ORDERS?",
        "  FEES_HOUR=24: a whole number from 0 to 23",
        "docs/operations.md describes every variable",
    ]
    assert "Traceback" not in run.stderr
    assert not data.exists(), "nothing was made before the settings were known to be right"


@pytest.mark.parametrize(
    ("given", "passed_on"), [("", 'DEMO="1"'), ("DEMO=0", 'DEMO="0"'), ("XTRADER_ENV_FILE=x.env", "")]
)
def test_the_defaults_of_make_run_give_way_to_a_file(given: str, passed_on: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "DEMO"))}
    run = subprocess.run(
        ["make", "--dry-run", "run", *given.split()], cwd=ROOT, env=clean, capture_output=True, text=True
    )
    (line,) = [line for line in run.stdout.replace("\\\n", " ").splitlines() if "manage.py up" in line]
    assert (passed_on in line) if passed_on else ("DEMO=" not in line)


def test_preloading_asks_for_the_rest() -> None:
    (line,) = mistakes(HSTS_PRELOAD="1")
    assert line.startswith("HSTS_PRELOAD=1: needs HSTS_SUBDOMAINS=1")
    assert mistakes(HSTS_PRELOAD="1", HSTS_SUBDOMAINS="1") == []
    assert mistakes(HSTS_PRELOAD="1", HSTS_SUBDOMAINS="1", HSTS_SECONDS="3600") != []
