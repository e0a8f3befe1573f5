"""How calls enter the schema by themselves, before ``web.rest.schema.operation`` says more of them."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema


class CallSchema(AutoSchema):
    """Of each view."""

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular calls it
        """None: what a docstring tells is for those who read the code."""
        return ""
