"""Lives of the custody job: a process that reads orders from its standard input, and carries each out in a
child of its own, which may be told to die by SIGKILL at its n-th step.

A step is the moment before or after anything that another side can see: a statement that writes, a commit, a
command to the engine, a request to a provider.

    {"do": "job", "die_at": 17}     passes of the job; one line of JSON answers: whether the child died
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

_WRITES = ("INSERT", "UPDATE", "DELETE")


class Steps:
    """Counts, and ends the process."""

    def __init__(self, die_at: int) -> None:
        self._left = die_at

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: Any, **options: Any) -> Any:
            self.step()
            try:
                return call(*args, **options)
            finally:
                self.step()

        return stepping

    def watch(self, client: Any) -> None:
        """Everything that this process does from now on."""
        from django.db import connection

        from custody.providers import webhook_transport

        def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
            return self.around(run)(sql, *rest) if sql.startswith(_WRITES) else run(sql, *rest)

        connection.execute_wrappers.append(execute)
        connection._commit = self.around(connection._commit)  # type: ignore[method-assign]
        webhook_transport.post = self.around(webhook_transport.post)
        client.submit = self.around(client.submit)


def job(die_at: int) -> None:
    """Passes of the job, in which all that is to be looked at later is due."""
    from django.conf import settings
    from django.utils import timezone

    from custody.custody_job import CustodyJob
    from custody.models import Deposit, Withdrawal
    from exchange.link.blocking import BlockingEngineClient

    with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
        client.wait_connected(30)
        Steps(die_at).watch(client)
        custody = CustodyJob(client)
        for _ in range(3):
            now = timezone.now()
            Deposit.objects.filter(look_at__gt=now).update(look_at=now)
            Withdrawal.objects.filter(look_at__gt=now).update(look_at=now)
            custody.run_once()


def begin(assets: list[str]) -> None:
    """Terms, and a second operator beside oscar."""
    from accounts.identity import roles
    from accounts.models import User
    from custody.models import AssetTerms

    roles.ensure_roles()
    roles.assign_role(User.objects.create_user("olga"), roles.OPERATOR)
    for asset in assets:
        AssetTerms.objects.create(asset=asset, provider="gate", fee_minor=3)


def withdraw(account: int, asset: str, amount_minor: int) -> None:
    """As a POST whose web process died before the engine was asked."""
    from custody.models import Withdrawal
    from custody.withdrawals.steps import first_step
    from exchange.models import Account

    user = Account.objects.get(number=account).user
    row = Withdrawal.objects.create(
        user=user, account=account, asset=asset, amount_minor=amount_minor, fee_minor=3, address="there",
        provider="gate",
    )  # fmt: skip
    first_step(row, user)


def address(account: int, asset: str) -> str | None:
    from custody.deposits.deposit_addresses import place_for

    return place_for(account, asset).address


def withdrawals() -> list[Any]:
    from custody.models import Withdrawal

    return [list(row) for row in Withdrawal.objects.values_list("pk", "state", "amount_minor", "asset")]


def deposits() -> list[Any]:
    from custody.models import Deposit

    fields = ("pk", "reference", "state", "amount_minor", "asset", "account", "trouble")
    return [list(row) for row in Deposit.objects.values_list(*fields)]


def say(payout_id: int, paid: bool) -> None:
    """Two operators have found out."""
    from accounts.models import User
    from custody.models import Withdrawal
    from custody.withdrawals import reviewing

    for name in ("oscar", "olga"):
        row, by = Withdrawal.objects.get(pk=payout_id), User.objects.get(username=name)
        if paid:
            reviewing.say_paid(row, by, f"tx-{payout_id}", "looked")
        else:
            reviewing.say_failed(row, by, "looked")


def rule(deposit_id: int, account: int | None, amount_minor: int) -> None:
    """One operator asks, another approves."""
    from accounts.models import User
    from custody.deposits import rulings
    from custody.models import Deposit

    oscar, olga = (User.objects.get(username=name) for name in ("oscar", "olga"))
    ruling = rulings.ask(Deposit.objects.get(pk=deposit_id), oscar, "looked", account, amount_minor)
    rulings.decide(ruling, olga, "looked too", approves=True)


def reconcile() -> list[Any]:
    from django.conf import settings

    from custody.reconciliation.counting import count
    from exchange.link.blocking import BlockingEngineClient

    with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
        client.wait_connected(30)
        counted = count(client.query)
        assert counted is not None, "money moves"
        return [each.as_json() for each in counted.sums]


_DO: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (job, begin, withdraw, address, withdrawals, deposits, say, rule, reconcile)
}


def _in_child(order: dict[str, Any], out: int) -> None:
    result = _DO[order.pop("do")](**order)
    os.write(out, json.dumps({"died": False, "result": result}).encode() + b"\n")


def main() -> None:
    out = os.dup(1)
    # What is logged goes where the parent's errors go.
    os.dup2(2, 1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _in_child(json.loads(line), out)
                code = 0
            finally:
                os._exit(code) if code == 0 else None
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os.write(out, b'{"died": true, "result": null}\n')
        elif status:
            os.write(out, b'{"died": true, "result": "failed"}\n')


if __name__ == "__main__":
    django.setup()
    main()
