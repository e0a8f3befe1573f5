"""Real and published order flow, sent through the engine and held against its known answers.

``canonical``, ``lobster`` and ``cme`` translate their files into commands and judge the events that come
back (``cme_feed`` reads the rows of the last, ``cme_book`` keeps the book they tell); ``venue`` makes the
symbol they trade; ``runner`` starts an engine on a data folder of its own and feeds it. ``manage.py
replay`` is the way in.
"""
