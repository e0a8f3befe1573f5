"""Integers that the core hands on more than it calculates with: ids, account numbers, time stamps."""

from __future__ import annotations

from typing import Any

#: An ``int``. Compiled code keeps an attribute declared as one in a machine word, and makes a new object of
#: it each time it goes into an event or looks something up. Declared as this it stays the object it came as.
Boxed = Any
