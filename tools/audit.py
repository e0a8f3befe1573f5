"""Look for secrets in the files of git, and for known faults of the pinned packages.

python tools/audit.py             all three steps; status 1 where one finds something
python tools/audit.py secrets     the files alone
python tools/audit.py --accept    take what the scan finds today as known to be no secret: .secrets.baseline

A registry need not have a service for advisories. A step that gets no answer says so, and that is all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / ".secrets.baseline"
REQUIREMENTS = ("requirements.txt", "requirements-calendars.txt", "requirements-dev.txt")
_TIMEOUT_S = 300
#: Hashes of packages and drawings, which look like keys.
_LEFT_OUT = (".svg", ".png", ".ico", ".woff2", "package-lock.json", ".secrets.baseline")
#: Here passwords are invented by the dozen, or written about. What looks like a real key counts all the same.
_INVENTED = ("tests/", "bench/", "docs/", "replays/", "clients/", "frontend/src/locales/")
_GUESSES = frozenset({"Secret Keyword", "Hex High Entropy String", "Base64 High Entropy String"})


class Found(NamedTuple):
    """A text that looks like a secret, by its hash."""

    file: str
    kind: str
    digest: str


def main(arguments: list[str]) -> int:
    if "--accept" in arguments:
        found = scan(tracked_files())
        lines = [{"file": each.file, "kind": each.kind, "sha1": each.digest} for each in sorted(found)]
        BASELINE.write_text(json.dumps(lines, indent=1) + "\n")
        print(f"{len(lines)} texts are known to be no secrets: {BASELINE.name}")
        return 0
    steps = [secrets_in_files]
    if "secrets" not in arguments:
        steps += [python_packages, node_packages]
    # Every step is taken, also after one that found something.
    return int(sum(step() for step in steps) > 0)


def secrets_in_files() -> bool:
    """Whether a file has what looks like a secret and is not known to be none."""
    found = scan(tracked_files())
    new = {each: line for each, line in found.items() if each not in known()}
    for each, line in sorted(new.items()):
        print(f"  {each.file}:{line}: {each.kind}")
    print(f"secrets: {f'{len(new)} new; where it is none, --accept' if new else 'none'}")
    return bool(new)


def known() -> set[Found]:
    """What was looked at and is no secret."""
    return {Found(each["file"], each["kind"], each["sha1"]) for each in json.loads(BASELINE.read_text())}


def tracked_files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if not name.endswith(_LEFT_OUT) and (ROOT / name).is_file()]


def scan(names: Iterable[str]) -> dict[Found, int]:
    """What looks like a secret in these files, and its line."""
    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import default_settings

    found = {}
    collection = SecretsCollection(root=str(ROOT))
    with default_settings():
        for name in names:
            collection.scan_file(name)
    for name, secret in collection:
        if not (secret.type in _GUESSES and name.startswith(_INVENTED)):
            found[Found(name, secret.type, secret.secret_hash)] = secret.line_number
    return found


def python_packages() -> bool:
    """Whether a pinned Python package has a known fault."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--no-deps",
        "--format=json",
        "--timeout=15",
    ]
    command += [f"--requirement={name}" for name in REQUIREMENTS]
    answer = _json_of(command, ROOT)
    checked = [each for each in answer.get("dependencies", ()) if "skip_reason" not in each]
    if not checked:
        print("Python packages: not checked, no service of advisories answers")
        return False
    faulty = [each for each in checked if each["vulns"]]
    for each in faulty:
        ids = ", ".join(fault["id"] for fault in each["vulns"])
        print(f"  {each['name']} {each['version']}: {ids}")
    print(f"Python packages: {len(checked)} checked, {len(faulty)} with known faults")
    return bool(faulty)


def node_packages() -> bool:
    """Whether a package that the page is made of or with has a known fault."""
    npm = [sys.executable, str(ROOT / "tools" / "bootstrap.py"), "npm"]
    answer = _json_of([*npm, "audit", "--json"], ROOT)
    if "vulnerabilities" not in answer:
        print("Node packages: not checked, no service of advisories answers")
        return False
    for name, fault in answer["vulnerabilities"].items():
        print(f"  {name}: {fault['severity']}")
    print(f"Node packages: {len(answer['vulnerabilities'])} with known faults")
    return bool(answer["vulnerabilities"])


def _json_of(command: list[str], folder: Path) -> dict[str, Any]:
    """What a program writes as JSON; nothing where it writes none or takes too long."""
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S)
        answer = json.loads(run.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
