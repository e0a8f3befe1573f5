"""Errors of the wire: the table of codes, the exceptions that carry them, and their details.

This room imports nothing, so every layer may use it.
"""

from exchange.errors.details import shown
from exchange.errors.error_kinds import BANDS, RETRY_MEANINGS, ErrorKind, Retry
from exchange.errors.exceptions import ApiError, EngineTroubleError, RefusedError, RequestError
from exchange.errors.refusals import order_not_found
from exchange.errors.table import ERRORS, FIELD_OF, RETRY_AFTER_S, codes_of_status, message_of

__all__ = [
    "BANDS",
    "ERRORS",
    "FIELD_OF",
    "RETRY_AFTER_S",
    "RETRY_MEANINGS",
    "ApiError",
    "EngineTroubleError",
    "ErrorKind",
    "RequestError",
    "RefusedError",
    "Retry",
    "codes_of_status",
    "message_of",
    "order_not_found",
    "shown",
]
