"""Withdrawals under way: what is held of each from its request until it is paid out or given back. Rules F6
to F8 of docs/orders.md."""

from __future__ import annotations


class Withdrawal:
    """One open withdrawal of an account."""

    __slots__ = ("amount_minor", "asset", "fee_minor", "withdrawal_id")

    def __init__(self, withdrawal_id: str, asset: str, amount_minor: int, fee_minor: int) -> None:
        self.withdrawal_id = withdrawal_id
        self.asset = asset
        self.amount_minor = amount_minor
        #: On top of the amount.
        self.fee_minor = fee_minor

    @property
    def held_minor(self) -> int:
        """What is held for it."""
        return self.amount_minor + self.fee_minor

    def row(self) -> tuple[str, str, int, int]:
        """For a snapshot, and for readers: (withdrawal id, asset, amount, fee)."""
        return (self.withdrawal_id, self.asset, self.amount_minor, self.fee_minor)


class Withdrawals:
    """The open withdrawals of all accounts."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        #: account -> withdrawal id -> withdrawal; accounts without one are left out.
        self._open: dict[int, dict[str, Withdrawal]] = {}

    def of(self, account: int) -> list[Withdrawal]:
        """The account's open withdrawals, by id."""
        return [withdrawal for _, withdrawal in sorted(self._open.get(account, {}).items())]

    def count(self, account: int) -> int:
        """How many the account has open."""
        return len(self._open.get(account, ()))

    def find(self, account: int, withdrawal_id: str) -> Withdrawal | None:
        """The account's open withdrawal of this id."""
        return self._open.get(account, {}).get(withdrawal_id)

    def add(self, account: int, withdrawal: Withdrawal) -> None:
        """Take in one whose id the account has not open."""
        self._open.setdefault(account, {})[withdrawal.withdrawal_id] = withdrawal

    def remove(self, account: int, withdrawal_id: str) -> None:
        """Forget one that is open."""
        opened = self._open[account]
        del opened[withdrawal_id]
        if not opened:
            del self._open[account]
