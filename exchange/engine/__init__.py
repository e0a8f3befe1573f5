"""The deterministic core: books and ledger, folded from commands."""
