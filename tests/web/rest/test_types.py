"""The front end's types are those of the API: they are generated, and kept current by this test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "frontend"


def test_the_types_of_the_front_end_are_current(tmp_path: Path) -> None:
    if not (FRONTEND / "node_modules" / "openapi-typescript").exists():
        pytest.skip("no node packages here: `make setup` installs them")
    schema, types = tmp_path / "schema.yml", tmp_path / "schema.d.ts"
    call_command("spectacular", "--file", str(schema))
    npm = [sys.executable, str(ROOT / "tools" / "bootstrap.py"), "npm"]
    subprocess.run([*npm, "exec", "--", "openapi-typescript", str(schema), "-o", str(types)], check=True)
    kept = FRONTEND / "src" / "shared" / "wire" / "schema.d.ts"
    assert types.read_text() == kept.read_text(), "run `npm run api-types` in frontend/ and commit the result"
