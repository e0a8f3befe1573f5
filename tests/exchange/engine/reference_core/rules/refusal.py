"""The answer to a command that changes nothing."""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ACCOUNT, COMMAND_ID


def rejected(command: m.Command, code: str, details: tuple[Any, ...] = ()) -> list[m.Event]:
    """The events of a command that changed nothing. Control commands carry no account: 0."""
    account = command[COMMAND_ACCOUNT] if command[0] in m.TRADER_COMMANDS else 0
    return [(m.EV_REJECTED, command[COMMAND_ID], account, code, details)]
