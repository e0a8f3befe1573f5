"""The channel layer, which carries news from one web process to another (``web/live/user_changes.py``)."""

from __future__ import annotations

from typing import Any, Final

#: A receiver waits for a message 5 s at a time (``RedisChannelLayer.brpop_timeout``). The connection has to
#: outlast that: redis-py gives up after 5 s by itself, and news would be missed until the receiver is back.
_SOCKET_TIMEOUT_S: Final = 10


def redis_layer(url: str) -> dict[str, Any]:
    """As ``CHANNEL_LAYERS`` has it."""
    host = {"address": url, "socket_timeout": _SOCKET_TIMEOUT_S}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}
