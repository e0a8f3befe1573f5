"""Objects by an integer. To the interpreter nothing is faster than a dict. In the compiled core this module
is
``by_number_compiled``, which does the same without a Python integer for each key
(``tools/compile_core.py``)."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class ByNumber(dict[int, T]):
    """Integers -> objects. Whoever reads all of them sorts them: they stand in no order."""

    __slots__ = ()
