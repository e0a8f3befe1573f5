"""One WebSocket: its frames, requests and limits."""
