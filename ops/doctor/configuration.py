"""The settings, as a public venue would want them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core import checks

from ops.doctor.findings import Finding, bad, warning, well

_OTHERS: Final = 0o077
#: Files of the data folder that let their reader in.
_SECRETS: Final = ("secret_key", "keys_secret", "credentials.json", "demo.json")


def check_configuration() -> Iterator[Finding]:
    """Modes that do not belong together, and files that others can read."""
    configured = settings.XTRADER
    is_public = settings.TLS or configured["INSECURE_HTTP"]
    if settings.DEBUG:
        yield bad("DEBUG=1 shows settings and code to strangers", "unset DEBUG")
    if configured["INSECURE_HTTP"]:
        yield warning(
            "INSECURE_HTTP=1: passwords cross the network in the clear", "a proxy with TLS, and TLS=1"
        )
    if is_public and configured["DEMO"]:
        yield warning("DEMO=1 on a public venue", "anybody may take play money: DEMO=0 where money is real")
    if is_public and not configured["STAFF_SECOND_FACTOR"]:
        yield bad("STAFF_SECOND_FACTOR=0 on a public venue", "unset it: operators need a second factor")
    if settings.TLS:
        yield from _for_production()
    yield from check_secrets(Path(configured["DATA_DIR"]))


def _for_production() -> Iterator[Finding]:
    """What Django's own check of a deployment says."""
    found = checks.run_checks(include_deployment_checks=True)
    for message in found:
        advice = message.hint or f"see Django's check {message.id}"
        yield (bad if message.is_serious() else warning)(message.msg, advice)
    if not found:
        yield well("Django's checks of a deployment")


def check_secrets(folder: Path) -> Iterator[Finding]:
    """Files that only their owner may read."""
    open_ones = [
        name for name in _SECRETS if (folder / name).exists() and (folder / name).stat().st_mode & _OTHERS
    ]
    for name in open_ones:
        mode = stat.S_IMODE((folder / name).stat().st_mode)
        yield bad(f"others can read {folder / name} (mode {mode:o})", f"chmod 600 {folder / name}")
    if not open_ones:
        yield well(f"secrets in {folder} are their owner's only (uid {os.getuid()})")
