"""Every HTTP and WebSocket surface. Decodes, asks the rooms below, renders."""
