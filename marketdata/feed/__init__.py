"""marketdata's own feed: what the projector knows, pushed to the web processes over a Unix socket.

``board`` holds it (bounded), ``server`` sends it, ``messages`` has its form on the socket, and
``marketdata/feed/cache.py`` keeps it in each web process.
"""
