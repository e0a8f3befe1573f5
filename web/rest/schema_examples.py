"""Examples of every operation of the schema: what is sent, and what came back.

``schema_examples.json`` holds them by operation. A test sends each request again, as it stands, and
compares the answers (``tests/web/rest/test_schema_examples.py``, which also records them anew). What only
exists at run time, such as a token, stands there between angle brackets.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

PATH: Final = Path(__file__).with_suffix(".json")
_JSON: Final = "application/json"


@cache
def examples() -> dict[str, Json]:
    """By operation: ``path``, ``query`` and ``request`` where it has them, ``status`` and ``reply``."""
    if not PATH.exists():
        return {}
    found: dict[str, Json] = json.loads(PATH.read_text())
    return found


def add_examples(result: Json, **_: Any) -> Json:
    """A hook of drf-spectacular: put the examples where the views have none of their own."""
    for methods in result["paths"].values():
        for operation in methods.values():
            example = examples().get(operation["operationId"])
            if example is not None:
                _add(operation, example)
    return result


def _add(operation: Json, example: Json) -> None:
    given = {**example.get("path", {}), **example.get("query", {})}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in given:
            parameter["example"] = given[parameter["name"]]
    if "request" in example:
        body = operation["requestBody"]["content"][_JSON]
        body.setdefault("examples", {"Example": {"value": example["request"]}})
    for content in operation["responses"][str(example["status"])].get("content", {}).values():
        content.setdefault("examples", {"Example": {"value": example["reply"]}})
