"""The exchange's engine by itself: accounts, orders, books and events in one process, without a server, a
database or a journal.

    from xtrader_engine import Venue

    venue = Venue()
    venue.list_symbol("BTC-USD", tick="0.01", lot="0.0001", taker_fee="0.0005")
    alice, bob = venue.open_account(USD="10000"), venue.open_account(BTC="1")
    venue.place(bob, symbol="BTC-USD", side="sell", order_type="limit", price="9000", quantity="0.5")
    placed = venue.place(alice, symbol="BTC-USD", side="buy", order_type="market", quantity="0.2")
    print(placed.order.status, placed.fills[0].price, venue.book("BTC-USD"), venue.balances(alice))

Orders are said in the words of the exchange's API, and answered in its shapes. ``docs/embedding.md``.
"""

from exchange.errors import ApiError
from xtrader_engine.trading_venue import Balance, Level, OrderBook, Placed, Trade, Venue

__all__ = ["ApiError", "Balance", "Level", "OrderBook", "Placed", "Trade", "Venue"]
