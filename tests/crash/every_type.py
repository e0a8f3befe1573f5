"""Traffic in which every command and every kind of order there is comes up every few dozen commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from exchange.engine import messages as m
from exchange.listing import catalog
from tests.marketdata.traffic import _MARKETS, ACCOUNTS, Traffic

_SECOND = 1_000_000_000
#: Statuses a symbol goes through; every second time it is trading again.
_STATUSES = (m.PRE_OPEN, m.OPENING_AUCTION, m.HALTED, m.CANCEL_ONLY, m.POST_ONLY, m.CLOSED, m.CLOSING_AUCTION)


def protected(symbol: str, command_id: str) -> m.Command:
    """The symbol as it ships, with every protection there is."""
    (listing,) = (each for each in catalog.SYMBOLS if each.symbol == symbol)
    command = catalog.symbol_command(command_id, listing)[:17]
    protection = m.Protection(
        max_notional_minor=10**24,
        collar_ppm=20_000,
        band_ppm=100_000,
        volatility_ppm=300,
        volatility_ns=40 * _SECOND,
        collar_rests=True,
        iceberg_continues=True,
    )
    return (*command, tuple(protection))


class EveryType(Traffic):
    """``Traffic`` with half of its commands replaced by what it leaves out. ``clock``: about when the next
    command will be applied; orders that end at a time take it from there."""

    def __init__(self, seed: int, clock: Callable[[], int]) -> None:
        super().__init__(seed)
        self._clock = clock
        self._is_away = False
        #: (account, client order id) of orders placed here
        self._placed: deque[tuple[int, str]] = deque(maxlen=30)

    def _commands(self) -> Iterator[m.Command]:
        ordinary = super()._commands()
        for command in ordinary:
            if self._random.random() < 0.5:
                yield command
            else:
                yield self._other(f"{self._seed}:{self._count}")

    def _other(self, command_id: str) -> m.Command:
        """One of the others; common ones stand twice."""
        waiting = (self._waiting, self._trailing)
        linked = (self._oco, self._bracket, self._oto)
        timed: tuple[Callable[[str], m.Command], ...] = (self._expiring, self._expiring, self._expiring)
        rest = (
            self._quotes,
            self._quotes,
            self._protect,
            self._to_limit,
            self._pegged,
            self._minimum,
            self._iceberg,
            self._by_amount,
            self._post_only,
            self._cancel_replace,
            self._session,
        )
        venue = (self._status, self._group, self._protection, self._dead_man)
        make = self._random.choice((*waiting, *waiting, *linked, *linked, *timed, *rest, *rest, *venue))
        return make(command_id)

    def _near(
        self, command_id: str, *, side: int | None = None, symbol: str = "", away: int = 0, **options: Any
    ) -> m.Command:
        """A limit order near the middle; ``away`` moves it that many steps against its side."""
        pick = self._random.choice
        symbol = symbol or pick(list(_MARKETS))
        side = pick((m.BUY, m.SELL)) if side is None else side
        price, lots = self._terms(symbol, side)
        step = _MARKETS[symbol][1]
        account = options.pop("account", 0) or pick(ACCOUNTS)
        client_order_id = f"e{command_id}" if command_id else None
        if client_order_id:
            self._placed.append((account, client_order_id))
        plain = {
            "price_ticks": price + step * away * (1 if side == m.SELL else -1),
            "quantity_lots": lots,
            "stp": self._random.randrange(4),
            "client_order_id": client_order_id,
        }
        return m.place_order(command_id, account, symbol, side, **(plain | options))

    def _trigger(self, symbol: str, side: int, **options: Any) -> m.OrderTerms:
        """A stop beyond the middle or a take-profit this side of it."""
        middle, step, _ = _MARKETS[symbol]
        kind = self._random.choice((m.STOP, m.TAKE_PROFIT))
        direction = 1 if (side == m.BUY) == (kind == m.STOP) else -1
        return m.OrderTerms(
            trigger=kind,
            trigger_source=self._random.choice((m.LAST, m.QUOTE)),
            trigger_ticks=middle + direction * step * self._random.randrange(-1, 5),
            trigger_now=self._random.random() < 0.3,
            **options,
        )

    def _waiting(self, command_id: str) -> m.Command:
        symbol, side = self._random.choice(list(_MARKETS)), self._random.choice((m.BUY, m.SELL))
        if side == m.SELL and self._random.random() < 0.4:
            options: dict[str, Any] = {"order_type": m.MARKET, "time_in_force": m.IOC, "price_ticks": 0}
        else:
            options = {}
        terms = self._trigger(symbol, side)
        return self._near(command_id, symbol=symbol, side=side, away=-3, terms=terms, **options)

    def _trailing(self, command_id: str) -> m.Command:
        symbol = self._random.choice(list(_MARKETS))
        distance = self._random.choice(
            ({"trail_ticks": _MARKETS[symbol][1] * self._random.randrange(1, 6)}, {"trail_ppm": 150})
        )
        terms = m.OrderTerms(trigger=m.TRAILING_STOP, **distance)
        options: dict[str, Any] = {"order_type": m.MARKET, "time_in_force": m.IOC, "price_ticks": 0}
        return self._near(command_id, symbol=symbol, side=m.SELL, terms=terms, **options)

    def _oco(self, command_id: str) -> m.Command:
        symbol, side = self._random.choice(list(_MARKETS)), self._random.choice((m.BUY, m.SELL))
        account = self._random.choice(ACCOUNTS)
        first = self._near("", symbol=symbol, side=side, account=account, away=4)
        terms = self._trigger(symbol, side)
        second = self._near(
            "", symbol=symbol, side=side, account=account, terms=terms, quantity_lots=first[9]
        )
        return m.place_oco(command_id, account, first, second)

    def _bracket(self, command_id: str) -> m.Command:
        symbol, account = self._random.choice(list(_MARKETS)), self._random.choice(ACCOUNTS)
        middle, step, _ = _MARKETS[symbol]
        entry = self._near("", symbol=symbol, side=m.BUY, account=account, away=-3)
        limit = self._random.choice((0, middle - 9 * step))
        return m.place_bracket(command_id, account, entry, middle + 6 * step, middle - 6 * step, limit)

    def _oto(self, command_id: str) -> m.Command:
        """A buy near the middle that triggers a sell, or a pair of which one is to trade."""
        symbol, account = self._random.choice(list(_MARKETS)), self._random.choice(ACCOUNTS)
        working = self._near("", symbol=symbol, side=m.BUY, account=account, away=-2)
        common: dict[str, Any] = {"symbol": symbol, "side": m.SELL, "account": account}
        first = self._near("", away=self._random.choice((-2, 3)), quantity_lots=working[9], **common)
        if self._random.random() < 0.5:
            return m.place_oto(command_id, account, working, first)
        terms = self._trigger(symbol, m.SELL)
        second = self._near("", terms=terms, quantity_lots=working[9], **common)
        return m.place_oto(command_id, account, working, first, second)

    def _quotes(self, command_id: str) -> m.Command:
        """Both sides of every market, some of them crossing, or all taken back."""
        account = self._random.choice(ACCOUNTS)
        if self._random.random() < 0.1:
            return m.cancel_quotes(command_id, account, self._random.choice((None, *_MARKETS)))
        quotes = []
        for symbol, (middle, step, lots) in _MARKETS.items():
            apart = step * self._random.randrange(0, 4)
            sizes = [lots * self._random.choice((0, 2, 3)) for _ in range(2)]
            quotes.append(m.Quote(symbol, "m", middle - apart, sizes[0], middle + step + apart, sizes[1]))
        return m.place_quotes(command_id, account, *quotes, session=self._random.choice((None, "s")))

    def _protect(self, command_id: str) -> m.Command:
        bounds = self._random.choice(((0, 0, "", 0), (60_000, 2, "", 0), (600_000, 9, "KRW", 10**14)))
        return m.protect_quotes(command_id, self._random.choice(ACCOUNTS), *bounds)

    def _to_limit(self, command_id: str) -> m.Command:
        return self._near(command_id, price_ticks=0, terms=m.OrderTerms(to_limit=True))

    def _pegged(self, command_id: str) -> m.Command:
        peg = self._random.choice((m.PEG_PRIMARY, m.PEG_MID, m.PEG_MARKET))
        terms = m.OrderTerms(peg=peg, peg_offset_ticks=self._random.randrange(1, 3))
        return self._near(command_id, away=-4, terms=terms)

    def _minimum(self, command_id: str) -> m.Command:
        symbol = self._random.choice(list(_MARKETS))
        lots = _MARKETS[symbol][2]
        terms = m.OrderTerms(min_lots=lots * self._random.choice((1, 3)))
        return self._near(command_id, symbol=symbol, away=-2, quantity_lots=lots * 4, terms=terms)

    def _expiring(self, command_id: str) -> m.Command:
        if self._random.random() < 0.3:
            return self._near(command_id, time_in_force=m.DAY)
        expire_ns = self._clock() + self._random.randrange(-1, 60) * _SECOND
        return self._near(command_id, time_in_force=m.GTD, terms=m.OrderTerms(expire_ns=expire_ns))

    def _dead_man(self, command_id: str) -> m.Command:
        after_ms = self._random.choice((0, 20_000, 90_000, 600_000))
        return m.cancel_after(command_id, self._random.choice(ACCOUNTS), after_ms)

    def _iceberg(self, command_id: str) -> m.Command:
        symbol = self._random.choice(list(_MARKETS))
        lots = _MARKETS[symbol][2]
        return self._near(
            command_id, symbol=symbol, quantity_lots=lots * 24, terms=m.OrderTerms(display_lots=lots * 5)
        )

    def _by_amount(self, command_id: str) -> m.Command:
        options = {"order_type": m.MARKET, "time_in_force": m.IOC, "price_ticks": 0, "quantity_lots": 0}
        return self._near(command_id, quote_amount_minor=self._random.randrange(1, 10**16), **options)

    def _post_only(self, command_id: str) -> m.Command:
        return self._near(command_id, away=-2, post_only=True, terms=m.OrderTerms(reprice=True))

    def _cancel_replace(self, command_id: str) -> m.Command:
        account, client_order_id = self._random.choice(self._placed or [(ACCOUNTS[0], "none")])
        mode = self._random.choice((m.STOP_ON_FAILURE, m.ALLOW_FAILURE))
        place = self._near("", account=account)
        return m.cancel_replace(command_id, account, place, client_order_id=client_order_id, mode=mode)

    def _session(self, command_id: str) -> m.Command:
        if self._random.random() < 0.3:
            return m.cancel_all(command_id, self._random.choice(ACCOUNTS), session="s")
        return self._near(command_id, terms=m.OrderTerms(session="s"))

    def _status(self, command_id: str) -> m.Command:
        self._is_away = not self._is_away
        status = self._random.choice(_STATUSES) if self._is_away else m.TRADING
        return m.set_symbol_status(
            f"s:{command_id}", "ETH-KRW", status, "every type", direct=not self._is_away
        )

    def _group(self, command_id: str) -> m.Command:
        return m.set_group(f"s:{command_id}", self._random.choice(ACCOUNTS[:2]), self._random.choice((0, 7)))

    def _protection(self, command_id: str) -> m.Command:
        return protected("BTC-KRW", f"s:{command_id}")
