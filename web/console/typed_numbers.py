"""Numbers as operators type them: a plain decimal with a point, thousands grouped by commas or not at all.

``1500.25`` and ``1,500.25`` are the same number. A comma anywhere else may be meant as a decimal point
(``1500,25``, ``1.500,25``) or be a slip (``1,5``): such text is refused and never read as another number.
"""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

_COMMA: Final = ","
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?", re.ASCII)

NOT_PLAIN: Final = "Enter a plain decimal number."
MISPLACED_COMMA: Final = (
    "Write decimals with a point, such as 1500.25. Commas may only group thousands, as in 1,500.25."
)
NOT_WHOLE: Final = "Enter a whole number."


def plain_decimal(typed: str) -> str:
    """The number without its grouping commas. Raises ValueError, whose text states what to change."""
    text = typed.strip()
    if _NUMBER.fullmatch(text):
        return text.replace(_COMMA, "")
    raise ValueError(MISPLACED_COMMA if _COMMA in text else NOT_PLAIN)


class UnitsField(forms.CharField):
    """A decimal number. ``clean`` gives its plain text; the form converts it once it knows the scale."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 60, **kwargs})

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        try:
            return plain_decimal(text) if text else text
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error


class WholeNumberField(forms.IntegerField):
    """A whole number; thousands may be grouped as in ``UnitsField``."""

    widget = UnfoldAdminTextInputWidget

    def to_python(self, value: Any) -> int | None:
        if not isinstance(value, str) or value in self.empty_values:
            return super().to_python(value)
        try:
            text = plain_decimal(value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
        if "." in text:
            raise ValidationError(NOT_WHOLE, code="invalid")
        return super().to_python(text)
