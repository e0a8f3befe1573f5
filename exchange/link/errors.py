"""What can go wrong between a process and the engine.

    EngineError
    ├── EngineUnavailable   not connected, and the command was never sent: nothing happened
    ├── EngineBusy          the engine (or this client) has too many commands waiting: nothing happened
    ├── VenueCancelOnly     the engine takes nothing new for now, its disks are nearly full: nothing happened
    ├── CommandMalformed    the engine refused the tuple before the core saw it: nothing happened
    ├── QueryRefused        an unknown query, or arguments it does not take
    ├── OutcomeUnknown      sent, but no answer in time: ask again with the same command_id
    └── FollowerError
        ├── FollowerDisagrees   this fold and the journal have different events: never go on
        └── PositionUnknown     the journal no longer holds what is needed to resume there

A rejection by the core (``INSUFFICIENT_BALANCE`` …) is not an error: it is an outcome whose first
event is ``EV_REJECTED``.
"""

from __future__ import annotations

from exchange.errors import ApiError, EngineTroubleError
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)


class EngineError(Exception):
    """Base of everything raised by the engine's clients and followers."""

    #: Wire code for replies to users.
    code = "INTERNAL"


class EngineUnavailable(EngineError):
    """No connection to the engine; the command was not sent, so nothing happened."""

    code = "ENGINE_UNAVAILABLE"


class EngineBusy(EngineError):
    """Too many commands are waiting; the command was not taken, so nothing happened."""

    code = "ENGINE_BUSY"


class VenueCancelOnly(EngineError):
    """The engine's disks are nearly full: it takes cancels and no new orders, transfers or deposits. Nothing
    happened."""

    code = "VENUE_CANCEL_ONLY"


class CommandMalformed(EngineError):
    """The command's tag, arity or types are wrong: a bug in the sender. Nothing happened."""

    code = "INTERNAL"


class QueryRefused(EngineError):
    """The engine does not know this query or does not take these arguments."""

    code = "INTERNAL"


class OutcomeUnknown(EngineError):
    """The command was sent and not answered in time. It may or may not have been applied. Sent again with
    the same command_id it gets its outcome, and is never applied twice."""

    code = "OUTCOME_UNKNOWN"


class FollowerError(EngineError):
    """A follower cannot go on."""


class FollowerDisagrees(FollowerError):
    """The follower's own fold of the journal gave other events than the engine's."""


class PositionUnknown(FollowerError):
    """The stored position is not in this journal, or what leads up to it has been archived away."""


def api_error(error: EngineError) -> ApiError:
    """The error of the wire that a requester gets. INTERNAL is a fault of this side, so it is logged."""
    if error.code == "INTERNAL":
        logger.error("engine_did_not_take_request", exc_info=error)
        return ApiError("INTERNAL")
    return EngineTroubleError(error.code)
