"""A whole exchange: what it writes of its own work. One id from the request to every log and the journal,
the trace of an order as a receiver gets it, logs that rotate while they are written, and nothing in any of
them that no log may have."""

from __future__ import annotations

import base64
import io
import json
import re
import secrets
import urllib.parse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from websockets.sync.client import connect

from exchange.journal import tools
from tests.exchange.telemetry.receiver import Received, Receiver
from tests.ops.running import RunningExchange, running_exchange, wait_until

pytestmark = pytest.mark.proof

#: In every process, so that each operation is a ``slow`` line.
ALL_ARE_SLOW = {
    f"SLOW_{name}_MS": "0" for name in ("REQUEST", "COMMAND", "BATCH", "SYNC", "FOLD", "WRITE", "QUERY")
}
#: So low that files rotate; so many that nothing goes.
ROTATES = {"LOG_ROTATE_MB": "0.03", "LOG_ROTATE_COUNT": "1000", "LOG_LINES_A_MINUTE": "1000000"}
#: What a trader asks for: figures that stand nowhere by chance.
PRICE, QUANTITY, AMOUNT = "61234000", "0.01234567", "73219"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[RunningExchange]:
    variables = {
        "DEMO": "0",
        "DEMO_USERS": "1",
        "COMPILE": "0",
        "REGISTRATION": "open",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "DEBUG",
        "TRACES_URL": receiver.url,
        "TRACES_SHARE": "0",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        **ALL_ARE_SLOW,
        **ROTATES,
    }
    with running_exchange(tmp_path_factory.mktemp("telemetry") / "data", **variables) as exchange:
        yield exchange


class Alice:
    """A trader of the exchange, who goes by REST and by WebSocket."""

    def __init__(self, exchange: RunningExchange) -> None:
        self.exchange = exchange
        self.password = json.loads((exchange.folder / "credentials.json").read_text())["alice"]
        self.tokens = self.post("/api/v1/token", username="alice", password=self.password).json()
        self.access = self.tokens["access"]

    def post(self, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.access}"} if hasattr(self, "access") else {}
        url = self.exchange.url + path
        return httpx.post(url, json=body, headers={**bearer, **(headers or {})}, timeout=60)

    def place(self, headers: dict[str, str]) -> httpx.Response:
        return self.post("/v1/order", headers, **ORDER)

    def place_by_socket(self, **more: str) -> dict[str, Any]:
        with connect(self.exchange.url.replace("http", "ws") + "/ws", open_timeout=60) as socket:
            socket.recv(60)
            socket.send(json.dumps({"op": "auth", "id": 1, "token": self.access}))
            assert json.loads(socket.recv(60))["ok"]
            socket.send(json.dumps({"op": "order.place", "id": 2, **ORDER, **more}))
            while True:
                message = json.loads(socket.recv(60))
                if message.get("id") == 2:
                    return dict(message)


ORDER = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": PRICE, "quantity": QUANTITY}


@pytest.fixture(scope="module")
def alice(exchange: RunningExchange) -> Alice:
    return Alice(exchange)


def files_of(exchange: RunningExchange, name: str) -> list[Path]:
    """The log of a process, oldest first."""
    return sorted(
        (exchange.folder / "logs").glob(f"{name}.log*"),
        key=lambda path: -int(path.suffix[1:] if path.suffix[1:].isdigit() else 0),
    )


def text_of(exchange: RunningExchange, name: str) -> str:
    """All of a process' log. A file that is put aside meanwhile is looked for again."""
    while True:
        with suppress(FileNotFoundError):
            return "".join(path.read_text() for path in files_of(exchange, name))


def lines_of(exchange: RunningExchange, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text_of(exchange, name).splitlines() if line.startswith("{")]


def lines_about(exchange: RunningExchange, name: str, request_id: str) -> list[dict[str, Any]]:
    return [
        line
        for line in lines_of(exchange, name)
        if line.get("request_id") == request_id or request_id in line.get("request_ids", ())
    ]


