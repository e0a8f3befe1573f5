"""What accounts pay: the schedule of tiers, who is on which, rates of single accounts, and what fees earned.

An account's tier follows from what its owner traded in 30 days. The engine knows a tier as a *fee plan*, by
the tier's number; ``job`` brings accounts to their plans once a day.
"""
