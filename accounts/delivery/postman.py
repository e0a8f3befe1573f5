"""The postman: sends letters from the dispatcher's process, and goes on trying while the mail server is away.

A letter is claimed before it is sent: its next attempt is put off, and only the process that did this sends
it. Death between sending and noting it means that a letter comes twice, never that it is lost.
"""

from __future__ import annotations

import random
import smtplib
import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.core.mail import get_connection
from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from accounts.delivery.writing import write
from accounts.letters import posting
from accounts.models import Letter
from accounts.registration import waiting_sign_ups as pending
from exchange.telemetry.breakers import MAIL, DependencyAway, breaker
from exchange.telemetry.logs import get_logger
from exchange.telemetry.measures import own

logger = get_logger(__name__)

State = Letter.State

BATCH: Final = 50
POLL_S: Final = 1.0
#: How long a mail server that did not answer twice is left alone.
SERVER_PAUSE_S: Final = 10.0
#: After a failure the next attempt comes so much later, twice as much each time.
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=10)
#: How long a letter is tried.
PATIENCE: Final = timedelta(days=3)
#: How long a sender has for a letter before another may take it.
LEASE: Final = timedelta(minutes=5)
_TIDY_EVERY: Final = timedelta(hours=1)
_LONGEST_TROUBLE: Final = 200
#: What a mail server that is away, refuses or breaks off raises.
_MAIL_TROUBLE: Final = (smtplib.SMTPException, OSError, DependencyAway)
#: What a mail server raises that is there and does not take a letter.
_ANSWERS: Final = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
#: A pause is up to this much longer, so that letters of one outage do not all come back at once.
_SPREAD: Final = 0.25


def pause_after(attempts: int) -> timedelta:
    """How long after so many failures the next attempt comes."""
    doublings = max(0, min(attempts - 1, 20))
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))


class Postman:
    """Sends what is due. Use from one thread; several processes may have one each."""

    def __init__(self) -> None:
        self._tidy_at = timezone.now()
        self._is_in_trouble = False
        self._guard = breaker(MAIL, failures=2, pause_s=SERVER_PAUSE_S)
        outcomes = (State.SENT, State.REFUSED, State.MOOT, State.EXPIRED, "put_off")
        own().shared_tally("xtrader_letters_total", *(str(outcome) for outcome in outcomes))
        self._passed = own().gauge("xtrader_duty_last_pass_timestamp_seconds")

    def run(self, stop: threading.Event) -> None:
        """Passes until ``stop`` is set."""
        while not stop.is_set():
            sent = 0
            try:
                self._tidy()
                sent = self.run_once()
                self._passed.set(timezone.now().timestamp(), "letters")
            except DatabaseError as error:
                logger.info("letters_wait_for_database", error=type(error).__name__)
                connections.close_all()
            except Exception:
                # No fault of ours may end the thread.
                logger.exception("letters_pass_failed")
            if not sent:
                stop.wait(POLL_S)

    def run_once(self) -> int:
        """One pass; how many letters it is done with. It ends at the first that the mail server does not
        take for now."""
        done = 0
        if not self._guard.may_call:
            return done
        connection: Any = get_connection()
        try:
            for letter in _due(timezone.now()):
                if not _claim(letter):
                    continue
                if not self._deliver(connection, letter):
                    break
                done += 1
        finally:
            _close(connection)
        return done

    def _deliver(self, connection: Any, letter: Letter) -> bool:
        """Send one; False where the mail server does not take it for now."""
        try:
            mail = write(letter)
        except DatabaseError:
            raise
        except Exception as error:
            # A fault of ours in one letter does not keep the others from being sent.
            logger.exception("letter_not_written", letter=letter.pk)
            _put_off(letter, error)
            return True
        if mail is None:
            _settle(letter, State.MOOT)
            return True
        mail.connection = connection
        try:
            refusal = self._guard.call(partial(_send, mail))
            if refusal is not None:
                raise refusal
        except _MAIL_TROUBLE as error:
            if isinstance(error, smtplib.SMTPRecipientsRefused) and _is_final(error):
                _settle(letter, State.REFUSED, _text_of(error))
                return True
            _put_off(letter, error)
            self._tell_trouble(error)
            return False
        _settle(letter, State.SENT)
        self._tell_trouble(None)
        return True

    def _tell_trouble(self, error: Exception | None) -> None:
        """A line when it begins and one when it is over."""
        if error is not None and not self._is_in_trouble:
            logger.warning("mail_waits", error=type(error).__name__, code=_code_of(error))
        elif error is None and self._is_in_trouble:
            logger.info("mail_sent_again")
        self._is_in_trouble = error is not None

    def _tidy(self) -> None:
        now = timezone.now()
        if now < self._tidy_at:
            return
        self._tidy_at = now + _TIDY_EVERY
        while posting.forget_old(now) or pending.forget_old(now):
            pass


def _send(mail: Any) -> OSError | None:
    """Send it; what the server, which is there, says against it. Raises what a server that is away does."""
    try:
        mail.send()
    except _ANSWERS as refusal:
        return refusal
    return None


def _due(now: datetime) -> list[Letter]:
    return list(Letter.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at", "pk")[:BATCH])


def _claim(letter: Letter) -> bool:
    """Take it for this process. The attempts that were counted tell whether another was faster."""
    seen = Letter.objects.filter(pk=letter.pk, state=State.WAITING, attempts=letter.attempts)
    letter.attempts += 1
    return seen.update(attempts=letter.attempts, due_at=timezone.now() + LEASE) == 1


def _put_off(letter: Letter, error: Exception) -> None:
    """Try again later, or after days not any more."""
    now = timezone.now()
    if now - letter.created_at > PATIENCE:
        logger.error(
            "letter_not_sent_in_time", letter=letter.pk, error=type(error).__name__, code=_code_of(error)
        )
        _settle(letter, State.EXPIRED, _text_of(error))
    else:
        pause = pause_after(letter.attempts) * random.uniform(1, 1 + _SPREAD)
        own().shared_tally("xtrader_letters_total").add("put_off")
        _update(letter, due_at=now + pause, trouble=_text_of(error))


def _settle(letter: Letter, state: State, trouble: str = "") -> None:
    """It is done with."""
    own().shared_tally("xtrader_letters_total").add(state.value)
    sent_at = timezone.now() if state == State.SENT else None
    _update(letter, state=state, sent_at=sent_at, trouble=trouble)


def _update(letter: Letter, **fields: Any) -> None:
    Letter.objects.filter(pk=letter.pk, state=State.WAITING).update(**fields)


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_TROUBLE]


def _code_of(error: Exception) -> int | None:
    """The mail server's code: its text may hold an address."""
    code = getattr(error, "smtp_code", None)
    return code if isinstance(code, int) else None


def _is_final(error: smtplib.SMTPRecipientsRefused) -> bool:
    """Whether the server will never take mail for any of the addresses."""
    return all(code >= 500 for code, _ in error.recipients.values())


def _close(connection: Any) -> None:
    try:
        connection.close()
    except _MAIL_TROUBLE:
        pass
