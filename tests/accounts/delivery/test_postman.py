"""Letters go out whatever the mail server does: a real one, on a socket of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.template.loader import get_template
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.delivery import postman, writing
from accounts.delivery.postman import PATIENCE, Postman, pause_after
from accounts.letters import links, posting
from accounts.models import Letter, User
from ops import health

pytestmark = pytest.mark.django_db(transaction=True)

State = Letter.State


class MailServer:
    """Speaks as much SMTP as is needed. ``refuses``: its answer to addresses; ``breaks``: it hangs up after
    it was told to whom a mail is."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.taken: list[str] = []
        self.refuses: str | None = None
        self.breaks = False
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        try:
            # Wakes the thread that accepts; closing alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream: Any) -> None:
        def say(text: str) -> None:
            stream.write(f"{text}\r\n".encode())
            stream.flush()

        say("220 ready")
        while line := stream.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                return say("221 bye")
            if word == b"RCPT" and self.refuses:
                say(self.refuses)
            elif word == b"DATA":
                if self.breaks:
                    return None
                say("354 go on")
                self.taken.append(self._content(stream))
                say("250 taken")
            else:
                say("250 fine")
        return None

    @staticmethod
    def _content(stream: Any) -> str:
        lines = []
        while (line := stream.readline()) and line != b".\r\n":
            lines.append(line)
        return b"".join(lines).decode()


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield server
    server.close()


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora", email="dora@example.com")


def letter_to(user: User) -> Letter:
    return posting.post("password_reset", user.email, "en")


def test_a_letter_reaches_the_server(server: MailServer, dora: User) -> None:
    letter = letter_to(dora)
    assert Postman().run_once() == 1
    (content,) = server.taken
    assert "Subject: Set a new password" in content
    assert f"Message-ID: <letter-{letter.pk}-" in content
    assert "Auto-Submitted: auto-generated" in content
    letter.refresh_from_db()
    assert (letter.state, letter.sent_at is not None) == (State.SENT, True)
    assert Postman().run_once() == 0, "once"


def test_a_server_that_is_away_gets_it_later(server: MailServer, dora: User, settings: Any) -> None:
    server.close()
    letter = letter_to(dora)
    assert Postman().run_once() == 0
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (State.WAITING, 1)
    assert "Refused" in letter.trouble
    assert letter.due_at > timezone.now(), "not at once again"
    back = MailServer()
    settings.EMAIL_PORT = back.port
    Letter.objects.update(due_at=timezone.now())
    assert Postman().run_once() == 1
    assert len(back.taken) == 1
    back.close()


def test_a_server_that_hangs_up_gets_it_later(server: MailServer, dora: User) -> None:
    server.breaks = True
    letter = letter_to(dora)
    assert Postman().run_once() == 0
    letter.refresh_from_db()
    assert letter.state == State.WAITING
    server.breaks = False
    Letter.objects.update(due_at=timezone.now())
    assert Postman().run_once() == 1


@pytest.mark.parametrize(
    "answer, state", [("550 no such mailbox", State.REFUSED), ("450 come back later", State.WAITING)]
)
def test_only_a_final_refusal_is_final(answer: str, state: str, server: MailServer, dora: User) -> None:
    server.refuses = answer
    letter, other = letter_to(dora), letter_to(dora)
    postman_ = Postman()
    for _ in range(3):
        postman_.run_once()
    Letter.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert posting.backlog().is_moving, "the server is there"
    for each in (letter, other):
        each.refresh_from_db()
        assert each.state == state, "one does not hold up the other"
        assert each.attempts == 1


def test_it_is_given_up_after_days(server: MailServer, dora: User) -> None:
    server.close()
    letter = letter_to(dora)
    Letter.objects.update(created_at=timezone.now() - PATIENCE - timedelta(seconds=1))
    Postman().run_once()
    letter.refresh_from_db()
    assert letter.state == State.EXPIRED


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 5_000)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=5), timedelta(minutes=10))


def test_two_processes_send_it_once(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read the same row; the one that claims it sends it."""
    letter_to(dora)
    seen_by_both = postman._due(timezone.now())
    monkeypatch.setattr(postman, "_due", lambda now: seen_by_both)
    first = [Postman().run_once()]
    seen_by_both[0].attempts = 0
    assert [*first, Postman().run_once()] == [1, 0]
    assert len(mail.outbox) == 1


def test_a_process_that_dies_leaves_it_to_the_next(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = letter_to(dora)

    def die(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(postman, "write", die)
        with pytest.raises(SystemExit):
            Postman().run_once()
    assert Postman().run_once() == 0, "another may still be at it"
    Letter.objects.update(due_at=timezone.now())
    assert Postman().run_once() == 1
    letter.refresh_from_db()
    assert letter.attempts == 2


def test_a_letter_that_cannot_be_written_does_not_stop_the_rest(dora: User) -> None:
    faulty = posting.post("no such kind", dora.email, "en")
    letter_to(dora)
    Postman().run_once()
    assert len(mail.outbox) == 1
    faulty.refresh_from_db()
    assert (faulty.state, faulty.trouble) == (State.WAITING, "KeyError: 'no such kind'")
    assert faulty.due_at > timezone.now()


def test_no_fault_ends_the_thread(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    letter_to(dora)
    stop, due, calls = threading.Event(), postman._due, iter((True, False))

    def once_faulty(now: Any) -> list[Letter]:
        if next(calls, False):
            raise RuntimeError("a fault")
        return due(now)

    def wait(_: float) -> bool:
        if mail.outbox:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(postman, "_due", once_faulty)
    monkeypatch.setattr(stop, "wait", wait)
    Postman().run(stop)
    assert len(mail.outbox) == 1


def test_health_tells_of_letters_that_wait(anyone: APIClient, dora: User) -> None:
    assert anyone.get("/healthz").json()["mail"] == {"ok": True, "waiting": 0, "late_s": 0}
    letter_to(dora)
    Letter.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    health.examiner.forget()
    told = anyone.get("/healthz").json()["mail"]
    assert (told["ok"], told["waiting"]) == (False, 1)
    assert "xtrader_letters_waiting 1.0" in anyone.get("/metrics").content.decode()


def test_old_letters_are_forgotten_but_not_those_that_wait(dora: User) -> None:
    old = timezone.now() - posting.KEEP - timedelta(days=1)
    sent, waiting = letter_to(dora), letter_to(dora)
    Letter.objects.update(created_at=old)
    Letter.objects.filter(pk=sent.pk).update(state=State.SENT)
    assert posting.forget_old() == 1
    assert list(Letter.objects.values_list("pk", flat=True)) == [waiting.pk]


def test_every_link_leads_to_a_page_of_its_name() -> None:
    from django.urls import resolve

    for name, path in links.PATHS.items():
        assert resolve(path.format("key:key")).view_name == name


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_letter_is_there_in_both_languages(language: str) -> None:
    # What a letter about an act of security says stands in ``notice_texts``.
    names = {*writing.KINDS, "already_here"} - {"security_act"}
    for name in names:
        text = get_template(f"letters/{name}.{language}.txt").render(
            {"username": "dora", "link": "https://x.example/k", "email": "new@example.com", "hours": 24}
        )
        subject, _, rest = text.strip().partition("\n")
        assert subject and rest.startswith("\n"), name
        assert (language == "ko") == any("가" <= one <= "힣" for one in subject), name
