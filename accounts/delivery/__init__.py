"""Letters on their way: what they say when they are sent (``writing``), and sending them (``postman``)."""
