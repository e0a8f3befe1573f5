"""Credits final deposits at the engine, each once.

The command's id is made of the provider and its name for the deposit, and the engine never forgets it. So a
job that dies between the command and its row sends the same command again, and gets the first outcome. So
does one whose database was restored from a time before the deposit: the row is made again by the next
notice, and the credit is not.

A refusal is remembered like any outcome. A deposit that was refused gets the next id, in the transaction that
writes the refusal down: the earlier id has certainly credited nothing. (Of DUPLICATE_ID that is not certain:
another command has the id. Such a deposit keeps it, and is never credited by this road.)
"""

from __future__ import annotations

import hashlib
from typing import Final, Protocol

from custody.deposits import deposit_steps as steps
from custody.deposits.deposit_steps import DepositMovedOnError
from custody.models import Deposit
from custody.states import DepositState
from exchange.engine import messages
from exchange.engine.messages import codes
from exchange.link.errors import CommandMalformed
from exchange.link.protocol import Outcome
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

PREFIX: Final = "dep:"
#: Deposits of one pass.
BATCH: Final = 100
_HASH_CHARS: Final = 32


class EngineClient(Protocol):
    """What crediting needs of ``BlockingEngineClient``."""

    def submit(self, command: messages.Command) -> Outcome: ...


def command_id_of(provider: str, reference: str) -> str:
    """The first command's id of a deposit."""
    digest = hashlib.sha256(f"{provider}\0{reference}".encode()).hexdigest()
    return f"{PREFIX}{digest[:_HASH_CHARS]}"


def credit_final(client: EngineClient) -> int:
    """Tell the engine of every final deposit; how many they were. Raises EngineError: the next call tells the
    rest, and the same."""
    final = Deposit.objects.filter(state=DepositState.CREDITING).order_by("id")[:BATCH]
    for deposit in final:
        _credit(client, deposit)
    return len(final)


def _credit(client: EngineClient, deposit: Deposit) -> None:
    assert deposit.account is not None, "one without an account is never final"
    command = messages.deposit(deposit.command_id, deposit.account, deposit.asset, deposit.amount_minor)
    try:
        outcome = client.submit(command)
        code = _refusal_of(outcome)
    except CommandMalformed:
        logger.exception("deposit_not_submitted", deposit=deposit.pk, account=deposit.account)
        code = "INTERNAL"
    try:
        if code:
            named = {} if code == codes.DUPLICATE_ID else {"command_id": _next_command_id(deposit.command_id)}
            steps.dispute(deposit, f"the engine refuses to credit it: {code}", **named)
        else:
            # What was said of it meanwhile is asked about now.
            look_at = deposit.look_at
            steps.change(deposit, DepositState.CREDITED, sequence=outcome.sequence, look_at=look_at)
            logger.info("deposit_credited", deposit=deposit.pk, account=deposit.account)
    except DepositMovedOnError:
        logger.info("deposit_credited_elsewhere", deposit=deposit.pk, account=deposit.account)


def _refusal_of(outcome: Outcome) -> str:
    first = outcome.events[0]
    return messages.RejectedEvent(*first).code if first[0] == messages.EV_REJECTED else ""


def _next_command_id(command_id: str) -> str:
    digest, _, number = command_id.removeprefix(PREFIX).partition(":")
    return f"{PREFIX}{digest}:{int(number or 0) + 1}"
