"""The venue at a glance, for ``manage.py status``: what its parts say, its processes, its markets, and how
fast it all moves."""
