"""The settings of money in and out: what they take, and what stops the start."""

from __future__ import annotations

from decimal import Decimal

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from xtrader.custody_limits import custody


def read(monkeypatch: pytest.MonkeyPatch, is_demo: bool = False, **given: str) -> dict[str, object]:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return custody(environ.Env(), is_demo=is_demo)


def test_a_demo_is_easier_than_a_real_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    real, demo = read(monkeypatch), read(monkeypatch, is_demo=True)
    differ = {name: (real[name], demo[name]) for name in real if real[name] != demo[name]}
    assert differ == {"MAIL": ("always", "if_known"), "ADDRESS_DELAY_S": (86_400, 60), "LEVEL": (1, 2)}


def test_what_is_given_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        CUSTODY_LIMITS="0=0/0, 7=1.5/3",
        CUSTODY_LEVEL="7",
        CUSTODY_PROVIDERS='{"bank": {"kind": "manual"}}',
        CUSTODY_REVIEW_ABOVE="0",
    )
    assert found["LIMITS"] == {0: (Decimal(0), Decimal(0)), 7: (Decimal("1.5"), Decimal(3))}
    assert found["PROVIDERS"] == {"bank": {"kind": "manual"}}
    assert found["REVIEW_ABOVE"] == 0


@pytest.mark.parametrize(
    "name, value",
    [
        ("CUSTODY_LIMITS", "1=5"),
        ("CUSTODY_LIMITS", "one=5/5"),
        ("CUSTODY_LIMITS", "1=-5/5"),
        ("CUSTODY_LIMITS", "1=nan/5"),
        ("CUSTODY_LEVEL", "8"),
        ("CUSTODY_MAIL", "sometimes"),
        ("CUSTODY_REVIEW_ABOVE", "a lot"),
        ("CUSTODY_TIMEOUT_S", "-1"),
        ("CUSTODY_PROVIDERS", "manual"),
        ("CUSTODY_PROVIDERS", "[]"),
        ("CUSTODY_PROVIDERS", '{"Bank": {"kind": "manual"}}'),
        ("CUSTODY_PROVIDERS", '{"bank": {}}'),
        ("CUSTODY_PROVIDERS", '{"bank": {"kind": 1}}'),
    ],
)
def test_what_makes_no_sense_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read(monkeypatch, **{name: value})
