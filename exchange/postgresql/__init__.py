"""PostgreSQL for Django, with a bound on connections and a circuit breaker; the setting ENGINE names it."""
