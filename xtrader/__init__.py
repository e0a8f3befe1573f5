"""The site: settings, addresses, and ``make run``."""
