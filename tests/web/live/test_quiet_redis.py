"""A channel layer on which nothing happens for long keeps listening."""

from __future__ import annotations

from channels_redis.core import RedisChannelLayer
from channels_redis.utils import create_pool

from xtrader.channel_layers import redis_layer


def test_a_connection_outlasts_the_wait_for_a_message() -> None:
    """redis-py gives a read up after 5 s if nobody says otherwise, and the layer waits as long: where nothing
    was to be told, web processes stopped listening every six seconds, for one."""
    layer = RedisChannelLayer(**redis_layer("redis://127.0.0.1:6379/0")["CONFIG"])
    for host in layer.hosts:
        waits_s = create_pool(host).connection_kwargs["socket_timeout"]
        assert waits_s is None or waits_s > layer.brpop_timeout
