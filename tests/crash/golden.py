"""Golden journals: one of every format and rules version there has ever been, with the hashes it folds to.

``python -m tests.crash.golden`` writes the one of the present versions if it is not there. A golden is never
written again once its versions have been released: code that folds it to other hashes is wrong, or needs a new
rules version and a golden of its own beside the old ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exchange.engine import messages as m
from exchange.journal import records, snapshots
from exchange.journal.records import Position
from exchange.worker.sequencer import open_sequencer
from tests.crash.every_type import EveryType
from tests.crash.script import SECOND, START_NS
from tests.marketdata.traffic import opening

FOLDER = Path(__file__).parent / "golden"
_SEGMENT_BYTES = 16 * 1024
_BATCHES = 60


def versions(rules: int) -> dict[str, int]:
    """What a golden is a witness of."""
    return {
        "record_format": records.FORMAT_VERSION,
        "snapshot_format": snapshots.FORMAT_VERSION,
        "rules": rules,
    }


def name_of(stated: dict[str, int]) -> str:
    return "journal{record_format}-snapshot{snapshot_format}-rules{rules}".format(**stated)


def every_kind_of_command() -> list[m.Command]:
    """What the random traffic leaves out: freezing, halting, rules; each of the others once, in a state where
    it does something."""
    place = m.place_order
    later_ns = START_NS + 3_600 * SECOND
    far = {"price_ticks": 90_000_000, "quantity_lots": 2_000_000}
    sell = {"price_ticks": 99_000_000, "quantity_lots": 2_000_000}
    stop = m.OrderTerms(trigger=m.STOP, trigger_ticks=93_000_000)
    return [
        m.set_account("g:freeze", 1005, m.FROZEN),
        m.withdraw("g:refused", 1005, "KRW", 1),
        m.set_symbol_status("g:halt", "ETH-KRW", m.HALTED, "golden"),
        m.place_order("g:halted", 1001, "ETH-KRW", m.BUY, price_ticks=5_000_000, quantity_lots=10**8),
        m.set_symbol_status("g:cancel-only", "ETH-KRW", m.CANCEL_ONLY),
        m.cancel_all("g:cancel", 1001),
        m.set_symbol_status("g:resume", "ETH-KRW", m.TRADING),
        m.set_account("g:thaw", 1005),
        m.set_fees("g:fees", "ETH-KRW", 1002, 0, 250),
        place("g:gtd", 1001, "BTC-KRW", m.BUY, time_in_force=m.GTD, terms=m.OrderTerms(later_ns), **far),
        place("g:day", 1001, "BTC-KRW", m.BUY, time_in_force=m.DAY, **far),
        place("g:iceberg", 1002, "BTC-KRW", m.SELL, terms=m.OrderTerms(display_lots=1_000_000), **sell),
        place("g:stop", 1003, "BTC-KRW", m.SELL, terms=stop, **far),
        m.place_oco(
            "g:oco",
            1003,
            place("", 1003, "BTC-KRW", m.SELL, **sell),
            place("", 1003, "BTC-KRW", m.SELL, terms=stop, **far),
        ),
        m.place_bracket("g:bracket", 1004, place("", 1004, "BTC-KRW", m.BUY, **far), 99_000_000, 85_000_000),
        m.cancel_replace(
            "g:replace",
            1001,
            place("", 1001, "BTC-KRW", m.BUY, client_order_id="g:replaced", **far),
            client_order_id="none",
            mode=m.ALLOW_FAILURE,
        ),
        m.cancel_after("g:after", 1001, 3_600_000),
        m.set_group("g:group", 1002, 9),
        m.set_symbol_status("g:call", "AAPL", m.OPENING_AUCTION),
        place("g:in-call", 1003, "AAPL", m.BUY, price_ticks=20_100, quantity_lots=50),
        place("g:in-call-too", 1004, "AAPL", m.SELL, price_ticks=19_900, quantity_lots=30),
    ]


def write() -> Path:
    """The golden of the present versions. FileExistsError if there is one."""
    now_ns, traffic = START_NS, EveryType(2012, lambda: now_ns)
    aside = FOLDER / "new"
    aside.mkdir(parents=True)
    with open_sequencer(
        aside / "journal", aside / "snapshots", clock=lambda: now_ns, segment_bytes=_SEGMENT_BYTES
    ) as sequencer:
        sequencer.submit(opening())
        for number in range(_BATCHES):
            now_ns += 7 * SECOND
            sequencer.submit(traffic.take(9))
            if number == _BATCHES // 2:
                sequencer.submit(every_kind_of_command())
                engine, position = sequencer.engine, sequencer.position
                snapshots.write_snapshot(aside / "snapshots", engine, position.event_hash)
                # The auction that was being gathered for.
                sequencer.submit([m.set_symbol_status("g:uncross", "AAPL", m.TRADING)])
        stated = versions(sequencer.engine.rules_version)
        expected = {
            "versions": stated,
            "sequence": sequencer.position.sequence,
            "event_hash": sequencer.position.event_hash,
            "state_hash": sequencer.engine.state_hash(),
        }
    (aside / "journal" / "lock").unlink()
    (aside / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    folder = FOLDER / name_of(stated)
    if folder.exists():
        raise FileExistsError(folder)
    return aside.rename(folder)


class Golden:
    """One that was written once."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.snapshots = folder / "journal", folder / "snapshots"
        expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
        self.versions: dict[str, int] = expected["versions"]
        self.position = Position(expected["sequence"], expected["event_hash"])
        self.state_hash: str = expected["state_hash"]


def all_goldens() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/expected.json"))


if __name__ == "__main__":
    print(write())