def found_in_journal(exchange: RunningExchange, request_id: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("journal", "find", request_id, "--journal", str(exchange.folder / "journal"), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


# --- one id ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["rest", "socket"])
def test_an_id_leads_from_the_request_to_every_log_and_the_journal(
    exchange: RunningExchange, alice: Alice, way: str
) -> None:
    request_id = f"looked-for-{way}.{secrets.token_hex(4)}"
    if way == "rest":
        reply = alice.place({"X-Request-ID": request_id})
        assert reply.status_code == 200, reply.text
        assert reply.headers["X-Request-ID"] == request_id
        sequence = reply.json()["sequence"]
    else:
        answer = alice.place_by_socket(request_id=request_id)
        assert answer["ok"] and answer["request_id"] == request_id, answer
        sequence = answer["sequence"]
    [row] = found_in_journal(exchange, request_id)
    assert (row["sequence"], row["kind"], row["request_id"]) == (sequence, "place", request_id)
    for process in ("web", "engine", "marketdata"):
        lines = wait_until(
            lambda process=process: lines_about(exchange, process, request_id), 60, f"it is in {process}.log"
        )
        assert {line["process"] for line in lines} == {process}
        assert all(line["event"] == "slow" and line["pid"] and line["timestamp"][-1] == "Z" for line in lines)

    def operations() -> set[str]:
        return {line["operation"] for line in lines_about(exchange, "marketdata", request_id)}

    wait_until(lambda: operations() >= {"fold", "write"}, 60, "both are in marketdata.log")


def test_every_answer_has_an_id(exchange: RunningExchange) -> None:
    seen = set()
    for path in (
        "/",
        "/healthz",
        "/api/v1/time",
        "/nowhere",
        "/v1/balances",
        "/v1/order",
        "/accounts/login/",
    ):
        for headers in ({}, {"X-Request-ID": "not an id!"}, {"X-Request-ID": "x" * 65}):
            reply = httpx.get(exchange.url + path, headers=headers, timeout=60)
            given = reply.headers.get_list("X-Request-ID")
            assert len(given) == 1 and re.fullmatch("[0-9a-f]{32}", given[0]), (path, given)
            seen.add(given[0])
    assert len(seen) == 21
    long = httpx.get(exchange.url + "/api/v1/time", headers={"X-Long": "x" * 40_000}, timeout=60)
    assert long.status_code == 431 and long.headers["X-Request-ID"]


def test_a_socket_that_gives_no_id_gets_none_back_and_has_one_all_the_same(
    exchange: RunningExchange, alice: Alice
) -> None:
    answer = alice.place_by_socket()
    assert answer["ok"] and "request_id" not in answer
    rows = tools.export(exchange.folder / "journal", after_sequence=answer["sequence"] - 1)
    [row] = [row for row in rows if row["sequence"] == answer["sequence"]]
    assert re.fullmatch(r"[\w-]{11}\.2", row["request_id"])


def test_a_malformed_id_of_a_socket_is_refused(alice: Alice) -> None:
    answer = alice.place_by_socket(request_id="two words")
    assert not answer["ok"] and answer["error"] == "INVALID_FIELD", answer


# --- traces ------------------------------------------------------------------------------------------------

#: Span → its parent.
TREE = {
    "validate": "root",
    "link": "root",
    "reply": "root",
    "engine.queue": "link",
    "engine.apply": "link",
    "journal.sync": "link",
    "engine.publish": "link",
    "feed.push": "link",
    "marketdata.fold": "link",
    "marketdata.write": "link",
    "marketdata.push": "link",
}
SERVICES = {"engine": "xtrader-engine", "journal": "xtrader-engine", "marketdata": "xtrader-marketdata"}


@pytest.mark.parametrize("way", ["rest", "socket"])
def test_an_order_is_one_trace_as_a_receiver_gets_it(
    exchange: RunningExchange, alice: Alice, receiver: Receiver, way: str
) -> None:
    trace_id, client_span = secrets.token_hex(16), secrets.token_hex(8)
    if way == "rest":
        reply = alice.place({"traceparent": f"00-{trace_id}-{client_span}-01"})
        assert reply.headers["X-Request-ID"] == trace_id, "the trace's id is the request's"
        sequence, root = reply.json()["sequence"], "POST /v1/order"
    else:
        answer = alice.place_by_socket(request_id=trace_id, traceparent=f"00-{trace_id}-{client_span}-01")
        sequence, root = answer["sequence"], "ws order.place"
    spans = wait_until(
        lambda: found if len(found := receiver.of(trace_id)) == len(TREE) + 1 else None,
        90,
        f"the trace is whole: {list(receiver.of(trace_id))}",
    )
    assert set(spans) == {root, *TREE}
    assert spans[root].parent_id == client_span
    assert spans[root].attributes["request_id"] == trace_id
    check_tree(spans, root, sequence)


def check_tree(spans: dict[str, Received], root: str, sequence: int) -> None:
    """Who is whose child, from which process, when, and with which sequence."""
    for name, parent in TREE.items():
        span, above = spans[name], spans[root if parent == "root" else parent]
        assert span.parent_id == above.span_id, name
        assert span.service == SERVICES.get(name.partition(".")[0], "xtrader-web"), name
        assert span.start_ns <= span.end_ns, name
        if not name.startswith("marketdata.") and name != "engine.publish":
            # All of it is waited for; the projection comes after the answer, and the feed leaves before it.
            assert above.start_ns <= span.start_ns and span.end_ns <= above.end_ns, name
        if parent == "link":
            assert span.attributes["sequence"] == sequence, name
    in_order = ["validate", "engine.queue", "engine.apply", "journal.sync", "feed.push", "reply"]
    starts = [spans[name].start_ns for name in in_order]
    assert starts == sorted(starts), in_order
    assert spans["marketdata.fold"].start_ns >= spans["journal.sync"].start_ns
    assert spans["marketdata.write"].end_ns <= spans["marketdata.push"].end_ns


def test_a_request_outside_the_share_is_not_traced(alice: Alice, receiver: Receiver) -> None:
    trace_id = secrets.token_hex(16)
    assert alice.place({"X-Request-ID": trace_id}).status_code == 200
    not_sampled = secrets.token_hex(16)
    alice.place({"traceparent": f"00-{not_sampled}-{secrets.token_hex(8)}-00"})
    # One that is traced comes after them, and is there.
    last = secrets.token_hex(16)
    alice.place({"traceparent": f"00-{last}-{secrets.token_hex(8)}-01"})
    wait_until(lambda: len(receiver.of(last)) == len(TREE) + 1, 90, "the one after them is there")
    assert not receiver.of(trace_id) and not receiver.of(not_sampled)


# --- files -------------------------------------------------------------------------------------------------


def test_logs_rotate_while_they_are_written_and_lose_no_line(exchange: RunningExchange, alice: Alice) -> None:
    given = [f"rotation-{number}.{secrets.token_hex(4)}" for number in range(100)]
    with httpx.Client(base_url=exchange.url, timeout=60) as client:
        for request_id in given:
            client.get("/nowhere", headers={"X-Request-ID": request_id})
    files = files_of(exchange, "web")
    assert len(files) > 2 and all(path.stat().st_size < 60_000 for path in files), files
    lines = lines_of(exchange, "web")
    for request_id in given:
        [line] = [
            line
            for line in lines
            if line.get("request_id") == request_id and line.get("operation") == "request"
        ]
        assert (line["method"], line["path"], line["status"]) == ("GET", "/nowhere", 404)


def test_a_file_that_another_program_has_moved_is_begun_anew(exchange: RunningExchange, alice: Alice) -> None:
    log = exchange.folder / "logs" / "marketdata.log"
    log.rename(log.with_name("moved-by-logrotate"))
    alice.place({})
    wait_until(log.exists, 90, "marketdata writes a new file")


# --- what no log may have ----------------------------------------------------------------------------------


def forms(secret: str) -> Iterator[str]:
    """The secret as it might stand in a line."""
    yield secret
    yield urllib.parse.quote(secret, safe="")
    yield urllib.parse.quote_plus(secret)
    for shift in range(3):
        # base64 of it inside of anything: the part that does not depend on its neighbours.
        encoded = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        yield encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]


def test_no_secret_and_no_figure_of_a_person_is_in_any_log(exchange: RunningExchange, alice: Alice) -> None:
    marked = [alice.password, alice.access, alice.tokens["refresh"]]
    marked += feed_secrets(exchange, alice)
    # The last lines of all that are still on their way.
    assert alice.place({}).status_code == 200

    def is_projected() -> bool:
        return all(each["lag"] == 0 for each in exchange.get("/healthz")["projections"].values())

    wait_until(is_projected, 60, "all is projected")
    texts = {path.name: path.read_text() for path in sorted((exchange.folder / "logs").iterdir())}
    texts["output"] = exchange.output
    assert len(texts["output"]) > 100 and len(texts["web.log"]) > 100
    leaks = [
        (name, secret)
        for secret in marked
        for form in forms(secret)
        for name, text in texts.items()
        if len(form) > 4 and form in text
    ]
    assert not leaks, leaks


def feed_secrets(exchange: RunningExchange, alice: Alice) -> list[str]:
    """Send known secrets every way in; what was sent."""
    wrong, mail, new = "wrong-Pa55-horse", "dora.marked@example.com", "neu-Pa55-staple-x"
    alice.post("/api/v1/token", username="alice", password=wrong, otp="918273")
    alice.post("/api/v1/token/refresh", refresh=f"x.{wrong}")
    alice.post("/api/v1/token", username=mail, password=wrong)
    key = alice.post("/api/v1/keys", label="marked", scopes=["read", "trade"], password=alice.password).json()
    found = [wrong, mail, "918273", key["secret"]]
    signed = {"X-API-Key": key["key"]["key_id"], "X-Timestamp": "1", "X-Signature": "ab" * 32}
    httpx.get(exchange.url + "/v1/balances", headers=signed, timeout=60)
    httpx.get(f"{exchange.url}/v1/fills?password={wrong}&token={wrong}", timeout=60)
    for path in ("/accounts/password/reset/", "/signup/verify/", "/wallet/withdrawals/confirm/"):
        link = secrets.token_hex(16)
        httpx.get(exchange.url + path + link, timeout=60)
        found.append(link)
    feed_pages(exchange, alice, mail, new)
    for body in ({**ORDER, "quantity": "99.12345678"}, {**ORDER, "price": "no-number-77.31"}):
        assert alice.post("/v1/order", **body).status_code != 500
    withdrawal = {"asset": "KRW", "amount": AMOUNT, "address": "Marked Bank 444-555-6666"}
    alice.post("/v1/withdrawals", **withdrawal)
    with connect(exchange.url.replace("http", "ws") + "/ws", open_timeout=60) as socket:
        socket.recv(60)
        socket.send(json.dumps({"op": "auth", "id": 1, "token": f"{wrong}.x.y"}))
        socket.recv(60)
    return [*found, new, PRICE, QUANTITY, "99.12345678", "no-number-77.31", AMOUNT, "444-555-6666"]


def feed_pages(exchange: RunningExchange, alice: Alice, mail: str, new: str) -> None:
    with httpx.Client(base_url=exchange.url, timeout=60, follow_redirects=True) as browser:
        for path, body in (
            ("/accounts/login/", {"username": "alice", "password": new}),
            ("/accounts/login/", {"username": "alice", "password": alice.password}),
            ("/accounts/password", {"password": new, "new_password": f"{new}-2", "otp": "918273"}),
            ("/accounts/password/reset", {"email": mail}),
        ):
            browser.get(path)
            sent = {"csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""), **body}
            assert browser.post(path, data=sent).status_code < 500, path
    with httpx.Client(base_url=exchange.url, timeout=60, follow_redirects=True) as browser:
        browser.get("/signup")
        form = {"username": "dora", "email": mail, "password": new, "language": "en", "agree": "on"}
        sent = {"csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""), **form}
        assert browser.post("/signup", data=sent).status_code < 500
