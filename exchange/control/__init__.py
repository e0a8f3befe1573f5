"""Changes by operators, from the request to the engine."""
