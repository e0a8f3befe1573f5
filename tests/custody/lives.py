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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import django

_WRITES = ("INSERT", "UPDATE", "DELETE")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Steps:
    """Counts, and ends the process at the n-th; 0: never."""

    def __init__(self, die_at: int, die: Callable[[], None] = killed) -> None:
        self._left = die_at
        self._die = die

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._die()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: Any, **options: Any) -> Any:
            self.step()
            result = call(*args, **options)
            self.step()
            return result

        return stepping

    @contextmanager
    def watching(self, client: Any) -> Iterator[None]:
        """Everything that this process does meanwhile."""
        from django.db import connection

        from custody.providers import webhook_transport

        def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
            return self.around(run)(sql, *rest) if sql.startswith(_WRITES) else run(sql, *rest)

        with (
            connection.execute_wrapper(execute),
            mock.patch.object(connection, "_commit", self.around(connection._commit)),  # type: ignore[attr-defined]
            mock.patch.object(webhook_transport, "post", self.around(webhook_transport.post)),
            mock.patch.object(client, "submit", self.around(client.submit)),
        ):
            yield


def passes(client: Any, steps: Steps) -> None:
    """Of the job, in which all that is to be looked at later is due."""
    from django.utils import timezone

    from custody.custody_job import CustodyJob
    from custody.models import Deposit, Withdrawal

    with steps.watching(client):
        job = CustodyJob(client)
        for _ in range(3):
            now = timezone.now()
            Deposit.objects.filter(look_at__gt=now).update(look_at=now)
            Withdrawal.objects.filter(look_at__gt=now).update(look_at=now)
            job.run_once()


@contextmanager
def _client() -> Iterator[Any]:
    from django.conf import settings

    from exchange.link.blocking import BlockingEngineClient

    with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
        client.wait_connected(30)
        yield client


def job(die_at: int) -> None:
    """One life of the job."""
    with _client() as client:
        passes(client, Steps(die_at))


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
    assert user is not None
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


def notice(headers: dict[str, str], body: str) -> int:
    """As by a web process; the status."""
    from django.test import Client

    target = "/custody/gate/notices"
    answer = Client(SERVER_NAME="localhost").post(
        target, body.encode(), content_type="application/json", headers=headers
    )
    return int(answer.status_code)


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


def count_all(client: Any) -> list[Any]:
    """The reconciliation's rows."""
    from custody.reconciliation.counting import count

    counted = count(client.query)
    assert counted is not None, "money moves"
    return [each.as_json() for each in counted.sums]


def reconcile() -> list[Any]:
    with _client() as client:
        return count_all(client)


DO: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (job, begin, withdraw, address, notice, withdrawals, deposits, say, rule, reconcile)
}


def _in_child(order: dict[str, Any], out: int) -> None:
    result = DO[order.pop("do")](**order)
    os.write(out, json.dumps({"died": False, "result": result}).encode() + b"\n")


def _import_all() -> None:
    """Once for all children. Nothing is asked of the database, and no thread is begun."""
    from django.urls import get_resolver

    import exchange.link.blocking  # noqa: F401

    assert get_resolver().url_patterns


def main() -> None:
    _import_all()
    out = os.dup(1)
    # What is logged goes where the parent's errors go.
    os.dup2(2, 1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _in_child(json.loads(line), out)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os.write(out, b'{"died": true, "result": null}\n')
        elif status:
            os.write(out, b'{"died": true, "result": "failed"}\n')


if __name__ == "__main__":
    django.setup()
    main()
