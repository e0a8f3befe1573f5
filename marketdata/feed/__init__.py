"""marketdata's own feed: what the projector knows, pushed to the web processes over a Unix socket.

``board`` holds it (bounded), ``server`` sends it, ``messages`` says how it looks on the socket, and
``marketdata/cache.py`` keeps it in each web process.
"""
