"""Lines of the log as tests read them."""

from __future__ import annotations

import logging
from typing import Any


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """The event and the fields of one of our own lines."""
    message: Any = record.msg
    assert isinstance(message, dict), f"{record.name} wrote a sentence: {message}"
    return message
