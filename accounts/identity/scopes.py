"""What a requester may do with an account: one scope for each kind of act.

A log-in has the scopes of its user's role (``accounts.identity.roles``), a key those of them that it was made
with."""

from __future__ import annotations

from typing import Final

#: See the account: orders, fills, balances, ledger, portfolio.
READ: Final = "read"
#: Enter, change and cancel orders.
TRADE: Final = "trade"
#: Move money within the exchange, play money included.
TRANSFER: Final = "transfer"
#: Move money out of it.
WITHDRAW: Final = "withdraw"

#: In the order in which they are shown.
SCOPES: Final = (READ, TRADE, TRANSFER, WITHDRAW)
ALL_SCOPES: Final = frozenset(SCOPES)
