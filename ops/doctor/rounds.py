"""All checks, in the order in which one thing needs the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ops.doctor.configuration import check_configuration
from ops.doctor.disks import check_disks
from ops.doctor.findings import Finding, bad
from ops.doctor.installed import check_installed
from ops.doctor.machine import check_machine
from ops.doctor.servers import check_servers
from ops.doctor.venue_state import check_venue

Check = Callable[[], Iterable[Finding]]


def checks(host: str, port: int) -> dict[str, Check]:
    """Name → check."""
    return {
        "machine": check_machine,
        "disks": check_disks,
        "versions": check_installed,
        "servers": check_servers,
        "settings": check_configuration,
        "venue": partial(check_venue, host, port),
    }


def findings(check: Check) -> Iterator[Finding]:
    """What a check finds; one that fails itself is a finding too, and the others go on."""
    try:
        yield from check()
    except Exception as error:
        yield bad(f"this check failed: {type(error).__name__}: {error}", "report it with this line")
