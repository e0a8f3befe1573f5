"""The form field of texts that operators write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from exchange.errors import RequestError
from exchange.wire.people_text import checked_lines, checked_text
from web.access.language import active_language


class PeopleTextField(forms.CharField):
    """A text in its one spelling, without what cannot be seen."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        self._most = max_length
        super().__init__(max_length=max_length, **options)

    def clean(self, value: Any) -> str:
        return kept_text(super().clean(value), self._most)


def kept_text(text: str, most: int, *, has_lines: bool = False) -> str:
    """The text as it is kept. ``has_lines``: breaks of lines may stand in it. Raises ValidationError."""
    check = checked_lines if has_lines else checked_text
    try:
        return check(text, "text", most, least=0)
    except RequestError as error:
        character = error.details.get("character")
        shown = f" ({character})" if character else ""
        raise ValidationError(f"{error.message(active_language())}{shown}") from None
