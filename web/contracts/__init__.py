"""The WebSocket in words that machines read: an AsyncAPI document, made of the structures that REST has."""
