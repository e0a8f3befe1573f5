"""The account's own open orders and balances, mirrored live."""

from __future__ import annotations

from xtrader_client._errors import XTraderError
from xtrader_client._live import Live
from xtrader_client._money import Balance
from xtrader_client._orders import Order
from xtrader_client._topics import Message, Reader


class AccountState(Live):
    """Open orders by id and balances by asset, as of the last messages. ``Client.account`` keeps it live."""

    def __init__(self) -> None:
        super().__init__()
        self.open_orders: dict[str, Order] = {}
        self.balances: dict[str, Balance] = {}
        self.orders_reader: Reader = _OrdersReader(self)
        self.balances_reader: Reader = _BalancesReader(self)
        self._in_step = {"orders": False, "balances": False}

    def note(self, part: str, *, synced: bool) -> None:
        """Called by the readers: a message was taken in, or some may be missing."""
        self._in_step[part] = synced
        self.synced = all(self._in_step.values())
        self._changed.set()


class _PartReader(Reader):
    part = ""
    needs_snapshot = True

    def __init__(self, state: AccountState) -> None:
        self.state = state
        #: A change before the first snapshot is part of it.
        self._has_begun = False

    def on_stale(self) -> None:
        self.state.note(self.part, synced=False)

    def on_resumed(self) -> None:
        if self._has_begun:
            self.state.note(self.part, synced=True)

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        self._has_begun = self._has_begun or is_snapshot
        if self._has_begun:
            self.take(message, is_snapshot)
            self.state.note(self.part, synced=True)

    def take(self, message: Message, is_snapshot: bool) -> None:
        """Bring the part up to date."""
        raise NotImplementedError

    def on_failure(self, error: XTraderError) -> None:
        self.state.fail(error)


class _OrdersReader(_PartReader):
    part = "orders"

    def take(self, message: Message, is_snapshot: bool) -> None:
        if is_snapshot:
            orders = map(Order.from_wire, message["orders"])
            self.state.open_orders = {order.order_id: order for order in orders}
        else:
            order = Order.from_wire(message)
            if order.is_open:
                self.state.open_orders[order.order_id] = order
            else:
                self.state.open_orders.pop(order.order_id, None)


class _BalancesReader(_PartReader):
    part = "balances"

    def take(self, message: Message, is_snapshot: bool) -> None:
        rows = message["balances"] if is_snapshot else [message]
        changed = {row["asset"]: Balance.from_wire(row) for row in rows}
        self.state.balances = changed if is_snapshot else {**self.state.balances, **changed}
