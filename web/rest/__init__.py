"""The REST API and its schema."""
