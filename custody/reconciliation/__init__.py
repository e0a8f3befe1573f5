"""Custody held against the ledger.

books        what our own side says at one sequence: the ledger, and what was booked since people last counted
counting     the whole sum of an asset, with the providers asked
reporting    reports, when they are due, and the alarm
"""
