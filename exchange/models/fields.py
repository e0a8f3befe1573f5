"""Model fields that hold what the database's own types would round."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

#: Digits of the PostgreSQL column; the same bound holds on SQLite, so a database can move.
MAX_DIGITS = 38
_LIMIT = 10**MAX_DIGITS

if TYPE_CHECKING:
    _IntField = models.Field[int, int]
else:
    _IntField = models.Field  # generic for the type checker only


class MinorUnitsField(_IntField):
    """A whole amount of money in minor units, exact to 38 digits, a Python ``int`` on both sides.

    ``numeric(38, 0)`` on PostgreSQL, decimal text on SQLite, whose integers end at 64 bits and whose
    numeric affinity would turn wider ones into floats. Text does not compare by value, so only
    lookups that mean the same on both databases are offered: ``exact``, ``in`` and ``isnull``.
    """

    description = "amount in minor units"
    empty_strings_allowed = False
    LOOKUPS: ClassVar[frozenset[str]] = frozenset({"exact", "in", "isnull"})

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text" if connection.vendor == "sqlite" else f"numeric({MAX_DIGITS}, 0)"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in self.LOOKUPS:
            raise FieldError(f"{lookup_name!r} is not offered on amounts: SQLite keeps them as text")
        return super().get_lookup(lookup_name)

    def to_python(self, value: Any) -> int | None:
        """An int from a form or fixture; ValidationError when it is not a whole number in range."""
        if value is None or type(value) is int:
            return value
        try:
            return _whole(value)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise ValidationError("Enter a whole number of minor units.", code="invalid") from error

    def from_db_value(self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> int | None:
        """An int in range. Raises TypeError for a float or bool, ValueError out of range: a wrong
        amount must not reach the database as a rounded one."""
        if value is None:
            return None
        return _whole(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        whole = value if prepared else self.get_prep_value(value)
        if whole is None or connection.vendor != "sqlite":
            return whole
        return str(whole)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.IntegerField, **kwargs})


def _whole(value: Any) -> int:
    """``value`` as an int of at most 38 digits; nothing is rounded."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise TypeError(f"an amount is an int, not {type(value).__name__}")
    whole = int(value)
    if isinstance(value, Decimal) and whole != value:
        raise ValueError(f"{value} is not a whole number of minor units")
    if not -_LIMIT < whole < _LIMIT:
        raise ValueError(f"{whole} has more than {MAX_DIGITS} digits")
    return whole
