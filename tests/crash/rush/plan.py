"""The acts of a round, drawn from a seed: together they want some times what there is."""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from tests.crash.rush.acts import Act, Json, What

SYMBOL: Final = "BTC-KRW"
PRICE: Final = 50_000_000
STEP: Final = 1_000
#: Decimals of a quantity of the symbol, and of either asset.
SCALE: Final = 8
#: What main and sub-account begin with, in minor units: about 20 acts' worth, and less.
OPENING: Final = {
    "main": {"KRW": 1_000_000 * 10**SCALE, "BTC": 2_000_000},
    "sub": {"KRW": 400_000 * 10**SCALE, "BTC": 800_000},
}
#: How far from the middle a market maker stands on either side, in steps, and what for.
MAKER_STEPS: Final = 5
MAKER_LOTS: Final = 10**SCALE

#: How many of a hundred are of which kind.
SHARES: Final = {
    What.ORDER: 44,
    What.CANCEL: 16,
    What.TRANSFER: 14,
    What.WITHDRAWAL: 14,
    What.CANCEL_WITHDRAWAL: 5,
    What.READ: 5,
    What.REVOKE: 2,
}
#: An act's value, KRW.
_VALUES: Final = (20_000, 90_000)
#: Shares of orders that trade, of named acts that are sent by two ways at once, and of acts that come with
#: the first blow; the others come within the time after it.
_TRADES, _TWICE, _AT_ONCE = 0.08, 0.15, 0.6
_SPREAD_S: Final = 0.6
_REVOKED_WITHIN_S: Final = (0.05, 0.4)
#: Of the acts that have no answer, those whose sender asks again.
_ASKS_AGAIN: Final = 0.5


class Party(NamedTuple):
    """One of the user's accounts, and the ways in for it: those that carry everything, and those (WebSockets)
    that carry orders alone."""

    number: int
    name: str
    rest: tuple[str, ...]
    sockets: tuple[str, ...]
    #: The user's other account.
    other: int


class Plan:
    """Draws acts. ``name`` begins every client id, ``keys`` are the ids of the keys that may be revoked, and
    ``address_id`` names the entry of the user's book that withdrawals go to."""

    def __init__(
        self,
        luck: random.Random,
        name: str,
        parties: tuple[Party, Party],
        keys: tuple[str, ...],
        address_id: str,
    ) -> None:
        self._luck = luck
        self._name = name
        self._parties = parties
        self._keys = list(keys)
        self._address_id = address_id
        self._count = 0
        self._orders: list[Act] = []
        self._withdrawals: list[Act] = []

    def draw(self) -> list[Act]:
        """The acts of a round, in the order in which they are to begin."""
        # Orders and withdrawals before what is about them: their names are known, and a cancel may overtake.
        makers = {
            What.ORDER: self._order,
            What.WITHDRAWAL: self._withdrawal,
            What.CANCEL: self._cancel,
            What.CANCEL_WITHDRAWAL: self._call_back,
            What.TRANSFER: self._transfer,
            What.READ: self._read,
            What.REVOKE: self._revoke,
        }
        acts = [make() for what, make in makers.items() for _ in range(SHARES[what])]
        self._luck.shuffle(acts)
        return sorted(acts, key=lambda act: act.delay_s)

    def probe(self, key_way: str, party: Party) -> Act:
        """An order sent after a key's end."""
        act = self._order(party)
        act.ways, act.delay_s, act.asks_again = (key_way,), 0.0, False
        return act

    def _order(self, party: Party | None = None) -> Act:
        luck, party = self._luck, party or self._party()
        side = luck.choice(("buy", "buy", "sell"))
        away = luck.randint(MAKER_STEPS + 1, 60)
        is_trade = luck.random() < _TRADES
        if is_trade:
            away = -MAKER_STEPS
        price = PRICE + STEP * (away if side == "sell" else -away)
        lots = self._value() * 10**SCALE // price
        name = self._next("o")
        body = {
            "symbol": SYMBOL,
            "side": side,
            "order_type": "limit",
            "price": str(price),
            "quantity": decimal(lots),
            "client_order_id": name,
            "time_in_force": "ioc" if is_trade and luck.random() < 0.5 else "gtc",
        }
        act = self._act(What.ORDER, party, name, body, (*party.rest, *party.sockets))
        self._orders.append(act)
        return act

    def _cancel(self) -> Act:
        order = self._luck.choice(self._orders)
        party = next(party for party in self._parties if party.number == order.account)
        body = {"client_order_id": order.name}
        act = self._act(What.CANCEL, party, order.name, body, (*party.rest, *party.sockets))
        # A cancel has no id: sent twice it is two.
        act.ways = act.ways[:1]
        return act

    def _transfer(self) -> Act:
        party, name, asset = self._party(), self._next("t"), self._luck.choice(("KRW", "KRW", "BTC"))
        body = {
            "from": str(party.number),
            "to": str(party.other),
            "asset": asset,
            "amount": self._amount(asset),
            "client_transfer_id": name,
        }
        return self._act(What.TRANSFER, party, name, body, party.rest)

    def _withdrawal(self) -> Act:
        party, name = self._party(), self._next("w")
        body = {
            "asset": "KRW",
            "amount": str(self._value()),
            "address_id": self._address_id,
            "client_withdrawal_id": name,
        }
        act = self._act(What.WITHDRAWAL, party, name, body, party.rest)
        self._withdrawals.append(act)
        return act

    def _call_back(self) -> Act:
        asked = self._luck.choice(self._withdrawals)
        party = next(party for party in self._parties if party.number == asked.account)
        act = self._act(What.CANCEL_WITHDRAWAL, party, "", {}, party.rest)
        act.after, act.ways = asked, act.ways[:1]
        return act

    def _read(self) -> Act:
        party = self._party()
        act = self._act(What.READ, party, "", {}, party.rest)
        act.ways = act.ways[:1]
        return act

    def _revoke(self) -> Act:
        key = self._keys.pop(self._luck.randrange(len(self._keys)))
        party = self._parties[0]
        logged_in = [way for way in party.rest if way.startswith("token")]
        act = self._act(What.REVOKE, party, key, {}, logged_in)
        act.ways, act.asks_again = act.ways[:1], True
        act.delay_s = self._luck.uniform(*_REVOKED_WITHIN_S)
        return act

    # --- what they have in common --------------------------------------------------------------------

    def _act(self, what: What, party: Party, name: str, body: Json, ways: tuple[str, ...] | list[str]) -> Act:
        luck = self._luck
        count = 2 if luck.random() < _TWICE and len(ways) > 1 else 1
        return Act(
            what,
            party.number,
            name,
            body,
            tuple(luck.sample(list(ways), count)),
            delay_s=0.0 if luck.random() < _AT_ONCE else luck.uniform(0, _SPREAD_S),
            asks_again=luck.random() < _ASKS_AGAIN,
        )

    def _party(self) -> Party:
        return self._luck.choices(self._parties, (7, 3))[0]

    def _value(self) -> int:
        return self._luck.randint(*_VALUES)

    def _amount(self, asset: str) -> str:
        if asset == "KRW":
            return str(self._value())
        return decimal(self._value() * 10**SCALE // PRICE)

    def _next(self, kind: str) -> str:
        self._count += 1
        return f"{self._name}-{kind}{self._count}"


def decimal(minor: int) -> str:
    """Minor units as the wire has them."""
    return f"{minor // 10**SCALE}.{minor % 10**SCALE:0{SCALE}d}"
