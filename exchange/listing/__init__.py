"""The symbols on offer and their terms."""
