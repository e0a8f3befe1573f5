"""Write everything that is made of the API's contracts: the types of the page and of the TypeScript client,
and the reference of the WebSocket.

    python tools/contracts.py            write what has changed
    python tools/contracts.py --check    write nothing; fail and name what is out of date
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

import django  # noqa: E402  # after the path

#: What is made, by its place.
PAGE_TYPES: Final = "frontend/src/shared/wire/schema.d.ts"
CLIENT_TYPES: Final = "clients/typescript/src/schema.ts"
MESSAGE_TYPES: Final = "clients/typescript/src/messages.ts"
REFERENCE: Final = "docs/websocket-reference.md"

_MADE: Final = "// Made by tools/contracts.py of the AsyncAPI document: do not edit.\n\n"


def main(arguments: list[str]) -> int:
    made = everything()
    stale = [path for path, text in made.items() if not _is_current(ROOT / path, text)]
    if "--check" in arguments:
        for path in stale:
            print(f"out of date: {path} (make contracts)")
        return int(bool(stale))
    for path in stale:
        (ROOT / path).write_text(made[path])
        print(f"wrote {path}")
    return 0


def everything() -> dict[str, str]:
    """The text of each file, by its place."""
    django.setup()
    from drf_spectacular.generators import SchemaGenerator

    from web.contracts.async_api import document
    from web.contracts.reference import reference

    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    types = _types_of(generator.get_schema(request=None, public=True))
    schemas = document()["components"]["schemas"]
    messages = _types_of(
        {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {}} | _only(schemas)
    )
    return {
        PAGE_TYPES: types,
        CLIENT_TYPES: types,
        MESSAGE_TYPES: _MADE + messages + _maps(),
        REFERENCE: reference(),
    }


def _only(schemas: dict[str, Any]) -> dict[str, Any]:
    return {"components": {"schemas": _without_floats(schemas)}}


def _without_floats(schema: Any) -> Any:
    """Decimals as text alone: a number of JavaScript is a float, so the client's types have none."""
    if isinstance(schema, list):
        return [_without_floats(item) for item in schema if item != {"type": "number"}]
    if isinstance(schema, dict):
        return {name: _without_floats(item) for name, item in schema.items()}
    return schema


def _types_of(schema: dict[str, Any]) -> str:
    """What openapi-typescript makes of a schema. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "schema.json", Path(folder) / "schema.ts"
        source.write_text(json.dumps(schema))
        npm = [sys.executable, str(ROOT / "tools" / "bootstrap.py"), "npm", "exec", "--"]
        command = [*npm, "openapi-typescript", str(source), "-o", str(target)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
        return target.read_text()


def _maps() -> str:
    """Which messages belong to which operation and channel."""
    from web.contracts.async_api import pascal
    from web.contracts.socket_contract import NOTICES, OPERATIONS, TOPICS

    lines = [
        "",
        'type Schemas = components["schemas"];',
        "",
        "/** Messages of the exchange by their `type`. */",
    ]
    lines.append("export interface Messages {")
    messages = [*(message for topic in TOPICS for message in topic.messages), *NOTICES]
    lines += [f'    {message.type}: Schemas["{pascal(message.type + ".message")}"];' for message in messages]
    lines += ["}", "", "/** What each operation takes, and its reply. */", "export interface Operations {"]
    for operation in OPERATIONS:
        if operation.reply is None:
            continue
        request, reply = (pascal(f"{operation.op}.{kind}") for kind in ("request", "reply"))
        lines.append(f'    "{operation.op}": {{')
        lines.append(f'        request: Omit<Schemas["{request}"], "op" | "id">;')
        lines.append(f'        reply: Schemas["{reply}"];')
        lines.append("    };")
    lines += ["}", "", "/** The messages of each channel. */", "export interface Channels {"]
    for topic in TOPICS:
        kinds = " | ".join(f'Messages["{message.type}"]' for message in topic.messages)
        lines += [f'    "{channel}": {kinds};' for channel in topic.channels]
    return "\n".join([*lines, "}", ""])


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
