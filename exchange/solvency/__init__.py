"""Proof of solvency: what the venue owes, published so that everyone who is owed can look for it.

``tree`` has the arithmetic, ``liabilities`` what is owed at a sequence, ``publishing`` makes and keeps
publications, ``audit`` holds one against journal and ledger. docs/solvency.md says what is proven and what
is not.
"""
