"""A rush on one balance: a hundred acts at once that together exceed it, over every way in, with kills among
them; and a judge who reads the journal.

``acts``     what is asked for, and every word that was answered
``plan``     the acts of a round, drawn from a seed
``ways``     the ways in: REST and WebSocket, by token and by key, at each web process
``crowd``    one round: a user, the acts all at once, the quiet after it
``wave``     rounds of several users at the same time, and what is killed amid them
``walk``     the journal step by step, in a ledger of the judge's own
``judge``    what was answered against what the journal has; ``judge_withdrawals``
``teller``   two operators who review and pay withdrawals meanwhile
``session``  wave after wave at one venue, and the last reckoning with its tables

    make rush ROUNDS=20 SEED=7
"""
