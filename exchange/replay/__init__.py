"""Real and published order flow, sent through the engine and held against its known answers.

``canonical`` and ``lobster`` translate their files into commands and judge the events that come back;
``runner`` starts an engine worker on a data folder of its own and feeds it. ``manage.py replay`` is the
way in.
"""
