"""The commands that set what accounts pay: rates of their own, plans, and who is on which plan (rules FP1 to
FP4)."""

from __future__ import annotations

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.rules.refusal import rejected
from tests.exchange.engine.reference_core.state.fee_plans import MAX_OWN, MAX_PLAN_RATES, MAX_PLANS
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import check_rates


def set_fees(state: State, command: m.Command) -> list[m.Event]:
    """Give an account rates of its own, or take them back."""
    _, _, name, number, maker_ppm, taker_ppm, clears = m.SetFees(*command)
    is_everywhere = name == m.EVERY_SYMBOL and state.rules_version >= VENUE_RULES
    if not is_everywhere and name not in state.books:
        return rejected(command, codes.SYMBOL_NOT_FOUND)
    account = state.trader(number)
    if account is None:
        return rejected(command, codes.ACCOUNT_NOT_FOUND)
    if clears:
        state.fee_plans.clear_own(account, name)
        return [(m.EV_FEES, name, number, 0, 0, True)]
    if not check_rates(maker_ppm, taker_ppm):
        return rejected(command, codes.INVALID_FEES)
    if state.rules_version >= VENUE_RULES and not state.fee_plans.has_room(account):
        return rejected(command, codes.INVALID_FEES, ("accounts", MAX_OWN))
    state.fee_plans.set_own(account, name, (maker_ppm, taker_ppm))
    return [(m.EV_FEES, name, number, maker_ppm, taker_ppm)]


def set_fee_plan(state: State, command: m.Command) -> list[m.Event]:
    """Make or change a plan."""
    _, _, number, rates = m.SetFeePlan(*command)
    code = _plan_code(state, number, rates)
    if code:
        return rejected(command, code)
    state.fee_plans.change(number, rates)
    return [(m.EV_FEE_PLAN, number, rates)]


def set_account_plan(state: State, command: m.Command) -> list[m.Event]:
    """Put an account on a plan."""
    _, _, number, plan = m.SetAccountPlan(*command)
    account = state.trader(number)
    if account is None:
        return rejected(command, codes.ACCOUNT_NOT_FOUND)
    if plan not in state.fee_plans.plans:
        return rejected(command, codes.INVALID_FEE_PLAN)
    state.fee_plans.put(account, plan)
    return [account.event()]


def _plan_code(state: State, number: int, rates: tuple[tuple[str, int, int], ...]) -> str:
    """The code that refuses a plan, or an empty string."""
    if state.rules_version < VENUE_RULES:
        return codes.INVALID_COMMAND
    if not 1 <= number <= MAX_PLANS or len(rates) > MAX_PLAN_RATES:
        return codes.INVALID_FEE_PLAN
    named: set[str] = set()
    for symbol, maker_ppm, taker_ppm in rates:
        if symbol not in state.books:
            return codes.SYMBOL_NOT_FOUND
        if symbol in named:
            return codes.INVALID_FEE_PLAN
        if not check_rates(maker_ppm, taker_ppm):
            return codes.INVALID_FEES
        named.add(symbol)
    return ""
