"""Joining: who may (``joining_policy``), under which name (``user_names``), and the two steps of it
(``sign_up``, with ``waiting_sign_ups`` between them)."""
