"""The WebSocket, the hub behind it, and the reference client, mostly against real processes."""
