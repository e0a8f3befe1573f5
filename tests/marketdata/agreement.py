"""Do the tables say exactly what the journal implies? Compares them with an independent fold of it."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exchange import models
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.follower import Follower
from exchange.models import Projection
from exchange.selectors import order_event
from marketdata.candles import Candle
from marketdata.intervals import INTERVALS, SECOND, candle_open_ns
from marketdata.models import CandleRow


class Truth:
    """What the tables must hold, taken from the journal event by event, nothing coalesced."""

    def __init__(self, journal: Path, nowhere: Path) -> None:
        self.orders: dict[int, tuple[Any, ...]] = {}
        self.trades: list[tuple[int, int, m.TradeEvent]] = []
        self.transfers: list[tuple[int, int, m.TransferEvent]] = []
        self.answers: dict[int, tuple[str, int]] = {}
        with Follower(journal, nowhere) as follower:
            while batches := follower.poll(0):
                for batch in batches:
                    for offset, events in enumerate(batch.events):
                        self._take(
                            batch.first_sequence + offset, batch.now_ns, events, batch.commands[offset]
                        )
            self.engine: Engine = follower.engine
            self.position = follower.position

    def _take(self, sequence: int, now_ns: int, events: list[m.Event], command: m.Command) -> None:
        for event in events:
            if event[0] == m.EV_ORDER:
                order = m.OrderEvent(*event)
                extra = None if order.extra is None else m.OrderExtra(*order.extra)
                self.orders[order.order_id] = (*order[1:-1], extra, sequence)
            elif event[0] == m.EV_TRADE:
                self.trades.append((sequence, now_ns, m.TradeEvent(*event)))
            elif event[0] == m.EV_TRANSFER:
                self.transfers.append((sequence, now_ns, m.TransferEvent(*event)))
        if len(command) > 1 and command[1].startswith("r:"):
            code = events[0][3] if events[0][0] == m.EV_REJECTED else ""
            self.answers[int(command[1][2:])] = (code, sequence)


def disagreements(journal: Path, nowhere: Path) -> Iterator[str]:
    """Every way in which the tables are not what the journal implies."""
    truth = Truth(journal, nowhere)
    projection = Projection.objects.get()
    if (projection.sequence, projection.event_hash) != tuple(truth.position):
        yield f"position {projection} is not {truth.position}"
    checks = (_orders, _fills, _transfers, _balances, _control, _candles)
    for check in checks:
        yield from check(truth)


def _differ(what: str, stored: Any, expected: Any) -> Iterator[str]:
    if stored == expected:
        return
    yield f"{what}: {len(stored)} stored, {len(expected)} expected"
    for row in list(stored if not isinstance(stored, dict) else stored.items())[:3]:
        yield f"  stored e.g. {row}"
    for row in list(expected if not isinstance(expected, dict) else expected.items())[:3]:
        yield f"  expected e.g. {row}"


def _orders(truth: Truth) -> Iterator[str]:
    stored = {row.order_id: (*order_event(row)[1:], row.sequence) for row in models.Order.objects.all()}
    yield from _differ("orders", stored, truth.orders)
    for account, _ in truth.engine.accounts():
        open_ids = [event[1] for event in truth.engine.open_orders(account)]
        rows = models.Order.objects.filter(account=account, status__in=m.OPEN_STATUSES)
        yield from _differ("open orders", sorted(rows.values_list("order_id", flat=True)), open_ids)


def _fills(truth: Truth) -> Iterator[str]:
    expected = {}
    for sequence, now_ns, trade in truth.trades:
        symbol = m.SymbolEvent(*truth.engine.symbol_of(trade.symbol))
        scales = {event[1]: event[2] for event in truth.engine.assets()}
        base = trade.quantity_lots * 10 ** (scales[symbol.base] - symbol.quantity_scale)
        is_auction = trade.taker_side == m.NO_SIDE
        taker_side = m.BUY if is_auction else trade.taker_side
        for is_taker in (False, True):
            prefix = "taker" if is_taker else "maker"
            side = taker_side if is_taker else 1 - taker_side
            fee = getattr(trade, f"{prefix}_fee_minor")
            sign = 1 if side == m.BUY else -1
            expected[trade.trade_id, is_taker] = (
                *(getattr(trade, f"{prefix}_{name}") for name in ("order_id", "account")),
                *(trade.symbol, side, trade.price_ticks, trade.quantity_lots, trade.notional_minor, fee),
                *(sign * base, -sign * trade.notional_minor - fee),
                *(getattr(trade, f"{prefix}_{name}") for name in ("base_after", "quote_after")),
                *(now_ns, sequence, is_auction),
            )
    fields = (
        *("order_id", "account", "symbol", "side", "price_ticks", "quantity_lots", "notional_minor"),
        *("fee_minor", "base_delta_minor", "quote_delta_minor", "base_after", "quote_after"),
        *("time_ns", "sequence", "is_auction"),
    )
    rows = models.Fill.objects.values_list("trade_id", "is_taker", *fields)
    yield from _differ("fills", {row[:2]: row[2:] for row in rows}, expected)


def _transfers(truth: Truth) -> Iterator[str]:
    told = truth.transfers
    expected = {(sequence, event.account): (now_ns, *event[1:]) for sequence, now_ns, event in told}
    fields = ("sequence", "account", "time_ns", *m.TransferEvent._fields[1:])
    stored = {row[:2]: row[2:] for row in models.Transfer.objects.values_list(*fields)}
    yield from _differ("transfers", stored, expected)


def _balances(truth: Truth) -> Iterator[str]:
    expected = {
        (account, asset): (available, held)
        for account, _ in truth.engine.accounts()
        if account >= m.FIRST_TRADER_ACCOUNT
        for asset, available, held in truth.engine.balances(account)
    }
    fields = ("account", "asset", "available_minor", "held_minor")
    stored = {row[:2]: row[2:] for row in models.Balance.objects.values_list(*fields)}
    yield from _differ("balances", stored, expected)
    ledger: dict[tuple[int, str], int] = defaultdict(int)
    for fill in models.Fill.objects.all():
        symbol = m.SymbolEvent(*truth.engine.symbol_of(fill.symbol))
        ledger[fill.account, symbol.base] += fill.base_delta_minor
        ledger[fill.account, symbol.quote] += fill.quote_delta_minor
    for transfer in models.Transfer.objects.all():
        ledger[transfer.account, transfer.asset] += transfer.change_minor
    totals = {key: available + held for key, (available, held) in expected.items()}
    yield from _differ("sums of ledger effects", {**dict.fromkeys(totals, 0), **ledger}, totals)


def _control(truth: Truth) -> Iterator[str]:
    accounts = {
        number: (status, truth.engine.group(number))
        for number, status in truth.engine.accounts()
        if number >= m.FIRST_TRADER_ACCOUNT
    }
    stored_accounts = models.Account.objects.values_list("number", "status", "group")
    yield from _differ("accounts", {row[0]: row[1:] for row in stored_accounts}, accounts)
    assets = {event[1]: event[2] for event in truth.engine.assets()}
    yield from _differ("assets", dict(models.Asset.objects.values_list("code", "scale")), assets)
    for event in truth.engine.symbols():
        symbol = m.SymbolEvent(*event)
        row = models.Symbol.objects.get(code=symbol.symbol)
        expected = {**symbol._asdict(), "tick_bands": [list(band) for band in symbol.tick_bands]}
        expected["base_id"], expected["quote_id"] = expected.pop("base"), expected.pop("quote")
        expected |= m.Protection(*(expected.pop("protection") or ()))._asdict()
        del expected["tag"], expected["symbol"]
        stored = {name: getattr(row, name) for name in expected}
        yield from _differ(f"symbol {symbol.symbol}", stored, expected)
    for request in models.ChangeRequest.objects.all():
        code, sequence = truth.answers.get(request.id, ("", None))
        state = "pending" if sequence is None else "refused" if code else "applied"
        stored = (request.state, request.refusal_code, request.sequence)
        yield from _differ(f"request {request.id}", stored, (state, code, sequence))


def _candles(truth: Truth) -> Iterator[str]:
    expected: dict[tuple[str, int, int], Candle] = {}
    for _, now_ns, trade in truth.trades:
        for interval_ns in INTERVALS.values():
            open_ns = candle_open_ns(now_ns, interval_ns)
            key = (trade.symbol, interval_ns // SECOND, open_ns)
            price = trade.price_ticks
            candle = expected.setdefault(key, Candle(open_ns, price, price, price, price))
            candle.add(price, trade.quantity_lots, trade.notional_minor)
    rows = CandleRow.objects.values_list(
        *("symbol", "interval", "open_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks"),
        *("volume_lots", "quote_volume_minor", "trade_count"),
    )
    yield from _differ("candles", {row[:3]: Candle(*row[2:]) for row in rows}, expected)


def main() -> int:
    """For the database of another process; see ``processes.Processes.disagreements``."""
    found = list(disagreements(Path(sys.argv[1]), Path(sys.argv[2])))
    print("\n".join(found) or f"agreed: {models.Order.objects.count()} orders")
    return 1 if found else 0
