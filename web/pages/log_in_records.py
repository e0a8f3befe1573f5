"""What is kept of log-ins: in the log and the audit log failures, one line and record a user and minute, and
each success, in the log only of staff; in the audit log log-outs; of browsers the row in the list of open
log-ins.

No password is ever written, and no name that is not a user's: people type passwords into the wrong field. So
the lines are bounded by the number of users, whatever an attacker sends. Failures are written by a thread of
their own: an attempt takes the same time whether there is such a user or not.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connections
from django.http import HttpRequest

from accounts.identity import notices, open_log_ins
from accounts.identity.tokens import MAX_CREDENTIAL_CHARS, tokens_issued
from accounts.models import User
from accounts.registration.user_names import name_of
from exchange import audit, process
from exchange.telemetry.logs import get_logger
from web.access.addresses import address_of
from web.access.request_places import place_of
from web.server.web_figures import web_figures

logger = get_logger(__name__)

SPAN_S: Final = 60.0
#: Addresses a line names; of the others it gives the number.
NAMED_ADDRESSES: Final = 3
#: Addresses that a record of the audit log names.
RECORDED_ADDRESSES: Final = 50
#: Addresses remembered of a user in a minute.
MOST_ADDRESSES: Final = 1_000
UNKNOWN_NAMES: Final = "names of no user"
_NO_ADDRESS: Final = "an unknown address"

#: Runs a function after so many seconds.
Later = Callable[[float, Callable[[], None]], None]


def _in_thread(delay_s: float, run: Callable[[], None]) -> None:
    def and_hang_up() -> None:
        try:
            run()
        finally:
            connections.close_all()

    timer = threading.Timer(delay_s, and_hang_up)
    timer.daemon = True
    timer.start()


@dataclass(slots=True)
class Failures:
    """Of one user, since the last line about it."""

    count: int = 0
    addresses: set[str] = field(default_factory=set)

    def add(self, address: str) -> None:
        self.count += 1
        if len(self.addresses) < MOST_ADDRESSES:
            self.addresses.add(address)

    def text(self) -> str:
        """Such as ``3 times from 192.0.2.7, 192.0.2.8``."""
        named = sorted(self.addresses)
        others = len(named) - NAMED_ADDRESSES
        shown = ", ".join(named[:NAMED_ADDRESSES]) + (f" and {others} others" if others > 0 else "")
        return f"{'once' if self.count == 1 else f'{self.count:,} times'} from {shown}"

    def facts(self) -> dict[str, Any]:
        """For the audit log."""
        named = sorted(self.addresses)
        others = len(named) - RECORDED_ADDRESSES
        facts = {"count": self.count, "addresses": named[:RECORDED_ADDRESSES]}
        return {**facts, "other_addresses": others} if others > 0 else facts


class FailureLog:
    """Counts failed log-ins by user. A minute after the first one each user with failures gets its line.
    Methods may be called from any thread."""

    def __init__(self, later: Later | None = None) -> None:
        self._later = _in_thread if later is None else later
        self._lock = threading.Lock()
        self._by_user: dict[str, Failures] = {}

    def add(self, name: str, address: str) -> None:
        """Count a failure of a user, or with an empty name of all that are no user's."""
        with self._lock:
            is_first = not self._by_user
            self._by_user.setdefault(name, Failures()).add(address)
        if is_first:
            self._later(SPAN_S, self.write)

    def write(self) -> None:
        """Write a line and a record for each user with failures, and start anew."""
        with self._lock:
            by_user, self._by_user = self._by_user, {}
        for name, failures in by_user.items():
            shown = name or UNKNOWN_NAMES
            logger.warning("log_ins_failed", name=shown, **failures.facts())
            try:
                audit.record("log_in.failed", None, audit.Target("user", "", name), after=failures.facts())
            except Exception as error:
                # It stands in the line above; the next minute's may fare better.
                logger.error("failed_log_ins_not_in_audit_log", error=type(error).__name__)


#: Of this process.
failure_log: Final = process.shared(FailureLog)


def on_failure(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Receives Django's ``user_login_failed``: log-in pages and tokens alike."""
    web_figures.log_ins.add("failed")
    failure_log.add(_known_name(credentials.get("username")), _address_of(request))


def on_success(user: AbstractBaseUser, request: HttpRequest | None = None, **_: Any) -> None:
    """Receives ``user_logged_in`` and ``tokens_issued``."""
    web_figures.log_ins.add("ok")
    _note("log_in.succeeded", user, request)
    if getattr(user, "is_staff", False):
        logger.info("staff_logged_in", user=user.pk, name=user.get_username(), address=_address_of(request))


def on_log_out(user: AbstractBaseUser | None, request: HttpRequest | None = None, **_: Any) -> None:
    """Receives ``user_logged_out``; None is the user of a session without a log-in."""
    if user is not None:
        _note("log_in.ended", user, request)


def _note(kind: str, user: AbstractBaseUser, request: HttpRequest | None) -> None:
    assert isinstance(user, User)  # there are no other users
    audit.record(kind, user, user, request=request)


def on_session(user: AbstractBaseUser, request: HttpRequest, **_: Any) -> None:
    """Receives ``user_logged_in``: the browser stands in the user's list of log-ins from now on."""
    if isinstance(user, User):
        place = place_of(request)
        open_log_ins.begin_session(user, request.session, place)
        notices.note_log_in(user, place)


def connect() -> None:
    """Receive the signals, once however often it is called."""
    user_login_failed.connect(on_failure, dispatch_uid="web.log_ins")
    user_logged_in.connect(on_success, dispatch_uid="web.log_ins")
    user_logged_in.connect(on_session, dispatch_uid="web.sessions")
    tokens_issued.connect(on_success, dispatch_uid="web.log_ins")
    user_logged_out.connect(on_log_out, dispatch_uid="web.log_ins")
    # The last minute of a process is written too.
    atexit.register(_write_rest)


def _write_rest() -> None:
    failure_log.write()


def _known_name(given: Any) -> str:
    if not isinstance(given, str) or len(given) > MAX_CREDENTIAL_CHARS or "\x00" in given:
        return ""
    name = name_of(given)
    return name if User.objects.filter(username=name).exists() else ""


def _address_of(request: HttpRequest | None) -> str:
    return _NO_ADDRESS if request is None else address_of(request)
