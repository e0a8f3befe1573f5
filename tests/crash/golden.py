"""Golden journals: one of every format and rules version there has ever been, with the hashes it folds to.

``python -m tests.crash.golden`` writes the one of the present versions if it is not there. A golden is never
written again once its versions have been released: code that folds it to other hashes is wrong, or needs a
new rules version and a golden of its own beside the old ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.journal import records, snapshots
from exchange.journal.records import Position
from exchange.node.sequencer import open_sequencer
from tests.crash.every_type import EveryType
from tests.crash.script import SECOND, START_NS
from tests.marketdata.traffic import ACCOUNTS, opening

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
        m.set_fees("g:everywhere", m.EVERY_SYMBOL, 1003, -10, 300),
        m.set_fees("g:taken-back", "BTC-KRW", 1003, 0, 0),
        m.clear_fees("g:cleared", "BTC-KRW", 1003),
        m.set_fee_plan("g:plan", 2, (("BTC-KRW", 10, 200), ("ETH-KRW", 20, 300))),
        m.set_account_plan("g:on-plan", 1001, 2),
        m.set_account_plan("g:on-plan-too", 1003, 2),
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
        place(
            "g:to-limit", 1003, "BTC-KRW", m.BUY, quantity_lots=1_000_000, terms=m.OrderTerms(to_limit=True)
        ),
        place("g:peg", 1003, "BTC-KRW", m.BUY, terms=m.OrderTerms(peg=m.PEG_MID, peg_offset_ticks=5), **far),
        place("g:minimum", 1003, "BTC-KRW", m.BUY, terms=m.OrderTerms(min_lots=1_000_000), **far),
        m.place_oto(
            "g:oto",
            1004,
            place("", 1004, "BTC-KRW", m.BUY, **far),
            place("", 1004, "BTC-KRW", m.SELL, **sell),
        ),
        m.protect_quotes("g:protect", 1004, 60_000, 1, "KRW", 10**15),
        m.place_quotes("g:quotes", 1004, m.Quote("BTC-KRW", "g", 90_000_000, 10**6, 99_000_000, 10**6)),
        m.cancel_quotes("g:cancel-quotes", 1003, "BTC-KRW", "g"),
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
        m.move("g:move", 1001, 1002, "KRW", 10**9, "golden"),
        m.pay_from_fees("g:share", 1002, "KRW", 1, "golden"),
        m.hold_withdrawal("g:hold:paid", 1003, "paid", "KRW", 10**9, 1_000),
        m.hold_withdrawal("g:hold:open", 1003, "open", "KRW", 10**9),
        m.hold_withdrawal("g:hold:back", 1003, "back", "KRW", 10**9, 1_000),
        m.settle_withdrawal("g:paid", 1003, "paid"),
        m.release_withdrawal("g:back", 1003, "back"),
        m.set_symbol_status("g:call", "AAPL", m.OPENING_AUCTION),
        place("g:in-call", 1003, "AAPL", m.BUY, price_ticks=20_100, quantity_lots=50),
        place("g:on-open", 1003, "AAPL", m.BUY, time_in_force=m.OPG, price_ticks=20_000, quantity_lots=5),
        place("g:on-close", 1004, "AAPL", m.SELL, time_in_force=m.CLS, price_ticks=19_800, quantity_lots=5),
        place(
            *("g:market-in-call", 1004, "AAPL", m.SELL),
            order_type=m.MARKET,
            time_in_force=m.IOC,
            quantity_lots=10,
        ),
        place("g:in-call-too", 1004, "AAPL", m.SELL, price_ticks=19_900, quantity_lots=30),
    ]


_TIED = tuple(map(m.OrderExtra._fields.index, ("linked_order_id", "second")))


def amendments(engine: Engine) -> list[m.Command]:
    """An order lowered to what is filled, and a waiting one whose new trigger fires at once, of the open
    ones."""
    orders = [m.OrderEvent(*event) for account in ACCOUNTS for event in engine.open_orders(account)]
    lowered = next(order for order in orders if order.filled_lots)
    # Neither a leg of two nor an order that waits for another.
    free = [o for o in orders if o.extra and not any(m.OrderExtra(*o.extra)[place] for place in _TIED)]
    waits = next(order for order in free if m.OrderExtra(*order.extra).trigger in (m.STOP, m.TAKE_PROFIT))
    extra, last = m.OrderExtra(*waits.extra), engine.prices(waits.symbol)[0]
    rising = (waits.side == m.BUY) == (extra.trigger == m.STOP)
    trigger = last - last % 1_000_000 + (0 if rising else 1_000_000)
    terms = (waits.price_ticks, waits.quantity_lots, trigger)
    return [
        m.reduce_order("g:lowered", lowered.account, lowered.order_id, lowered.filled_lots),
        m.replace_order("g:fires", waits.account, waits.order_id, *terms, trigger_now=True),
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
                sequencer.submit(amendments(sequencer.engine))
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
