"""The engine's enumerations as Django choices, so that the database and its pages say the same words."""

from __future__ import annotations

from exchange.engine import messages

Choices = list[tuple[int, str]]


def _words(names: tuple[str, ...]) -> Choices:
    return [(value, name.replace("_", " ")) for value, name in enumerate(names)]


SIDES: Choices = _words(messages.SIDES)
ORDER_TYPES: Choices = _words(messages.ORDER_TYPES)
TIMES_IN_FORCE: Choices = [(value, name.upper()) for value, name in enumerate(messages.TIMES_IN_FORCE)]
STP_MODES: Choices = _words(messages.STP_MODES)
ORDER_STATUSES: Choices = _words(messages.ORDER_STATUSES)
REASONS: Choices = _words(messages.REASONS)
SYMBOL_STATUSES: Choices = _words(messages.SYMBOL_STATUSES)
ACCOUNT_STATUSES: Choices = _words(messages.ACCOUNT_STATUSES)
TRANSFER_KINDS: Choices = _words(messages.TRANSFER_KINDS)
