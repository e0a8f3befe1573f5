"""Quotes in the naive engine: rules MM1 to MM5."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from exchange.engine import messages as m
from tests.exchange.engine.naive.orders import Order, Place, draft
from tests.exchange.engine.naive.rules import Refusal, crosses, refuse_if
from tests.exchange.engine.naive.state import Guard
from tests.exchange.engine.naive.trading import NaiveTrading

HOUR_MS = 3_600_000


@dataclass
class Wish:
    """A side of a quote as it is asked for."""

    symbol: str
    quote_id: str
    side: int
    price: int
    lots: int
    standing: Order | None
    code: str = ""

    @property
    def keeps_place(self) -> bool:
        """MM2, as A2: the same price and no more than what is open."""
        order = self.standing
        return order is not None and order.price == self.price and self.lots <= order.open


class NaiveQuotes(NaiveTrading):
    def place_quotes(self, c: m.PlaceQuotes) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(self.statuses[c.account] == m.FROZEN, "ACCOUNT_FROZEN")
        guard = self.guards.get(c.account)
        refuse_if(guard is not None and guard.tripped, "QUOTES_PROTECTED")
        names = [(quote[0], quote[1]) for quote in c.quotes]
        sound = 1 <= len(names) <= 50 and len(set(names)) == len(names)
        sound = sound and all(1 <= len(name) <= 36 for _, name in names)
        refuse_if(not sound or (c.session is not None and not 1 <= len(c.session) <= 64), "INVALID_ORDER")
        wishes = [wish for quote in c.quotes for wish in self._wishes(c.account, m.Quote(*quote))]
        self._check_all_funds(c.account, wishes)
        touched: list[m.Event | Order] = []
        entering = []
        for wish in wishes:
            if self._make_way(wish, touched):
                entering.append(wish)
        for wish in entering:
            self._enter_side(c, wish, touched)
        ids = [wish.standing.order_id if wish.standing else 0 for wish in wishes]
        found = [(number, wish.code) for number, wish in zip(ids, wishes, strict=True)]
        results = tuple((*bid, *ask) for bid, ask in zip(found[::2], found[1::2], strict=True))
        self.own += [(m.EV_QUOTES, c.account, results), *touched]

    def _wishes(self, account: int, quote: m.Quote) -> list[Wish]:
        sides = ((m.BUY, quote.bid_ticks, quote.bid_lots), (m.SELL, quote.ask_ticks, quote.ask_lots))
        wishes = []
        for side, price, lots in sides:
            standing = [
                o
                for o in self.quotes(account)
                if (o.symbol, o.quote_id, o.side) == (quote.symbol, quote.quote_id, side)
            ]
            wish = Wish(quote.symbol, quote.quote_id, side, price, lots, standing[0] if standing else None)
            if lots:
                try:
                    self._check_side(wish, quote)
                except Refusal as refusal:
                    wish.code = refusal.code
            wishes.append(wish)
        return wishes

    def _check_side(self, wish: Wish, quote: m.Quote) -> None:
        refuse_if(wish.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        symbol = self.book_symbols[wish.symbol]
        both = quote.bid_lots != 0 and quote.ask_lots != 0
        refuse_if(both and quote.bid_ticks >= quote.ask_ticks, "INVALID_ORDER")
        refuse_if(symbol.status in m.CALL_STATUSES, "SYMBOL_IN_AUCTION")
        refuse_if(symbol.status == m.HALTED, "SYMBOL_HALTED")
        refuse_if(symbol.status == m.CANCEL_ONLY, "SYMBOL_CANCEL_ONLY")
        refuse_if(symbol.status == m.CLOSED, "SYMBOL_CLOSED")
        self.check_price(symbol, wish.price)
        self.check_quantity(symbol, wish.lots)
        self.check_value(symbol, self._draft(0, wish, None), wish.price, wish.lots)
        self.check_band(symbol, wish.price)

    def _draft(self, account: int, wish: Wish, session: str | None) -> Order:
        command = m.PlaceOrder(
            *(m.PLACE, "", account, wish.symbol, wish.side, m.LIMIT, m.GTC, True, wish.price, wish.lots, 0),
            stp=m.STP_CANCEL_NEWEST,
            client_order_id=None,
            terms=m.OrderTerms(session=session),
        )
        order = draft(command, self.book_symbols[wish.symbol], self.fees(wish.symbol, account), self.now_ns)
        order.quote_id = wish.quote_id
        return order

    def _check_all_funds(self, account: int, wishes: list[Wish]) -> None:
        """MM3: all sides together."""
        required: Counter[str] = Counter()
        freed: Counter[str] = Counter()
        assets: list[str] = []
        for wish in wishes:
            if wish.symbol not in self.book_symbols:
                continue
            spec = self.book_symbols[wish.symbol].spec
            asset = spec.quote if wish.side == m.BUY else spec.base
            assets.append(asset)
            if wish.standing is not None:
                freed[asset] += self.hold(wish.standing)[1]
            if wish.lots and not wish.code:
                required[asset] += self._need_of(account, wish)
        for asset in assets:
            self.check_covers(account, asset, required[asset], freed[asset])

    def _need_of(self, account: int, wish: Wish) -> int:
        order = self._draft(account, wish, None)
        standing = wish.standing
        if standing is not None:
            order.accrued, order.fee = standing.accrued, standing.fee
            if wish.keeps_place:
                order.maker_ppm, order.taker_ppm = standing.maker_ppm, standing.taker_ppm
        return self.need(order)

    def _make_way(self, wish: Wish, touched: list[m.Event | Order]) -> bool:
        """What stands ends, leaves, or is lowered; whether the side has yet to enter."""
        order = wish.standing
        if order is None:
            return bool(wish.lots) and not wish.code
        if wish.code or not wish.lots:
            self.cancel(order, m.REASON_REPLACED if wish.code else m.REASON_USER)
            touched.append(order)
            wish.standing = None
            return False
        if wish.keeps_place:
            if wish.lots < order.open:
                order.quantity = order.filled + order.prevented_lots + wish.lots
                self.tell(order)
                touched.append(order)
            return False
        order.place = Place.ENTERING
        return True

    def _enter_side(self, c: m.PlaceQuotes, wish: Wish, touched: list[m.Event | Order]) -> None:
        order = wish.standing
        best = self.best(wish.symbol, 1 - wish.side)
        most = self.book_symbols[wish.symbol].spec.max_open_orders
        # One that is about to come back to the book counts, as it did before.
        in_all = [o for o in self.live if o.account == c.account and o.place != Place.GONE]
        open_orders = [o for o in in_all if o.symbol == wish.symbol]
        if best is not None and crosses(wish.side, wish.price, best):
            wish.code = "POST_ONLY_WOULD_TAKE"
        elif order is None and (len(open_orders) >= most or len(in_all) >= self.orders_per_account):
            wish.code = "TOO_MANY_OPEN_ORDERS"
        if wish.code:
            if order is not None:
                self.cancel(order, m.REASON_REPLACED)
                touched.append(order)
                wish.standing = None
            return
        if order is None:
            order = wish.standing = self._draft(c.account, wish, c.session)
            order.order_id = len(self.orders) + 1
            self.begin(order)
        else:
            order.price, order.quantity = wish.price, order.filled + order.prevented_lots + wish.lots
            order.maker_ppm, order.taker_ppm = self.fees(wish.symbol, c.account)
        self.rest(order)
        touched.append(order)

    def cancel_quotes(self, c: m.CancelQuotes) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.symbol is not None and c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        chosen = [
            o
            for o in self.quotes(c.account)
            if c.symbol in (None, o.symbol) and c.quote_id in (None, o.quote_id)
        ]
        self.own.append((m.EV_CANCELED_ALL, c.account, c.symbol, len(chosen)))
        for order in chosen:
            self.cancel(order, m.REASON_USER)
            self.own.append(order)

    def protect_quotes(self, c: m.ProtectQuotes) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        bounds = (c.window_ms, c.max_fills, c.asset, c.max_net_minor)
        if not any(bounds):
            self.guards.pop(c.account, None)
        else:
            sound = 1 <= c.window_ms <= HOUR_MS and 1 <= c.max_fills <= 1_000
            sound = sound and c.max_net_minor >= 0 and (c.max_net_minor > 0) == (c.asset != "")
            refuse_if(not sound, "INVALID_PROTECTION")
            refuse_if(c.asset != "" and c.asset not in self.assets, "ASSET_NOT_FOUND")
            self.guards[c.account] = Guard(*bounds)
        self.quote_fills = [fill for fill in self.quote_fills if fill[1] != c.account]
        self.log.append(self.guard_event(c.account))
