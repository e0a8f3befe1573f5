"""What a new venue starts with: assets, symbols, and on a demo venue users with something to trade.

Everything goes through change requests. Seeding again adds what is missing and touches nothing that is
there: a symbol an operator has changed keeps the change, an account that spent its deposit gets no other.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from accounts.demo_bots import DEMO_BOTS
from accounts.fees import default_schedule
from accounts.identity import roles
from accounts.models import User
from exchange.control.account_requests import group_owned_accounts, open_account
from exchange.control.services import request_change
from exchange.journal.whole_file import write_private
from exchange.listing import catalog
from exchange.models import ChangeRequest
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

Kind = ChangeRequest.Kind


@dataclass(frozen=True, slots=True)
class SeedUser:
    """A user to create; ``deposits`` are whole units of each asset, for traders only."""

    username: str
    role: str
    deposits: Mapping[str, int] = field(default_factory=dict)


_TRADER_FUNDS: Final = {"KRW": 500_000_000, "BTC": 5, "ETH": 80, "USD": 250_000, "AAPL": 1_000}
#: Bots quote several levels on both sides of every book for months without running dry.
_BOT_FUNDS: Final = {
    "KRW": 2_000_000_000_000,
    "BTC": 20_000,
    "ETH": 400_000,
    "USD": 2_000_000_000,
    "AAPL": 10_000_000,
}

ADMINISTRATOR: Final = SeedUser("admin", roles.ADMINISTRATOR)
DEMO_USERS: Final = (
    SeedUser("alice", roles.TRADER, _TRADER_FUNDS),
    SeedUser("bob", roles.TRADER, _TRADER_FUNDS),
    SeedUser("carol", roles.TRADER, _TRADER_FUNDS),
    SeedUser("oscar", roles.OPERATOR),
    SeedUser("audrey", roles.AUDITOR),
    ADMINISTRATOR,
    *(SeedUser(name, roles.TRADER, _BOT_FUNDS) for name in DEMO_BOTS),
    SeedUser("mina", roles.MARKET_MAKER, _TRADER_FUNDS),
    SeedUser("sam", roles.SUPPORT),
    SeedUser("clara", roles.COMPLIANCE),
)


def seed(credentials_path: Path, *, is_demo: bool) -> dict[str, str]:
    """List what ships and create the users; returns name → password of those whose password is known.

    ``credentials_path`` keeps the passwords (JSON, readable by its owner only). It is written before
    the users are: a crash between leaves passwords for users the next run creates with them.
    """
    users = DEMO_USERS if is_demo else (ADMINISTRATOR,)
    passwords = _read_credentials(credentials_path)
    # Without its file a demo venue has lost all its log-ins; a real administrator's stays as it is.
    new = [
        user.username
        for user in users
        if user.username not in passwords and (is_demo or not _has_password(user))
    ]
    passwords.update({username: secrets.token_urlsafe(12) for username in new})
    _write_credentials(credentials_path, passwords)
    with transaction.atomic():
        _list_catalog()
        for user in users:
            _create_user(user, is_demo=is_demo)
            if user.username in new or not _has_password(user):
                _set_password(user, passwords[user.username])
        group_owned_accounts()
    return passwords


def _list_catalog() -> None:
    """Ask for every asset and symbol that ships and was never asked for, or only refused."""
    for asset in catalog.ASSETS:
        if not _was_asked(Kind.SET_ASSET, {"payload__asset": asset.asset}):
            request_change(Kind.SET_ASSET, asset.payload())
    for symbol in catalog.SYMBOLS:
        if not _was_asked(Kind.SET_SYMBOL, {"payload__symbol": symbol.symbol}):
            terms = symbol.listed(follows_calendar=settings.XTRADER["CALENDARS"])
            request_change(Kind.SET_SYMBOL, terms.payload())
    default_schedule.ask({symbol.symbol: symbol.quote for symbol in catalog.SYMBOLS})


def _was_asked(kind: str, about: dict[str, Any]) -> bool:
    asked = ChangeRequest.objects.filter(kind=kind, **about)
    return asked.exclude(state=ChangeRequest.State.REFUSED).exists()


def _has_password(user: SeedUser) -> bool:
    return User.objects.exclude(password="").filter(username=user.username).exists()


def _set_password(seed_user: SeedUser, password: str) -> None:
    user = User.objects.get(username=seed_user.username)
    user.set_password(password)
    user.save(update_fields=["password"])


def _create_user(seed_user: SeedUser, *, is_demo: bool) -> None:
    """The user with its role, account and first deposits; of an existing one only what is missing."""
    user, is_new = User.objects.get_or_create(username=seed_user.username)
    if is_new:
        roles.assign_role(user, seed_user.role)
    if seed_user.deposits and not user.accounts.exists():
        account = open_account(user, is_demo=is_demo)
        _deposit_all(account.number, seed_user.deposits)


def _deposit_all(account: int, deposits: Mapping[str, int]) -> None:
    scales = {asset.asset: asset.scale for asset in catalog.ASSETS}
    for asset, units in deposits.items():
        amount_minor = units * 10 ** scales[asset]
        request_change(Kind.DEPOSIT, {"account": account, "asset": asset, "amount_minor": amount_minor})


def _read_credentials(path: Path) -> dict[str, str]:
    """Name → password; empty where there is no file, or one that a power cut left unreadable."""
    try:
        return {str(name): str(password) for name, password in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        return {}
    except ValueError:
        logger.error("log_ins_unreadable_made_again", path=str(path))
        return {}


def _write_credentials(path: Path, passwords: dict[str, str]) -> None:
    write_private(path, json.dumps(passwords, indent=1) + "\n")
