"""The engine's protocol, and its clients."""
