"""Every error a client can meet, in one table: :data:`ERRORS`.

REST, the WebSocket, the OpenAPI schema and ``docs/errors.md`` read it; a code that is not in it cannot be
raised. Its parts are files by subsystem, each a band of numbers. ``docs/errors.md`` tells how to add a code.
"""

from __future__ import annotations

from typing import Final

from exchange.errors.asker_codes import ASKER_CODES
from exchange.errors.error_kinds import ErrorKind
from exchange.errors.limit_codes import LIMIT_CODES
from exchange.errors.money_codes import MONEY_CODES
from exchange.errors.operator_codes import OPERATOR_CODES
from exchange.errors.order_codes import ORDER_CODES
from exchange.errors.people_codes import PEOPLE_CODES
from exchange.errors.read_codes import READ_CODES
from exchange.errors.request_codes import REQUEST_CODES
from exchange.errors.trouble_codes import TROUBLE_CODES

ERRORS: Final[dict[str, ErrorKind]] = {
    **REQUEST_CODES,
    **ASKER_CODES,
    **ORDER_CODES,
    **MONEY_CODES,
    **PEOPLE_CODES,
    **READ_CODES,
    **LIMIT_CODES,
    **OPERATOR_CODES,
    **TROUBLE_CODES,
}

#: Seconds a client should wait before trying again, for the codes where waiting helps.
RETRY_AFTER_S: Final[dict[str, int]] = {
    code: kind.retry_after_s for code, kind in ERRORS.items() if kind.retry_after_s is not None
}

#: The field a refusal of the engine is about, where there is one.
FIELD_OF: Final[dict[str, str]] = {
    code: kind.field for code, kind in ERRORS.items() if kind.field is not None
}


def message_of(code: str, language: str = "en") -> str:
    """The message of a code, in Korean when ``language`` starts with ``ko``, else in English."""
    kind = ERRORS[code]
    return kind.ko if language.lower().startswith("ko") else kind.en


def codes_of_status(status: int) -> list[str]:
    """Every code that answers with this HTTP status, for the schema and the docs."""
    return [code for code, kind in ERRORS.items() if kind.status == status]
