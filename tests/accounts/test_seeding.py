"""``manage.py seed`` can be run again at any time: it adds what is missing and touches nothing else."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from accounts import seeding
from accounts.demo_bots import DEMO_BOTS
from accounts.identity import roles
from accounts.models import User
from exchange.control.account_requests import open_account
from exchange.control.dispatcher import Dispatcher
from exchange.control.services import pending_commands, request_change
from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.models import Account, Balance, ChangeRequest, Symbol
from exchange.node.sequencer import open_sequencer
from tests.conftest import LiveEngine

pytestmark = pytest.mark.django_db


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    return tmp_path / "credentials.json"


def test_a_demo_venue_has_symbols_people_and_funds(live_engine: LiveEngine, credentials: Path) -> None:
    passwords = seeding.seed(credentials, is_demo=True)
    Dispatcher(live_engine.client).run_until_empty()
    live_engine.project()
    assert set(ChangeRequest.objects.values_list("state", flat=True)) == {"applied"}
    assert [symbol.code for symbol in Symbol.objects.all()] == ["AAPL", "BTC-KRW", "ETH-KRW"]
    assert json.loads(credentials.read_text()) == passwords
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    for name, password in passwords.items():
        assert authenticate(username=name, password=password) is not None
        assert len(password) >= 16
    held = dict(
        Balance.objects.filter(account=User.objects.get(username="alice").accounts.get().number).values_list(
            "asset", "available_minor"
        )
    )
    assert held["KRW"] == 500_000_000 * 10**8
    assert held["AAPL"] == 1_000
    roles_of = {user.username: roles.role_of(user) for user in User.objects.all()}
    assert roles_of["oscar"] == "operator"
    assert roles_of["audrey"] == "auditor"
    assert roles_of["admin"] == "administrator"
    assert set(roles_of.values()) == set(roles.ROLES)
    assert all(account.is_demo for account in Account.objects.all())
    assert Account.objects.count() == 4 + len(DEMO_BOTS)


def test_seeding_again_changes_nothing(live_engine: LiveEngine, credentials: Path) -> None:
    first = seeding.seed(credentials, is_demo=True)
    Dispatcher(live_engine.client).run_until_empty()
    alice = User.objects.get(username="alice")
    alice.set_password("her own choice of words")
    alice.save()
    rules = {**catalog.BTC_KRW.payload(), "taker_ppm": 777}
    request_change("set_symbol", rules)
    before = ChangeRequest.objects.count()
    assert seeding.seed(credentials, is_demo=True) == first
    assert ChangeRequest.objects.count() == before
    assert authenticate(username="alice", password="her own choice of words") == alice


def test_a_lost_credentials_file_is_made_again(credentials: Path) -> None:
    first = seeding.seed(credentials, is_demo=True)
    credentials.unlink()
    second = seeding.seed(credentials, is_demo=True)
    assert first.keys() == second.keys()
    assert first["alice"] != second["alice"]
    assert authenticate(username="alice", password=second["alice"]) is not None


def test_a_crash_before_the_commit_leaves_passwords_for_the_next_run(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise SystemExit

    monkeypatch.setattr(seeding, "_list_catalog", crash)
    with pytest.raises(SystemExit):
        seeding.seed(credentials, is_demo=True)
    promised = json.loads(credentials.read_text())
    assert not User.objects.exists()
    monkeypatch.undo()
    assert seeding.seed(credentials, is_demo=True) == promised
    assert authenticate(username="bob", password=promised["bob"]) is not None


def test_a_refused_listing_is_asked_for_again(credentials: Path) -> None:
    seeding.seed(credentials, is_demo=False)
    ChangeRequest.objects.filter(payload__symbol="AAPL").update(state="refused", refusal_code="INTERNAL")
    seeding.seed(credentials, is_demo=False)
    assert ChangeRequest.objects.filter(payload__symbol="AAPL").count() == 2


@pytest.mark.attack("A14")
def test_a_clean_venue_has_one_administrator_and_keeps_his_password(credentials: Path) -> None:
    passwords = seeding.seed(credentials, is_demo=False)
    assert list(passwords) == ["admin"]
    admin = User.objects.get()
    assert roles.role_of(admin) == roles.ADMINISTRATOR
    assert not Account.objects.exists()
    credentials.unlink()
    assert seeding.seed(credentials, is_demo=False) == {}
    assert authenticate(username="admin", password=passwords["admin"]) == admin


def test_the_command_dispatches_when_asked(
    live_engine: LiveEngine, credentials: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": True, "ENGINE_SOCKET": str(live_engine.socket_path)}
    call_command("seed", "--credentials", str(credentials))
    assert "change requests waiting" in capsys.readouterr().out
    call_command("seed", "--credentials", str(credentials), "--dispatch")
    assert ", 0 change requests waiting" in capsys.readouterr().out


def test_the_first_history_and_the_dispatcher_agree(tmp_path: Path, credentials: Path) -> None:
    """The demo's history is made by an in-process sequencer from the same requests, before any engine
    runs; what the dispatcher submits later is answered from memory."""
    seeding.seed(credentials, is_demo=True)
    commands = list(pending_commands())
    with open_sequencer(tmp_path / "journal", tmp_path / "snapshots", segment_bytes=1 << 20) as sequencer:
        first = sequencer.submit([command for _, command in commands], now_ns=1_000_000_000_000_000_000)
        assert all(outcome.events[0][0] != m.EV_REJECTED for outcome in first)
        second = sequencer.submit([command for _, command in commands])
    assert [(again.sequence, again.events[0]) for again in second] == [
        (outcome.sequence, outcome.events[0]) for outcome in first
    ]
    assert [identity for identity, _ in commands] == sorted(identity for identity, _ in commands)


def test_every_listing_is_one_the_engine_takes(live_engine: LiveEngine) -> None:
    """The fixture has applied ``setup_commands`` and insists that none is refused."""
    listed = {event[1] for event in live_engine.client.query("symbols").value}
    assert listed == {symbol.symbol for symbol in catalog.SYMBOLS}


@pytest.mark.attack("A26")
@pytest.mark.parametrize("symbol", catalog.SYMBOLS, ids=lambda symbol: symbol.symbol)
def test_no_single_order_moves_a_shipped_market_anywhere(symbol: catalog.SymbolListing) -> None:
    listed = symbol.listed(follows_calendar=False)
    assert listed.collar_ppm
    assert listed.band_ppm
    assert listed.volatility_ppm
    assert listed.max_notional_minor


def test_accounts_are_numbered_from_one_thousand() -> None:
    users = [User.objects.create_user(name) for name in ("ann", "ben")]
    accounts = [open_account(user) for user in (*users, users[0])]
    assert [account.number for account in accounts] == [1000, 1001, 1000]
    asked = ChangeRequest.objects.order_by("id").values_list("kind", flat=True)
    assert list(asked) == ["set_account", "set_group"] * 2


TICKS = {
    1: [99, 100, 4_999],
    5: [5_000, 9_995],
    10: [10_000],
    50: [50_000],
    100: [100_000, 499_900],
    500: [500_000, 999_500],
    1_000: [1_000_000, 95_000_000],
}


@pytest.mark.parametrize("step, price", [(step, price) for step, prices in TICKS.items() for price in prices])
def test_upbits_tick_table(price: int, step: int) -> None:
    found = [band_step for start, band_step in catalog.UPBIT_KRW_TICK_BANDS if start <= price][-1]
    assert found == step
