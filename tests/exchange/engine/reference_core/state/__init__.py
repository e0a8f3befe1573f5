"""What the commands fold into. ``root`` holds it all; ``book``, ``ledger``, ``orders`` and ``triggers`` are
its parts, in the order in which they build on one another."""
