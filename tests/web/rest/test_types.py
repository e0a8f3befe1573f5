"""What is made of the API's schemas is current: the types of the page and of the TypeScript client, and the
WebSocket's reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import contracts

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "frontend"
MADE = (contracts.PAGE_TYPES, contracts.CLIENT_TYPES, contracts.MESSAGE_TYPES, contracts.REFERENCE)


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    if not (FRONTEND / "node_modules" / "openapi-typescript").exists():
        pytest.skip("no node packages here: `make setup` installs them")
    return contracts.everything()


@pytest.mark.parametrize("path", MADE)
def test_what_is_made_is_current(path: str, made: dict[str, str]) -> None:
    assert set(made) == set(MADE)
    assert made[path] == (ROOT / path).read_text(), "run `make contracts` and commit the result"


def test_the_command_names_what_is_out_of_date(
    made: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contracts, "everything", lambda: made)
    assert contracts.main(["--check"]) == 0
    monkeypatch.setattr(contracts, "everything", lambda: {**made, contracts.REFERENCE: "other"})
    assert contracts.main(["--check"]) == 1
    assert contracts.REFERENCE in capsys.readouterr().out
