"""Every environment variable that xTrader reads, described once.

``variable_table``   the table: name, kind, defaults, bounds, meaning, whether it is a secret
``variable_kinds``   what a variable is: how its text becomes a value, and what is refused
``value_parsers``    texts of more than a word: addresses, amounts by asset, limits by level
``variable_reader``  reads them all: files of secrets, the file of variables, every mistake in one go
``unknown_names``    names that look like one of ours and are none
``first_check``      the first step of a process: a line for each wrong setting, and an exit code

To add a variable: a line in the table, a line in ``xtrader/settings.py`` that uses it, and
``python tools/variables.py``, which writes the table of ``docs/operations.md``.
"""
