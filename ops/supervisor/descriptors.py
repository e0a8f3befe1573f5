"""How many files and sockets the processes may have open at once."""

from __future__ import annotations

import contextlib
import resource
from typing import Final

from ops.supervisor.child import Report

#: What one web process may need: 10,000 WebSockets and 2,000 plain connections.
WANTED: Final = 12_000


def raise_limit(report: Report) -> int:
    """Raise the soft limit of open files to the hard one, for this process and those it starts; the limit
    then. Reports a limit below ``WANTED``."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Where the hard limit is infinite the kernel's own is met first, and the soft one stays.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < WANTED:
        report(
            "few_descriptors",
            f"a process may open {soft} files here; a web process with all its connections needs {WANTED} "
            "(raise the hard limit: ulimit -Hn, LimitNOFILE= of systemd)",
        )
    return soft
