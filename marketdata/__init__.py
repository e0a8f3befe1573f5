"""The follower of the journal: database, candles, statistics, and the feed of them."""
