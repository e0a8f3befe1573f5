"""English and Korean of what the operator pages say, side by side."""

from web.access.language import lazily_said, said

__all__ = ["lazily_said", "said"]
