"""Traders for the load: ``python -m bench.people 64`` with the environment of a running instance.

Makes users with accounts and more money than they can lose, as the engine's control plane does, and prints a
bearer token for each. Their passwords are never used.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

import django

django.setup()

from django.conf import settings

from accounts.identity import roles, tokens
from accounts.models import User
from bench.flow import FUNDS_MINOR
from bench.orders import FIRST_ACCOUNT
from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from exchange.models import Account

LASTS = timedelta(hours=6)


def main() -> None:
    numbers = range(FIRST_ACCOUNT, FIRST_ACCOUNT + int(sys.argv[1]))
    commands = []
    for number in numbers:
        commands.append(m.set_account(f"bench:{number}", number))
        commands += [
            m.deposit(f"bench:{number}:{asset}", number, asset, FUNDS_MINOR) for asset in ("KRW", "BTC")
        ]
    with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"], timeout_ms=60_000) as client:
        client.wait_connected(30)
        for outcome in client.submit_many(commands):
            if outcome.events[0][0] == m.EV_REJECTED:
                raise SystemExit(f"refused: {outcome.events[0]}")
    print(json.dumps([_token(number) for number in numbers]))


def _token(number: int) -> str:
    user = User.objects.create_user(f"bench{number}")
    roles.assign_role(user, roles.TRADER)
    Account.objects.update_or_create(number=number, defaults={"user": user})
    token = tokens.refresh_token(user).access_token
    token.set_exp(lifetime=LASTS)
    return str(token)


if __name__ == "__main__":
    main()
