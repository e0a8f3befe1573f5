"""The TypeScript client: its own tests against a running exchange, and the package as its users get it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.web.stream.venue import PASSWORD, Venue
from tools import bootstrap

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "clients" / "typescript"
NODE_MODULES = ROOT / "frontend" / "node_modules"
PATIENCE_S = 300

pytestmark = pytest.mark.skipif(
    not (PACKAGE / "node_modules").exists(), reason="no node packages here: `make setup-dev` links them"
)


def run(*command: str, cwd: Path, **environment: str) -> str:
    """The output of a command of Node. Fails with it."""
    result = subprocess.run(
        command,
        cwd=cwd,
        env={**bootstrap.npm_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_its_tests_pass_against_a_running_exchange(venue: Venue) -> None:
    told = run(
        *bootstrap.npm_command(),
        *("test", "--", "--reporter=json"),
        cwd=PACKAGE,
        XTRADER_URL=venue.url,
        XTRADER_PASSWORD=PASSWORD,
    )
    report = json.loads(told[told.index("{") :])
    assert report["numFailedTests"] == report["numPendingTests"] == 0
    assert report["numPassedTests"] > 10


def test_the_package_works_as_its_readme_says(venue: Venue, tmp_path: Path) -> None:
    """Packed, unpacked beside nothing but its dependencies; the example type-checked against it, and run."""
    npm = bootstrap.npm_command()
    packed = run(*npm, "pack", "--json", "--pack-destination", str(tmp_path), cwd=PACKAGE)
    [described] = json.loads(packed[packed.index("[") :])
    names = {file["path"] for file in described["files"]}
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts"} <= names
    assert not [name for name in names if name.startswith(("src", "test", "node_modules"))]

    modules = tmp_path / "node_modules"
    (modules / "xtrader-client").mkdir(parents=True)
    archive = str(tmp_path / described["filename"])
    unpack = ("tar", "xzf", archive, "--strip-components=1", "-C", str(modules / "xtrader-client"))
    subprocess.run(unpack, check=True, timeout=PATIENCE_S)
    for name in ("openapi-fetch", "openapi-typescript-helpers", "ws", "@types"):
        (modules / name).symlink_to(NODE_MODULES / name)
    [source] = re.findall(r"```ts\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    source = source.replace("http://localhost:8000", venue.url).replace('"secret"', json.dumps(PASSWORD))
    # The documents buy a little below the demo market's price; the tests trade elsewhere.
    (tmp_path / "index.ts").write_text(source.replace("130000000", "95000000"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    compiler = str(NODE_MODULES / ".bin" / "tsc")
    options = ("--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck")
    run(compiler, *options, "index.ts", cwd=tmp_path)
    printed = run("node", "index.js", cwd=tmp_path)
    assert re.search(r"^best: ", printed, re.MULTILINE)
    assert re.search(r"^order: (new|filled|partially_filled) ", printed, re.MULTILINE)
    assert re.search(r"^balance: KRW [0-9.]+$", printed, re.MULTILINE)


def test_it_needs_what_it_says_in_the_versions_that_are_tested_here() -> None:
    project: dict[str, Any] = json.loads((PACKAGE / "package.json").read_text())
    page: dict[str, Any] = json.loads((ROOT / "frontend" / "package.json").read_text())
    assert list(project["dependencies"]) == ["openapi-fetch"]
    assert project["peerDependenciesMeta"] == {"ws": {"optional": True}}
    here = {**page["dependencies"], **page["devDependencies"]}
    needed = {**project["dependencies"], **project["devDependencies"]}
    assert {name: here.get(name) for name in needed} == needed
