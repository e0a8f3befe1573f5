"""A user's address book, and the lock that lets withdrawals go nowhere else."""
