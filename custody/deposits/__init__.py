"""Deposits, from what a provider says of them to the credit.

deposit_addresses   where an account's deposits come in
telling             what a provider says of a deposit, held against what it said before
looking             asking the provider back: only its own answer makes a deposit final
crediting           the engine is told, once
rulings             what operators do with disputed ones, four eyes
own_deposits        what an account sees of all this
deposit_steps       the one way to change a state
"""
