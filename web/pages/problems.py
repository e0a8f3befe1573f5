"""What a page says of a refusal: the sentence of the one table of errors, at the field it is about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from exchange.errors import ApiError
from web.access.language import active_language, said


def show(
    request: HttpRequest, template: str, context: dict[str, Any], error: ApiError | None = None
) -> HttpResponse:
    """The page; with ``error`` in its form, or above it, and with the error's status."""
    if error is None:
        return render(request, template, context)
    wait_s = error.details.get("retry_after_s")
    form: forms.Form | None = context.get("form")
    if form is not None and form.is_bound and not wait_s:
        field = str(error.details.get("field"))
        form.add_error(field if field in form.fields else None, text_of(error))
    else:
        context = {**context, "problem": text_of(error)}
    response = render(request, template, context, status=error.status)
    if wait_s:
        response["Retry-After"] = str(wait_s)
    return response


def text_of(error: ApiError) -> str:
    """In the reader's language, with what the details add for people."""
    wait_s = error.details.get("retry_after_s")
    if wait_s:
        return said(
            f"Too many attempts. Try again in {wait_s} seconds.",
            f"시도가 너무 많습니다. {wait_s}초 후에 다시 시도해 주십시오.",
        )
    text = error.details.get("text")
    return str(text) if text else error.message(active_language())
