"""What the details of an error may show of a request."""

from __future__ import annotations


def shown(value: object, length: int = 64) -> str:
    """Text of a client's value that is safe to send back: short, and always encodable."""
    return str(value)[:length].encode("utf-8", "backslashreplace").decode("utf-8")
