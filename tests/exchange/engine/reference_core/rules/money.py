"""Money into and out of the venue, and from one account to another. Rules F4 to F8 of docs/orders.md.

Each command moves one amount of one asset, and takes and gives in the same step."""

from __future__ import annotations

from typing import Any

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from tests.exchange.engine.reference_core.rules.refusal import rejected
from tests.exchange.engine.reference_core.state.ledger import Account, Balance
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import MAX_SUPPLY_MINOR
from tests.exchange.engine.reference_core.state.withdrawals import Withdrawal


def transfer(state: State, command: m.Command) -> list[m.Event]:
    """Bring an amount in from custody, or out to it, at once."""
    tag, command_id, number, asset, amount_minor = m.Transfer(*command)
    account = state.trader(number)
    code = _transfer_code(state, command, account)
    if account is None or code:
        return rejected(command, code)
    balance = account.balance(asset)
    if tag == m.WITHDRAW and amount_minor > balance.available:
        return _too_little(command, balance, amount_minor)
    kind = m.DEPOSITED if tag == m.DEPOSIT else m.WITHDRAWN
    state.ledger.transfer(balance, amount_minor if kind == m.DEPOSITED else -amount_minor)
    total = balance.available + balance.held
    return state.report([(m.EV_TRANSFER, kind, command_id, number, asset, amount_minor, total)])


def move(state: State, command: m.Command, account: Account) -> list[m.Event]:
    """Move an amount from one trader's account to another."""
    _, command_id, number, to_number, asset, amount_minor, memo = m.Move(*command)
    other = state.trader(to_number)
    code = codes.SAME_ACCOUNT if other is account else ""
    code = code or _asset_code(state, other, asset, amount_minor)
    if other is None or code:
        return rejected(command, code)
    if account.status != m.ACTIVE:
        return rejected(command, codes.ACCOUNT_FROZEN)
    source, target = account.balance(asset), other.balance(asset)
    if amount_minor > source.available:
        return _too_little(command, source, amount_minor)
    state.ledger.move(source, target, amount_minor)
    head_out, head_in = (m.EV_TRANSFER, m.MOVED_OUT, command_id), (m.EV_TRANSFER, m.MOVED_IN, command_id)
    return state.report(
        [
            (*head_out, number, asset, amount_minor, source.available + source.held, to_number, memo),
            (*head_in, to_number, asset, amount_minor, target.available + target.held, number, memo),
        ]
    )


def pay_from_fees(state: State, command: m.Command) -> list[m.Event]:
    """Move an amount from the fee account to a trader's."""
    _, command_id, number, asset, amount_minor, memo = m.PayFromFees(*command)
    account = state.trader(number)
    code = _asset_code(state, account, asset, amount_minor)
    if account is None or code:
        return rejected(command, code)
    fees, balance = state.ledger.accounts[m.FEE_ACCOUNT].balance(asset), account.balance(asset)
    if amount_minor > fees.available:
        return _too_little(command, fees, amount_minor)
    state.ledger.move(fees, balance, amount_minor)
    total = balance.available + balance.held
    event = (m.EV_TRANSFER, m.MOVED_IN, command_id, number, asset, amount_minor, total, m.FEE_ACCOUNT, memo)
    return state.report([event])


def hold_withdrawal(state: State, command: m.Command) -> list[m.Event]:
    """Set a withdrawal and its fee aside."""
    named = m.HoldWithdrawal(*command)
    account = state.trader(named.account)
    code = _hold_code(state, named, account)
    if account is None or code:
        return rejected(command, code)
    withdrawal = Withdrawal(named.withdrawal_id, named.asset, named.amount_minor, named.fee_minor)
    balance = account.balance(named.asset)
    if withdrawal.held_minor > balance.available:
        return _too_little(command, balance, withdrawal.held_minor)
    state.ledger.hold(balance, withdrawal.held_minor)
    state.withdrawals.add(named.account, withdrawal)
    return _withdrawal_events(state, m.WITHDRAWAL_HELD, named.command_id, balance, withdrawal)


def end_withdrawal(state: State, command: m.Command) -> list[m.Event]:
    """Settle a held withdrawal, or release it. A frozen account's too: what was held was promised before."""
    tag, command_id, number, withdrawal_id = m.EndWithdrawal(*command)
    account = state.trader(number)
    if account is None:
        return rejected(command, codes.ACCOUNT_NOT_FOUND)
    withdrawal = state.withdrawals.find(number, withdrawal_id)
    if withdrawal is None:
        return rejected(command, codes.WITHDRAWAL_NOT_FOUND)
    state.withdrawals.remove(number, withdrawal_id)
    balance = account.balance(withdrawal.asset)
    if tag == m.SETTLE_WITHDRAWAL:
        state.ledger.pay_out(balance, withdrawal.amount_minor, withdrawal.fee_minor)
        return _withdrawal_events(state, m.WITHDRAWN, command_id, balance, withdrawal)
    state.ledger.release(balance, withdrawal.held_minor)
    return _withdrawal_events(state, m.WITHDRAWAL_RELEASED, command_id, balance, withdrawal)


def _withdrawal_events(
    state: State, kind: int, command_id: str, balance: Balance, withdrawal: Withdrawal
) -> list[m.Event]:
    withdrawal_id, asset, amount_minor, fee_minor = withdrawal.row()
    amounts = (amount_minor, balance.available + balance.held)
    about = (0, "", withdrawal_id, fee_minor)
    return state.report([(m.EV_TRANSFER, kind, command_id, balance.account, asset, *amounts, *about)])


def _too_little(command: m.Command, balance: Balance, required_minor: int) -> list[m.Event]:
    details: tuple[Any, ...] = ("asset", balance.asset, "required_minor", required_minor)
    return rejected(command, codes.INSUFFICIENT_BALANCE, (*details, "available_minor", balance.available))


def _asset_code(state: State, account: Account | None, asset: str, amount_minor: int) -> str:
    """Why no amount can go to or from this account; empty if nothing is wrong with what is named."""
    if account is None:
        return codes.ACCOUNT_NOT_FOUND
    if asset not in state.ledger.scales:
        return codes.ASSET_NOT_FOUND
    return codes.INVALID_AMOUNT if amount_minor <= 0 else ""


def _transfer_code(state: State, command: m.Command, account: Account | None) -> str:
    tag, _, _, asset, amount_minor = m.Transfer(*command)
    code = _asset_code(state, account, asset, amount_minor)
    if account is None or code:
        return code
    if tag == m.DEPOSIT and amount_minor > _room_minor(state, asset):
        return codes.INVALID_AMOUNT
    if tag == m.WITHDRAW and account.status != m.ACTIVE:
        return codes.ACCOUNT_FROZEN
    return ""


def _hold_code(state: State, named: m.HoldWithdrawal, account: Account | None) -> str:
    code = _asset_code(state, account, named.asset, named.amount_minor)
    if account is None or code:
        return code
    if named.fee_minor < 0:
        return codes.INVALID_AMOUNT
    if account.status != m.ACTIVE:
        return codes.ACCOUNT_FROZEN
    if state.withdrawals.find(named.account, named.withdrawal_id) is not None:
        return codes.WITHDRAWAL_ID_IN_USE
    if state.withdrawals.count(named.account) >= state.limits.withdrawals_per_account:
        return codes.TOO_MANY_WITHDRAWALS
    return ""


def _room_minor(state: State, asset: str) -> int:
    """How much more of an asset may come in; what is in stands against the custody account."""
    return MAX_SUPPLY_MINOR + state.ledger.accounts[m.CUSTODY_ACCOUNT].balance(asset).available
