from django.apps import AppConfig


class MarketdataConfig(AppConfig):
    name = "marketdata"

    def ready(self) -> None:
        """Bring the topics to the sockets, and tell readers how far the tables have come."""
        from exchange import projection
        from exchange.feeds.registry import register_upstream
        from marketdata.cache import MarketData
        from marketdata.projection.reset import forget_projection
        from marketdata.selectors import projected_sequence

        register_upstream(MarketData)
        projection.register_position(projected_sequence)
        projection.register_reset(forget_projection)
