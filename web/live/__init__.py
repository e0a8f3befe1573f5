"""Live feeds: what happens in the engine, brought to every socket of this web process.

``hub``             one engine subscription per process: books, trades, private channels
``step``            the messages that the events of one command cause
``topics``          sequences, replay rings and the readers of one topic
``book``            the book of one symbol, as deltas with a checksum
``account_topics``  the private channels of the accounts connected here
``relay``           topics of other apps (candles, statistics)
``endings``         cancels orders that end with their connection
``runtime``         what a web process starts once; ``socket_limits`` has its bounds
"""
