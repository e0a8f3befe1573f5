"""The scan for secrets sees what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import audit

#: Put together here, so that this file is not one of the finds.
PLANTED = {
    "AWS Access Key": "key = 'AKIA" + "IOSFODNN7EXAMPLQ'",
    "Private Key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "Basic Auth Credentials": "url = 'https://someone:" + "s3cr3t0fMine@host.example/'",
    "GitHub Token": "token = 'ghp_" + "a8Jd73kLmNq92XyZbC4dEfGhIjKlMnOpQrSt'",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"import os\n\n{PLANTED[kind]}\n")
    found = audit.scan([str(file)])
    assert {(each.kind, line) for each, line in found.items()} >= {(kind, 3)}
    assert not set(found) & audit.known()


def test_plain_code_has_none(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("import os\n\nDATA = os.environ['DATA']\n")
    assert audit.scan([str(file)]) == {}


def test_what_is_known_is_still_in_the_files() -> None:
    """A line of the baseline that nothing needs any more would hide the next secret of that name."""
    files = {each.file for each in audit.known()}
    assert audit.known() == set(audit.scan(files))
