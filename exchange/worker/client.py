"""The clients of the engine worker, by the name everybody imports them under."""

from exchange.worker.async_client import AsyncEngineClient
from exchange.worker.blocking import BlockingEngineClient

__all__ = ["AsyncEngineClient", "BlockingEngineClient"]
