"""What a breach sets off: a critical log line, a figure for the metrics, and a halt of what it touches.

The halt is a command like any other, journaled by the engine. Its id follows from the breach, so that it has
one effect however often it is sent, and an operator who resumes trading is not overruled by the same breach
again.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from exchange.engine.messages import HALTED, set_symbol_status
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError
from exchange.telemetry.logs import get_logger
from marketdata.projection.watch import Breach

logger = get_logger(__name__)

#: What traders read.
REASON = "halted by the invariant watch; trading resumes after a review"
#: Breaches that are kept to be shown; the count goes on.
SHOWN = 20
_RETRY_S = 1.0


class Alarm:
    """Takes breaches, halts symbols. Use from the projector's thread; ``work`` now and then."""

    def __init__(self, engine_socket: Path | str | None) -> None:
        """``engine_socket`` None: breaches are logged, nothing is halted (a fold without an engine)."""
        self._engine_socket = engine_socket
        #: symbol → id of the command that halts it, not yet answered
        self._halting: dict[str, str] = {}
        self._retry_at = 0.0
        #: The first breaches found since the start, and how many there were.
        self.breaches: list[str] = []
        self.count = 0

    def raise_for(self, sequence: int, breach: Breach) -> None:
        """Log it, and halt the symbols it touches."""
        self.count += 1
        if len(self.breaches) < SHOWN and breach.text not in self.breaches:
            self.breaches.append(breach.text)
        logger.critical(
            "invariant_broken",
            sequence=sequence,
            breach=_without_figures(breach.text),
            halting=sorted(breach.symbols),
        )
        if self._engine_socket is None:
            return
        digest = hashlib.sha256(breach.text.encode()).hexdigest()[:16]
        for symbol in breach.symbols:
            self._halting.setdefault(symbol, f"watch:{digest}:{symbol}")
        self.work()

    def work(self) -> None:
        """Send the halts that have no answer yet; at most once a second when the engine is away."""
        if not self._halting or time.monotonic() < self._retry_at or self._engine_socket is None:
            return
        try:
            with BlockingEngineClient(self._engine_socket, timeout_ms=2_000, connect_grace_ms=500) as client:
                for symbol, command_id in list(self._halting.items()):
                    outcome = client.submit(set_symbol_status(command_id, symbol, HALTED, REASON))
                    logger.critical("symbol_halted", symbol=symbol, sequence=outcome.sequence)
                    del self._halting[symbol]
        except EngineError as error:
            self._retry_at = time.monotonic() + _RETRY_S
            logger.critical(
                "symbols_not_halted",
                symbols=sorted(self._halting),
                error=error,
            )


def _without_figures(text: str) -> str:
    """What is broken, and where. The amounts, which are a person's, stand behind the colon."""
    return text.partition(":")[0]
