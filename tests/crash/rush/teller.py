"""``python -m tests.crash.rush.teller``: two operators who review and pay withdrawals while everything is
ill-treated. What they do with one follows from its id, and some they never touch (``is_left_alone``)."""

from __future__ import annotations

import os
import random
import signal
import threading
from datetime import timedelta
from typing import Any, Final

import django

OPERATORS: Final = ("otto", "olga")
_PAUSE_S: Final = 0.05
#: Nothing is touched before it is this old: its customer may call it back meanwhile.
_WAITS: Final = timedelta(seconds=0.3)


def is_left_alone(withdrawal_id: int) -> bool:
    """Whether nobody decides on it: it is held to the end."""
    return withdrawal_id % 4 == 0


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    django.setup()
    from django.db import DatabaseError
    from django.utils import timezone

    from accounts.models import User
    from custody.models import Withdrawal
    from custody.states import WithdrawalState
    from exchange.errors import ApiError

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    states = (WithdrawalState.IN_REVIEW, WithdrawalState.SENT)
    while not stop.wait(_PAUSE_S):
        try:
            operators = [User.objects.get(username=name) for name in OPERATORS]
            rows = Withdrawal.objects.filter(state__in=states, requested_at__lt=timezone.now() - _WAITS)
            for row in rows.order_by("id"):
                if not is_left_alone(row.pk):
                    _decide(row, operators)
        except (DatabaseError, ApiError):
            # The database is locked or away, or the customer was faster: they look again.
            continue


def _decide(row: Any, operators: list[Any]) -> None:
    from custody.states import WithdrawalState
    from custody.withdrawals import reviewing

    luck = random.Random(f"teller:{row.pk}:{row.state}")
    luck.shuffle(operators)
    if row.state == WithdrawalState.SENT:
        if luck.random() < 0.7:
            reviewing.say_paid(row, operators[0], f"tx-{row.pk}", "paid by hand")
        else:
            reviewing.say_failed(row, operators[0], "the bank sent it back")
    elif luck.random() < 0.3:
        reviewing.decline(row, operators[0], "not today")
    else:
        # The second leave may have been given before all of this died.
        given = set(row.approvals.values_list("by_id", flat=True))
        for operator in operators:
            if operator.pk not in given:
                reviewing.approve(row, operator, "known to us")


if __name__ == "__main__":
    main()
