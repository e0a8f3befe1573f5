"""``python -m tests.crash.asker``: an operator who saves one change request after another while everything is
ill-treated. Asked to stop, it waits until the last one has its answer, so that all before have theirs."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

import django

#: Whose money it is, and how long it waits between two requests.
ACCOUNT: Final = 1002
_PAUSE_S: Final = 0.1
#: More are not open at once: an unruly engine has room for little, and takes them together or not at all.
_MOST_OPEN: Final = 10


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    django.setup()
    from django.db import DatabaseError

    from exchange.control.services import request_change
    from exchange.models import ChangeRequest

    def open_up_to(last: int) -> int:
        """How many requests up to ``last`` have no answer yet; all of them while the database is away."""
        try:
            return ChangeRequest.objects.filter(pk__lte=last, state__in=ChangeRequest.OPEN_STATES).count()
        except DatabaseError:
            return _MOST_OPEN

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    amount, last = 0, 0
    while not stop.wait(_PAUSE_S):
        if open_up_to(last) >= _MOST_OPEN:
            continue
        amount += 1
        try:
            payload = {"account": ACCOUNT, "asset": "KRW", "amount_minor": amount}
            last = request_change(ChangeRequest.Kind.DEPOSIT, payload).pk
        except DatabaseError:
            # Locked, or away with the rest: nothing was saved.
            continue
    while open_up_to(last):
        time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
