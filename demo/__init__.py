"""The demo market: robots that trade every symbol through the public API, like any other client.

    markets.py    what each symbol's market looks like: price, volatility, sizes
    walk.py       the wandering reference price, in whole numbers, from a seed
    history.py    the days before the first start, made by the engine itself under a backdated clock
    quotes.py     the ladder of quotes a market maker wants around a price
    maker.py      keeps such a ladder on the book
    taker.py      trades against whatever is quoted
    pauses.py     what a robot rides out, and how long it waits before it starts over
    runner.py     logs the robots in, keeps them going through restarts of the exchange

Their log-ins are ordinary users whose accounts are marked as demo. Nothing on the page or in the
database is made up by any other way than their orders.
"""
