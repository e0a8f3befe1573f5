"""How calls enter the schema by themselves, before ``web.rest.schema.operation`` says more of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from web.rest.parameter_texts import TEXTS


class CallSchema(AutoSchema):
    """Of each view."""

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular calls it
        """None: what a docstring tells is for those who read the code."""
        return ""

    def _resolve_path_parameters(self, variables: Any) -> Any:
        """With the bounds of what the address names, unless the view has said more of it."""
        found = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in found:
            parameter["schema"] = TEXTS.get(parameter["name"], parameter["schema"])
        return found
