"""Addresses of the REST API that the exchange itself answers."""

from django.urls import URLPattern, URLResolver, path

from exchange.api.views import account, market, orders

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/order", orders.PlaceOrderView.as_view(), name="place-order"),
    path("v1/order/cancel", orders.CancelOrderView.as_view(), name="cancel-order"),
    path("v1/order/reduce", orders.ReduceOrderView.as_view(), name="reduce-order"),
    path("v1/order/replace", orders.ReplaceOrderView.as_view(), name="replace-order"),
    path("v1/order/cancel-replace", orders.CancelReplaceView.as_view(), name="cancel-replace"),
    path("v1/order/<str:order_id>", orders.OrderView.as_view(), name="order"),
    path("v1/orders", orders.OrdersView.as_view(), name="orders"),
    path("v1/orders/cancel-all", orders.CancelAllView.as_view(), name="cancel-all"),
    path("v1/orders/cancel-after", orders.CancelAfterView.as_view(), name="cancel-after"),
    path("v1/orders/oco", orders.OcoView.as_view(), name="place-oco"),
    path("v1/orders/bracket", orders.BracketView.as_view(), name="place-bracket"),
    path("v1/fills", orders.FillsView.as_view(), name="fills"),
    path("v1/ledger", account.LedgerView.as_view(), name="ledger"),
    path("v1/fees", account.FeesView.as_view(), name="fees"),
    path("v1/balances", account.BalancesView.as_view(), name="balances"),
    path("v1/demo/deposit", account.DemoDepositView.as_view(), name="demo-deposit"),
    path("api/v1/orderbook/<str:symbol>", market.OrderBookView.as_view(), name="orderbook"),
    path("api/v1/auction/<str:symbol>", market.AuctionView.as_view(), name="auction"),
    path("api/v1/symbols", market.SymbolsView.as_view(), name="symbols"),
    path("api/v1/time", market.TimeView.as_view(), name="time"),
]
