"""Money in and out: withdrawals from request to payment, deposits from notice to credit, address
books, providers, and whether custody holds what the ledger says."""
