"""A request that waits for its reply, and the rule by which it ends.

A command that may have reached the engine ends with its outcome or with OutcomeUnknown. Three things follow:

- What was never sent did not happen: it ends with ConnectionLost.
- A command that carries a ``client_order_id`` is sent again when its reply was lost or is OUTCOME_UNKNOWN;
the
  exchange answers with the first outcome.
- From then on the request is in doubt. "Not now" (429, 503) says nothing about the first sending, so it is
sent again
  until its time is up. A refusal counts only if the engine gives it, which knows the first sending.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

from xtrader_client._errors import ApiError, RequestTimeout, XTraderError, error_of, outcome_unknown
from xtrader_client._orders import client_order_ids

Json = dict[str, Any]

#: ``query`` changes nothing; ``command`` may, and is sent once; ``repeatable`` is a command with client order
#: ids.
Kind = Literal["query", "command", "repeatable"]

#: Statuses of a request that was not taken: too many of them, no engine, a busy one.
NOT_NOW = frozenset({429, 503})
UNKNOWN = 504
#: Refusals the engine gives after it has looked for the id. All others may come from a web process, which has
#: no memory of the first sending.
_ENGINE_STATUSES = frozenset({409, 422})
_ENGINE_CODES = frozenset({"ACCOUNT_FROZEN"})

#: Pauses before a request in doubt is sent once more: doubling from the first to the last.
FIRST_PAUSE_S = 0.25
LAST_PAUSE_S = 2.0


class Pending:
    """One request. ``reply`` gets the message of the exchange, or the exception."""

    def __init__(self, number: int, op: str, fields: Json, kind: Kind) -> None:
        self.op = op
        self.kind = kind
        self.reply: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        #: How often it was handed to a connection.
        self.sendings = 0
        self._number = number
        self._fields = fields
        self._in_doubt = False
        self._pauses = 0
        self._batch: list[Json] | None = fields.get("orders") if op == "order.batch" else None
        #: Rows of a batch without an outcome; any other request is one row.
        self._open = list(range(1 if self._batch is None else len(self._batch)))
        self._settled: dict[int, Json] = {}

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again."""
        return self.kind == "repeatable"

    def text(self) -> str:
        """The message to send: of a batch, the orders that have no outcome yet."""
        fields = self._fields
        if self._batch is not None:
            fields = {**fields, "orders": [self._batch[row] for row in self._open]}
        return json.dumps({"op": self.op, "id": self._number, **fields}, separators=(",", ":"))

    def pause_s(self) -> float:
        """How long to wait before it is sent once more."""
        self._pauses += 1
        return float(min(FIRST_PAUSE_S * 2 ** (self._pauses - 1), LAST_PAUSE_S))

    # --- how it ends -----------------------------------------------------------------------------

    def take(self, message: Json) -> bool:
        """Take in a reply. Whether the request is to be sent once more."""
        if self.reply.done():
            return False
        if not self.is_repeatable:
            self._resolve(message)
            return False
        rows = message["results"] if "results" in message else [message] * len(self._open)
        refused_whole = not message["ok"] and not self._settled
        self._open = [
            place for place, row in zip(self._open, rows, strict=True) if not self._settle(place, row)
        ]
        if self._open:
            # Rows stay open for one reason only.
            self._in_doubt = True
            return True
        self._finish(refused_whole)
        return False

    def lost(self, error: XTraderError) -> None:
        """The connection broke. A repeatable one waits for the next."""
        if self.is_repeatable:
            self._in_doubt = self._in_doubt or self.sendings > 0
        else:
            self.end(error)

    def expire(self, timeout_s: float) -> None:
        """Its time is up."""
        self.end(RequestTimeout(f"no reply to {self.op} within {timeout_s:.1f} s"))

    def end(self, error: XTraderError) -> None:
        """No reply will come, because of ``error``. The outcome of a command that was sent is then
        unknown."""
        if self.reply.done():
            return
        if self.kind == "query" or not self.sendings:
            self.reply.set_exception(error)
        elif self._batch is not None and self._settled:
            self._settled |= {row: self._unknown_row(row, str(error)) for row in self._open}
            self._finish(refused_whole=False)
        else:
            unknown = outcome_unknown(f"{self.op}: {error}", self._ids(self._open))
            unknown.__cause__ = error
            self.reply.set_exception(unknown)

    # --- rows ------------------------------------------------------------------------------------

    def _settle(self, place: int, row: Json) -> bool:
        """Keep the outcome of a row; False if this is none."""
        if "error" in row:
            status = int(row.get("status", 400))
            if status == UNKNOWN or (self._in_doubt and status in NOT_NOW):
                return False
            if self._in_doubt and status not in _ENGINE_STATUSES and row["error"] not in _ENGINE_CODES:
                row = self._unknown_row(place, f"sent again, the exchange answered {row['error']}")
        self._settled[place] = row
        return True

    def _finish(self, refused_whole: bool) -> None:
        rows = [self._settled[row] for row in sorted(self._settled)]
        if self._batch is None or (refused_whole and all(row is rows[0] for row in rows)):
            self._resolve(rows[0])
        else:
            self.reply.set_result({"ok": True, "results": rows})

    def _resolve(self, message: Json) -> None:
        if "error" in message:
            self.reply.set_exception(_error(message))
        else:
            self.reply.set_result(message)

    def _unknown_row(self, row: int, why: str) -> Json:
        unknown = outcome_unknown(f"{self.op}: {why}", self._ids([row]))
        return {
            "error": unknown.code,
            "message": unknown.message,
            "details": unknown.details,
            "status": UNKNOWN,
        }

    def _ids(self, rows: list[int]) -> list[str]:
        """The client order ids of these rows."""
        if self._batch is None:
            return client_order_ids(self._fields)
        return [name for row in rows for name in client_order_ids(self._batch[row])]


def _error(message: Json) -> ApiError:
    return error_of(message, int(message.get("status", 400)))
