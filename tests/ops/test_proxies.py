"""What is believed of a proxy's headers: nothing, unless NUM_PROXIES gives proxies of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_IS_SECURE = """
import django; django.setup()
from django.test import RequestFactory
print(RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"}).is_secure())
"""


@pytest.mark.parametrize(("proxies", "is_secure"), [("0", "False"), ("1", "True")])
def test_the_scheme_is_a_proxys_to_name(tmp_path: Path, proxies: str, is_secure: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IS_SECURE],
        env={
            **os.environ,
            "DATA": str(tmp_path),
            "NUM_PROXIES": proxies,
            "DJANGO_SETTINGS_MODULE": "xtrader.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [is_secure]
