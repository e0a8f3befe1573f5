"""What an account is worth: holdings, average cost, profit, and value over time.

Read only, and made from what is already stored: fills, transfers and candles. Integers throughout;
amounts are minor units of the asset or currency named beside them.
"""
