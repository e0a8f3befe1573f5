"""Orders of every type, drawn at random: mostly sound, within prices that meet, sometimes odd."""

from __future__ import annotations

import random
from typing import Any

from exchange.engine import messages as m
from tests.exchange.engine.venue import (
    ACCOUNTS,
    HOUR_NS,
    ODD_PRICES,
    ODD_QUANTITIES,
    PRICES,
    SECOND_NS,
    SYMBOLS,
)

SESSIONS = ("phone", "bot")
#: From now to when a GTD order ends.
LIFETIMES_NS = (3_000, 20_000, SECOND_NS, 90 * SECOND_NS, 5 * HOUR_NS, 40 * HOUR_NS)
NO_LIFETIMES_NS = (500, 0, -5, -(10**30))


class OrderMaker:
    """Draws commands that place orders. ``now_ns`` is the time of the last command, as far as events told
    it; ``number`` that of the next one."""

    def __init__(self, rng: random.Random, number: int = 0, now_ns: int = 0) -> None:
        self.rng = rng
        self.number = number
        self.now_ns = now_ns

    # --- one of many ---------------------------------------------------------------------------------

    def next_id(self) -> str:
        return f"c{self.number}"

    def account(self) -> int:
        return 999_999 if self.rarely(0.005) else self.rng.choice(ACCOUNTS)

    def symbol(self) -> str:
        return "NONE" if self.rarely(0.005) else self.rng.choice(SYMBOLS)

    def price(self) -> int:
        return self.rng.choice(ODD_PRICES) if self.rarely(0.03) else self.rng.choice(PRICES)

    def quantity(self) -> int:
        if self.rarely(0.02):
            return self.rng.choice(ODD_QUANTITIES)
        # Six and twelve are whole lots whatever the lot step is.
        return self.rng.choice((6, 6, 12, *range(1, 13)))

    def amount(self) -> int:
        if self.rarely(0.02):
            return self.rng.choice((-1, 10**40))
        # Hypothesis draws an infinite one as well.
        return 1 + int(min(self.rng.expovariate(1 / 900), 10**6))

    def session(self) -> str | None:
        return self.rng.choice(SESSIONS) if self.rarely(0.15) else None

    def rarely(self, probability: float) -> bool:
        return self.rng.random() < probability

    # --- parts of an order -----------------------------------------------------------------------------

    def order(self, terms: dict[str, Any] | None = None, **fields: Any) -> m.Command:
        """A PLACE; ``terms`` are those of its OrderTerms that say something."""
        given = dict(terms or {})
        session = self.session()
        if session is not None:
            given["session"] = session
        # Terms that say nothing mean the same whether they are there or not.
        say = m.OrderTerms(**given) if given or self.rarely(0.05) else None
        base = {"stp": self.rng.randrange(4), "terms": say}
        if self.rarely(0.15):
            base["client_order_id"] = f"mine{self.rng.randrange(12)}"
        side = fields.pop("side", self.rng.choice((m.BUY, m.SELL)))
        account, symbol = fields.pop("account", None), fields.pop("symbol", None)
        return m.place_order(
            self.next_id(), account or self.account(), symbol or self.symbol(), side, **(base | fields)
        )

    def life(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """(fields, terms) of a time in force that rests."""
        time_in_force = self.rng.choice((m.GTC, m.GTC, m.GTC, m.GTD, m.DAY))
        if time_in_force != m.GTD:
            return {"time_in_force": time_in_force}, {}
        lifetime_ns = self.rng.choice(NO_LIFETIMES_NS if self.rarely(0.04) else LIFETIMES_NS)
        return {"time_in_force": m.GTD}, {"expire_ns": self.now_ns + lifetime_ns}

    def trigger(self, kinds: tuple[int, ...] = (m.STOP, m.TAKE_PROFIT)) -> dict[str, Any]:
        kind = self.rng.choice(kinds)
        terms = {
            "trigger": kind,
            "trigger_source": self.rng.choice((m.LAST, m.LAST, m.QUOTE)),
            "trigger_now": self.rarely(0.3),
        }
        if kind != m.TRAILING_STOP:
            return terms | {"trigger_ticks": self.price()}
        if self.rarely(0.5):
            return terms | {"trail_ticks": self.rng.choice((1, 1, 2, 3, 9, 30))}
        return terms | {"trail_ppm": self.rng.choice((90_000, 100_000, 250_000, 999_999, 1_000_000))}

    # --- orders ----------------------------------------------------------------------------------------

    def limit(self, **fields: Any) -> m.Command:
        life, terms = self.life()
        if self.rarely(0.15):
            fields["post_only"] = True
            terms["reprice"] = self.rarely(0.5)
        sizes = {"price_ticks": self.price(), "quantity_lots": self.quantity()} | life | fields
        return self.order(terms | self.minimum(sizes["quantity_lots"]), **sizes)

    def minimum(self, quantity: int) -> dict[str, Any]:
        """The term of a minimum quantity, which few orders have."""
        if not self.rarely(0.12):
            return {}
        return {"min_lots": quantity if self.rarely(0.3) else self.rng.randrange(1, 8)}

    def to_limit(self, **fields: Any) -> m.Command:
        """A market-to-limit order."""
        life, terms = self.life()
        if self.rarely(0.2):
            life, terms = {"time_in_force": self.rng.choice((m.IOC, m.FOK))}, {}
        sizes = {"quantity_lots": self.quantity(), "price_ticks": 9 if self.rarely(0.02) else 0}
        terms |= {"to_limit": True} | self.minimum(sizes["quantity_lots"])
        return self.order(terms, **(sizes | life | fields))

    def pegged(self, **fields: Any) -> m.Command:
        life, terms = self.life()
        peg = self.rng.choice((m.PEG_PRIMARY, m.PEG_MID, m.PEG_MID, m.PEG_MARKET, m.PEG_MARKET))
        offset = self.rng.choice((1, 1, 2, 3) if peg == m.PEG_MARKET else (0, 0, 1, 1, 2, 3, 30))
        if self.rarely(0.03):
            peg, offset = self.rng.choice(((m.PEG_MARKET, 0), (m.PEG_MID, -1), (4, 1), (0, 1), (1, 10**30)))
        sizes = {"price_ticks": self.price(), "quantity_lots": self.quantity()}
        return self.order(terms | {"peg": peg, "peg_offset_ticks": offset}, **(sizes | life | fields))

    def iceberg(self, **fields: Any) -> m.Command:
        life, terms = self.life()
        quantity = self.rng.randrange(2, 13)
        terms["display_lots"] = self.rng.choice((1, 1, 2, 3, quantity - 1, quantity))
        if self.rarely(0.1):
            terms |= {"reprice": True}
            fields["post_only"] = True
        if self.rarely(0.1):
            terms |= self.trigger()
        return self.order(terms, price_ticks=self.price(), quantity_lots=quantity, **(life | fields))

    def now(self, **fields: Any) -> m.Command:
        """A limit order that does not rest."""
        fields["time_in_force"] = self.rng.choice((m.IOC, m.FOK))
        sizes = {"price_ticks": self.price(), "quantity_lots": self.quantity()} | fields
        return self.order(self.minimum(sizes["quantity_lots"]), **sizes)

    def market(self, **fields: Any) -> m.Command:
        fields["price_ticks"] = self.price() if self.rarely(0.25) else 0
        if fields.pop("by_amount", self.rarely(0.4)):
            fields |= {"quote_amount_minor": self.amount(), "time_in_force": m.IOC}
        else:
            fields["time_in_force"] = self.rng.choice((m.IOC, m.IOC, m.FOK))
            fields = {"quantity_lots": self.quantity()} | fields
        terms = self.minimum(fields.get("quantity_lots", 0))
        return self.order(terms, order_type=m.MARKET, **fields)

    def for_auction(self, **fields: Any) -> m.Command:
        """An order for the opening or the closing auction alone, or a market order that may gather."""
        fields.setdefault("time_in_force", self.rng.choice((m.OPG, m.CLS, m.CLS)))
        fields |= {"price_ticks": self.price(), "quantity_lots": self.quantity()}
        if self.rarely(0.6):
            fields["order_type"] = m.MARKET
            if self.rarely(0.7):
                fields["price_ticks"] = 0
        return self.order(**fields)

    def stop_limit(self, rests: bool = False, **fields: Any) -> m.Command:
        life, terms = self.life()
        if not rests and self.rarely(0.25):
            life, terms = {"time_in_force": self.rng.choice((m.IOC, m.FOK))}, {}
        fields = {"quantity_lots": self.quantity(), "price_ticks": self.price()} | life | fields
        return self.order(terms | self.trigger(), **fields)

    def stop_market(self, **fields: Any) -> m.Command:
        """A stop, take-profit or trailing stop that enters as a market order."""
        life, terms = self.life()
        if self.rarely(0.2):
            life, terms = {"time_in_force": m.IOC}, {}
        terms |= self.trigger((m.STOP, m.TAKE_PROFIT, m.TRAILING_STOP, m.TRAILING_STOP))
        side = fields.pop("side", self.rng.choice((m.BUY, m.SELL)))
        quantity = fields.pop("quantity_lots", None) or self.quantity()
        sizes = {"quantity_lots": quantity, "price_ticks": 0}
        if (side == m.BUY and not self.rarely(0.05)) or self.rarely(0.1):
            sizes["price_ticks"] = self.price()
        by_amount = fields.pop("by_amount", self.rarely(0.4 if side == m.BUY else 0.03))
        if by_amount:
            sizes = {"quote_amount_minor": self.amount(), "price_ticks": self.rng.choice((0, self.price()))}
        return self.order(terms, side=side, order_type=m.MARKET, **(life | sizes | fields))

    def plain_limit(self, **fields: Any) -> m.Command:
        """A limit order that rests, without anything else."""
        life, terms = self.life()
        fields = {"quantity_lots": self.quantity(), "price_ticks": self.price()} | life | fields
        return self.order(terms, **fields)

    # --- several at once -------------------------------------------------------------------------------

    def oco(self) -> m.Command:
        """Mostly a limit order and one with a trigger, or two with triggers; the first leg may be either."""
        symbol, side, quantity = self.symbol(), self.rng.choice((m.BUY, m.SELL)), self.quantity()
        common = {"symbol": symbol, "side": side, "quantity_lots": quantity}
        legs = [
            self._leg(self.rng.choice((self.plain_limit, self.plain_limit, self.stop_market)), common),
            self._leg(self.rng.choice((self.stop_limit, self.stop_market)), common),
        ]
        if self.rarely(0.04):
            odd = (self.limit, self.now, self.market, self.iceberg, self.stop_limit, self.pegged)
            legs[1] = self.rng.choice(odd)()
        self.rng.shuffle(legs)
        return m.place_oco(self.next_id(), self.account(), *legs)

    def _leg(self, make: Any, common: dict[str, Any]) -> m.Command:
        one: dict[Any, dict[str, Any]] = {
            self.stop_limit: {"rests": not self.rarely(0.03)},
            self.stop_market: {"by_amount": self.rarely(0.03)},
        }
        command: m.Command = make(**common, **one.get(make, {}))
        return command

    def bracket(self) -> m.Command:
        make = self.rng.choice(
            (self.limit, self.limit, self.market, self.market, self.stop_limit, self.stop_market, self.now)
        )
        fields: dict[str, Any] = {"side": m.SELL if self.rarely(0.02) else m.BUY}
        if make in (self.market, self.stop_market):
            fields["by_amount"] = self.rarely(0.03)
        entry = self.rng.choice((self.iceberg, self.pegged))() if self.rarely(0.03) else make(**fields)
        stop = self.rng.choice((5, 6, 7, 8, 9, 10, self.price()))
        take_profit = self.price() if self.rarely(0.1) else self.rng.choice((9, 10, 12, 12, 14, 16, 18))
        stop_limit = self.rng.choice((0, 0, stop, self.price()))
        source = 2 if self.rarely(0.01) else self.rng.choice((m.LAST, m.LAST, m.QUOTE))
        return m.place_bracket(self.next_id(), self.account(), entry, take_profit, stop, stop_limit, source)

    def oto(self) -> m.Command:
        """An order of any kind that triggers one of any kind, or a pair."""
        symbol = self.symbol()
        kinds = (self.limit, self.limit, self.now, self.market, self.to_limit, self.iceberg, self.stop_limit)
        if self.rarely(0.03):
            kinds = (self.pegged,)
        working = self.rng.choice((*kinds, self.stop_market))(symbol=symbol)
        seconds = (self.limit, self.now, self.market, self.iceberg, self.stop_limit, self.stop_market)
        if self.rarely(0.5):
            return m.place_oto(
                self.next_id(), self.account(), working, self.rng.choice(seconds)(symbol=symbol)
            )
        common = {
            "symbol": "XYZ-KRW" if self.rarely(0.02) else symbol,
            "side": self.rng.choice((m.BUY, m.SELL)),
            "quantity_lots": self.quantity(),
        }
        legs = [
            self._leg(self.rng.choice((self.plain_limit, self.plain_limit, self.stop_market)), common),
            self._leg(self.rng.choice((self.stop_limit, self.stop_market)), common),
        ]
        self.rng.shuffle(legs)
        if self.rarely(0.02):
            legs.append(self.limit(symbol=symbol))
        return m.place_oto(self.next_id(), self.account(), working, *legs)

    # --- quotes ----------------------------------------------------------------------------------------

    def quotes(self) -> m.Command:
        """A few quotes, mostly apart, of few names."""
        count = 51 if self.rarely(0.01) else self.rng.choice((1, 1, 2, 3, 4))
        quotes = [self._quote(number) for number in range(count)]
        session = self.session()
        if self.rarely(0.01):
            session = ""
        return m.place_quotes(self.next_id(), self.account(), *quotes, session=session)

    def _quote(self, number: int) -> m.Quote:
        bid, ask = sorted((self.price(), self.price()))
        if self.rarely(0.03):
            bid, ask = ask, bid
        lots = [0 if self.rarely(0.15) else self.quantity() for _ in range(2)]
        name = "" if self.rarely(0.01) else self.rng.choice(("q", "q", "r"))
        return m.Quote(self.symbol(), name if number < 9 else f"{name}{number}", bid, lots[0], ask, lots[1])

    def malformed(self) -> m.Command:
        """A combination of fields that means nothing."""
        priced = {"price_ticks": 10, "quantity_lots": 3}
        now = {"order_type": m.MARKET, "time_in_force": m.IOC, "quantity_lots": 3}
        amount = {"order_type": m.MARKET, "time_in_force": m.IOC, "quote_amount_minor": 500}
        stop = {"trigger": m.STOP, "trigger_ticks": 9}
        trail = {"trigger": m.TRAILING_STOP, "trail_ticks": 2}
        fields, terms = self.rng.choice(
            (
                (now | {"time_in_force": m.GTC}, {}),
                (now | {"time_in_force": m.DAY}, {}),
                (now | {"post_only": True}, {}),
                (now, {"reprice": True}),
                (now, {"to_limit": True}),
                (now | {"time_in_force": m.FOK}, {"min_lots": 1}),
                (amount, {"min_lots": 1}),
                (priced, {"min_lots": 4}),
                (priced, {"min_lots": -1}),
                (priced, {"to_limit": True}),
                (priced | {"price_ticks": 0, "post_only": True}, {"to_limit": True}),
                (priced | {"price_ticks": 0}, {"to_limit": True, "display_lots": 1}),
                (priced | {"price_ticks": 0}, stop | {"to_limit": True}),
                (priced | {"post_only": True}, {"min_lots": 1}),
                (priced | {"time_in_force": m.IOC}, {"peg": m.PEG_MID}),
                (priced | {"time_in_force": m.CLS}, {"peg": m.PEG_MID}),
                (priced | {"post_only": True}, {"peg": m.PEG_PRIMARY}),
                (priced, {"peg": m.PEG_PRIMARY, "display_lots": 1}),
                (priced, {"peg": m.PEG_PRIMARY, "min_lots": 1}),
                (priced | {"price_ticks": 0}, {"peg": m.PEG_PRIMARY, "to_limit": True}),
                (priced, stop | {"peg": m.PEG_PRIMARY}),
                (now, {"peg": m.PEG_PRIMARY}),
                (now, {"display_lots": 1}),
                (amount | {"time_in_force": m.FOK}, {}),
                (amount | {"quantity_lots": 2}, {}),
                (amount | {"side": m.SELL}, stop),
                (now | {"side": m.BUY}, stop),
                (now | {"side": m.SELL, "time_in_force": m.FOK}, stop),
                (priced | {"time_in_force": m.IOC, "post_only": True}, {}),
                (priced | {"quote_amount_minor": 500}, {}),
                (priced | {"time_in_force": m.GTD}, {}),
                (priced | {"time_in_force": 7}, {}),
                (priced | {"time_in_force": m.OPG, "post_only": True}, {}),
                (priced | {"time_in_force": m.CLS}, {"display_lots": 1}),
                (priced | {"time_in_force": m.CLS}, stop),
                (amount | {"time_in_force": m.CLS}, {}),
                (priced | {"order_type": 2}, {}),
                (priced | {"stp": 4}, {}),
                (priced | {"side": 2}, {}),
                (priced, {"expire_ns": 10**19}),
                (priced, {"reprice": True}),
                (priced | {"post_only": True}, stop),
                (priced | {"time_in_force": m.FOK}, {"display_lots": 1}),
                (priced, {"display_lots": -1}),
                (priced, {"display_lots": 3}),
                (priced, {"trigger": 4}),
                (priced, stop | {"trigger_source": 2}),
                (priced, stop | {"trail_ticks": 1}),
                (priced, {"trigger_source": m.QUOTE}),
                (priced, {"trigger_now": True}),
                (priced, {"trigger_ticks": 9}),
                (priced, {"trail_ppm": 9}),
                (priced, trail),
                (now | {"side": m.SELL}, trail | {"trail_ppm": 100}),
                (now | {"side": m.SELL}, trail | {"trigger_ticks": 9}),
                (now | {"side": m.SELL}, trail | {"trail_ticks": -1}),
                (now | {"side": m.SELL}, trail | {"trail_ticks": 0}),
            )
        )
        return self.order(terms, **fields)
