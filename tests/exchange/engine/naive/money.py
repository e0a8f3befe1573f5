"""F4 to F8: money in and out, between accounts, out of the fees, and withdrawals under way."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.naive.quotes import NaiveQuotes
from tests.exchange.engine.naive.rules import refuse_if


class NaiveMoney(NaiveQuotes):
    def _check_amount(self, account: int, asset: str, amount: int) -> None:
        refuse_if(account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(asset not in self.assets, "ASSET_NOT_FOUND")
        refuse_if(amount <= 0, "INVALID_AMOUNT")

    def _check_active(self, account: int) -> None:
        refuse_if(self.statuses[account] == m.FROZEN, "ACCOUNT_FROZEN")

    def _note(self, kind: int, command_id: str, account: int, asset: str, amount: int, *more: object) -> None:
        after = self.total(account, asset)
        self.log.append((m.EV_TRANSFER, kind, command_id, account, asset, amount, after, *more))

    # --- at once ---------------------------------------------------------------------------------------

    def deposit(self, c: m.Transfer) -> None:
        self._check_amount(c.account, c.asset, c.amount_minor)
        brought_in = -self.total(m.CUSTODY_ACCOUNT, c.asset)
        refuse_if(brought_in + c.amount_minor > 10**36, "INVALID_AMOUNT")
        self.add(c.account, c.asset, c.amount_minor)
        self.add(m.CUSTODY_ACCOUNT, c.asset, -c.amount_minor)
        self._note(m.DEPOSITED, c.command_id, c.account, c.asset, c.amount_minor)

    def withdraw(self, c: m.Transfer) -> None:
        self._check_amount(c.account, c.asset, c.amount_minor)
        self._check_active(c.account)
        self.check_covers(c.account, c.asset, c.amount_minor, 0)
        self.add(c.account, c.asset, -c.amount_minor)
        self.add(m.CUSTODY_ACCOUNT, c.asset, c.amount_minor)
        self._note(m.WITHDRAWN, c.command_id, c.account, c.asset, c.amount_minor)

    def move(self, c: m.Move) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.account == c.to_account, "SAME_ACCOUNT")
        self._check_amount(c.to_account, c.asset, c.amount_minor)
        self._check_active(c.account)
        self.check_covers(c.account, c.asset, c.amount_minor, 0)
        self.add(c.account, c.asset, -c.amount_minor)
        self.add(c.to_account, c.asset, c.amount_minor)
        self._note(m.MOVED_OUT, c.command_id, c.account, c.asset, c.amount_minor, c.to_account, c.memo)
        self._note(m.MOVED_IN, c.command_id, c.to_account, c.asset, c.amount_minor, c.account, c.memo)

    def pay_from_fees(self, c: m.PayFromFees) -> None:
        self._check_amount(c.to_account, c.asset, c.amount_minor)
        self.check_covers(m.FEE_ACCOUNT, c.asset, c.amount_minor, 0)
        self.add(m.FEE_ACCOUNT, c.asset, -c.amount_minor)
        self.add(c.to_account, c.asset, c.amount_minor)
        self._note(m.MOVED_IN, c.command_id, c.to_account, c.asset, c.amount_minor, m.FEE_ACCOUNT, c.memo)

    # --- withdrawals under way ---------------------------------------------------------------------------

    def hold_withdrawal(self, c: m.HoldWithdrawal) -> None:
        self._check_amount(c.account, c.asset, c.amount_minor)
        refuse_if(c.fee_minor < 0, "INVALID_AMOUNT")
        self._check_active(c.account)
        refuse_if((c.account, c.withdrawal_id) in self.withdrawals, "WITHDRAWAL_ID_IN_USE")
        mine = [account for account, _ in self.withdrawals if account == c.account]
        refuse_if(len(mine) >= self.withdrawals_per_account, "TOO_MANY_WITHDRAWALS")
        self.check_covers(c.account, c.asset, c.amount_minor + c.fee_minor, 0)
        self.withdrawals[c.account, c.withdrawal_id] = (c.asset, c.amount_minor, c.fee_minor)
        self._note_withdrawal(m.WITHDRAWAL_HELD, c, c.asset, c.amount_minor, c.fee_minor)

    def settle_withdrawal(self, c: m.EndWithdrawal) -> None:
        asset, amount, fee = self._end_withdrawal(c)
        self.add(c.account, asset, -amount - fee)
        self.add(m.CUSTODY_ACCOUNT, asset, amount)
        self.add(m.FEE_ACCOUNT, asset, fee)
        self._note_withdrawal(m.WITHDRAWN, c, asset, amount, fee)

    def release_withdrawal(self, c: m.EndWithdrawal) -> None:
        self._note_withdrawal(m.WITHDRAWAL_RELEASED, c, *self._end_withdrawal(c))

    def _end_withdrawal(self, c: m.EndWithdrawal) -> tuple[str, int, int]:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if((c.account, c.withdrawal_id) not in self.withdrawals, "WITHDRAWAL_NOT_FOUND")
        return self.withdrawals.pop((c.account, c.withdrawal_id))

    def _note_withdrawal(
        self, kind: int, c: m.HoldWithdrawal | m.EndWithdrawal, asset: str, amount: int, fee: int
    ) -> None:
        self._note(kind, c.command_id, c.account, asset, amount, 0, "", c.withdrawal_id, fee)
