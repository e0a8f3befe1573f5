"""The projection: what the journal implies, written to the database exactly once.

``rows`` turns events into rows, ``markets`` into candles and statistics, ``tables`` and ``store`` write
them together with the position, ``projector`` drives it all.
"""
