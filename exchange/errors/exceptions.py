"""The exceptions that carry the errors of the table.

ApiError                     has a wire code of the table and details that name the field
├── RequestError               malformed, or against the symbol's rules: nothing was sent to the engine
├── RefusedError             the engine (or an access rule) said no; nothing changed
└── EngineTroubleError       the engine could not be asked, or its answer did not come in time
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange.errors.table import ERRORS, message_of


class ApiError(Exception):
    """A request that ends in an error of the table. Raises ``KeyError`` for a code that is not in it."""

    def __init__(self, code: str, details: Mapping[str, Any] | None = None) -> None:
        self.kind = ERRORS[code]
        self.code = code
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(code, self.details)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.kind.status

    @property
    def retry_after_s(self) -> int | None:
        """Value of the Retry-After header, or None where waiting does not help."""
        return self.kind.retry_after_s

    def message(self, language: str = "en") -> str:
        return message_of(self.code, language)

    def body(self, language: str = "en") -> dict[str, Any]:
        """The error as REST answers it, in Korean when ``language`` starts with ``ko``."""
        kind = self.kind
        return {
            "error": self.code,
            "number": kind.number,
            "retry": kind.retry,
            "message": self.message(language),
            "details": self.details,
        }

    def short_body(self, language: str = "en") -> dict[str, Any]:
        """The error as the WebSocket sends it: a refusal there is a fifth shorter without what the client can
        look up by the code."""
        return {"error": self.code, "message": self.message(language), "details": self.details}


class RequestError(ApiError):
    """The request is malformed or against the symbol's rules; no command was built."""


class RefusedError(ApiError):
    """The engine or an access rule refused the request; nothing changed."""


class EngineTroubleError(ApiError):
    """ENGINE_UNAVAILABLE, ENGINE_BUSY or OUTCOME_UNKNOWN."""
