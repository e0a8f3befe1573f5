"""Withdrawals, from the request to what became of it.

asking        a request, checked against terms, address book and limits, saved and held
withdrawal_limits  what may leave by level, and what has left
answering     the customer's confirmation, calling back, and their end by time
reviewing     the operators' leave, and what they say became of a payout
engine_steps  hold, settle and release at the engine
payouts       the one order to pay, and what the provider says of it
steps         the one way to change a state
"""
