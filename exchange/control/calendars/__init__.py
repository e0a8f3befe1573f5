"""Trading sessions: symbols that follow the calendar of a real exchange open and close with it.

``schedule`` turns a calendar's sessions into the moments at which a symbol's state changes; ``driver`` brings
those changes to the engine. A symbol follows the calendar that its protection names.
"""
