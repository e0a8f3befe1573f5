"""``{% say "English" "한국어" %}``: a text in the language of the reader."""

from __future__ import annotations

from django import template

from web.access.language import said

register = template.Library()


@register.simple_tag
def say(en: str, ko: str) -> str:
    return said(en, ko)
