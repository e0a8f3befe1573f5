"""Nothing acknowledged is ever lost: the harness that tries to make it so.

``disk`` is a disk that loses what was not synced, ``script`` and ``world`` run a whole exchange on it and
cut its power at the Nth operation, ``__main__`` does so for as long as one likes::

    make crash MINUTES=10 SEED=7

Every failure names the seed and the operation; the same two give the same failure again.
"""
