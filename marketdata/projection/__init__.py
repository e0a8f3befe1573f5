"""The projection: what the journal implies, written to the database exactly once.

``rows`` turns events into rows, ``markets`` into candles and statistics, ``watch`` holds them against each
other. ``tables`` has where rows go and ``bulk`` how, ``store`` writes them together with the position,
``writer`` does that while the next ones are folded, ``projector`` drives it all.
"""
