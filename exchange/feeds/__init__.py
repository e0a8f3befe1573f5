"""Live feeds: what happens in the engine, brought to every socket of this web process.

``registry``  where other apps register the topics they serve (candles, statistics)
``hub``       one engine subscription per process: books, trades, private channels
``topic``     sequences, replay rings and the readers of one topic
``accounts``  the private channels of whoever is connected here
``relay``     runs the upstreams of ``registry``
"""
