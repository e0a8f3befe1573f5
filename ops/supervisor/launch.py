"""``python -m ops.supervisor.launch SUPERVISOR_PID COMMAND…``: become COMMAND, bound to the supervisor.

The kernel is asked to kill this process when its parent dies, however it dies, so that a supervisor
killed with SIGKILL leaves nobody behind writing to its journal. It is done here, in the child and
before ``exec``, rather than in ``preexec_fn``, which is unsafe in a parent with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def bind_to_parent(number: int = signal.SIGKILL) -> None:
    """Receive signal ``number`` when the parent process ends. Linux only; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def main(arguments: list[str]) -> None:
    parent, command = int(arguments[0]), arguments[1:]
    # What a process writes is for its owner only, whatever started the supervisor.
    os.umask(0o077)
    bind_to_parent()
    # Files of logs are watched: nobody needs the signal by which other programs open theirs anew.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.getppid() != parent:
        # The supervisor died before the kernel knew of the wish.
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
