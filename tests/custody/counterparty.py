"""A provider at the other end of the wire: a real HTTP server with a ledger of its own, and bad manners.

It pays each order that it receives, as often as it receives it: an exchange that sends twice pays twice. What
it says can be a lie, its ledger is the truth. All that it does badly is drawn from one seed.
"""

from __future__ import annotations

import hmac
import json
import random
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

SECRET: Final = "a secret of more than thirty-two characters"

Json = dict[str, Any]
#: Sends a notice: headers and body; gives the status.
Send = Callable[[dict[str, str], bytes], int]

#: What may happen to an answer, beside its being given.
CUT_BEFORE: Final = "the connection ends before anything is done"
CUT_AFTER: Final = "all is done, and the connection ends"
ERROR: Final = "status 500, after all is done"
GARBAGE: Final = "signed, and not JSON"
UNSIGNED: Final = "not signed"
FORGED: Final = "signed with another secret"
HANG: Final = "no answer for longer than anybody waits"
HUGE: Final = "an answer without end"
REDIRECT: Final = "another address"
LIE: Final = "another amount or address than is true"
BADLY: Final = (CUT_BEFORE, CUT_AFTER, ERROR, GARBAGE, UNSIGNED, FORGED, HANG, HUGE, REDIRECT, LIE)


@dataclass
class Order:
    """An order to pay. ``received`` and ``paid`` count."""

    body: Json
    state: str = "accepted"
    received: int = 0
    paid: int = 0


@dataclass
class Coming:
    """A deposit."""

    body: Json
    state: str = "seen"


@dataclass
class Counterparty:
    """Answers at ``url``. ``manners``: how often each of ``BADLY`` happens; ``fails`` and ``reverses``: how
    many payouts and deposits end so."""

    seed: int = 0
    manners: dict[str, float] = field(default_factory=dict)
    fails: float = 0.2
    reverses: float = 0.1
    at_once: float = 0.3
    lies_in_notices: float = 0.0
    hang_s: float = 1.0
    orders: dict[str, Order] = field(default_factory=dict)
    coming: dict[str, Coming] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    #: Place of the API -> requests that came.
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    #: Notices not delivered yet.
    notices: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._random = random.Random(self.seed)
        self._numbers = 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.counterparty = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/gate"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- what happens there ----------------------------------------------------------------------------

    def send_in(self, address: str, asset: str, amount: str, tag: str = "") -> str:
        """Somebody sends money to an address; the reference of the deposit."""
        with self._lock:
            reference = f"in-{self._number()}"
            body = {"reference": reference, "asset": asset, "amount": amount, "address": address, "tag": tag}
            self.coming[reference] = Coming(body)
            self._tell("deposit.seen", body)
            return reference

    def advance(self) -> None:
        """Orders are paid or fail, deposits become final or are taken back: some of them."""
        with self._lock:
            for order in self.orders.values():
                if order.state == "accepted" and self._random.random() < 0.7:
                    self._end_order(order)
            for deposit in self.coming.values():
                if deposit.state == "seen" and self._random.random() < 0.7:
                    self.end_deposit(
                        deposit, "reversed" if self._random.random() < self.reverses else "final"
                    )

    def finish(self) -> None:
        """All comes to its end."""
        while any(order.state == "accepted" for order in self.orders.values()) or any(
            deposit.state == "seen" for deposit in self.coming.values()
        ):
            self.advance()

    def end_deposit(self, deposit: Coming, state: str) -> None:
        with self._lock:
            if deposit.state == "final":
                self.held[deposit.body["asset"]] -= Decimal(deposit.body["amount"])
            deposit.state = state
            if state == "final":
                self.held[deposit.body["asset"]] += Decimal(deposit.body["amount"])
            self._tell(f"deposit.{state}", deposit.body)

    def _end_order(self, order: Order) -> None:
        about = {"payout_id": order.body["payout_id"]}
        if self._random.random() < self.fails:
            order.state = "failed"
            self._tell("payout.failed", {**about, "reason": "the bank said no"})
            return
        order.state = "paid"
        # As often as it was ordered.
        order.paid = order.received
        self.held[order.body["asset"]] -= order.paid * Decimal(order.body["amount"])
        self._tell("payout.paid", {**order.body, **self._names(about["payout_id"])})

    # --- notices ---------------------------------------------------------------------------------------

    def _tell(self, kind: str, about: Json) -> None:
        notice = {"notice_id": f"n-{self._number()}", "kind": kind, **about}
        if "amount" in notice and self._random.random() < self.lies_in_notices:
            self._twist(notice)
        self.notices.append(notice)

    def deliver(self, send: Send, *, share: float = 1.0) -> None:
        """Send notices in any order, some of them twice, some later; those not acknowledged stay."""
        with self._lock:
            chosen = [notice for notice in self.notices if self._random.random() < share]
            self._random.shuffle(chosen)
            twice = [notice for notice in chosen if self._random.random() < 0.3]
        for notice in (*chosen, *twice):
            body = json.dumps(notice).encode()
            if send(self.signed(body), body) == 200 and notice in self.notices:
                self.notices.remove(notice)

    @staticmethod
    def signed(
        body: bytes, target: str = "/custody/gate/notices", at_ms: int | None = None
    ) -> dict[str, str]:
        """The headers of a notice."""
        timestamp = str(time.time_ns() // 1_000_000 if at_ms is None else at_ms)
        content = f"{timestamp}POST{target}".encode() + body
        return {"X-Timestamp": timestamp, "X-Signature": sign(content)}

    # --- questions -------------------------------------------------------------------------------------

    def answer(self, place: str, said: Json) -> Json:
        """The truth, after what was asked for is done."""
        self.asked[place] += 1
        if place == "/payouts":
            return self._take_order(said)
        if place == "/payouts/find":
            return self._about_order(said["payout_id"])
        if place == "/deposits/find":
            found = self.coming.get(said["reference"])
            return {"state": "unknown"} if found is None else {"state": found.state, **found.body}
        if place == "/deposit-addresses":
            return {"address": f"acct-{said['account']}-{said['asset']}", "tag": ""}
        assert place == "/holdings"
        return {"holdings": {asset: format(amount, "f") for asset, amount in self.held.items()}}

    def _take_order(self, said: Json) -> Json:
        order = self.orders.setdefault(said["payout_id"], Order(dict(said)))
        order.received += 1
        self._tell("payout.accepted", {"payout_id": said["payout_id"], "reference": "r"})
        if order.state == "accepted" and self._random.random() < self.at_once:
            self._end_order(order)
        return self._about_order(said["payout_id"])

    def _about_order(self, payout_id: str) -> Json:
        order = self.orders.get(payout_id)
        if order is None:
            return {"state": "unknown", "payout_id": payout_id}
        said = {"state": order.state, "payout_id": payout_id, **self._names(payout_id)}
        if order.state == "paid":
            said |= order.body
        return said | ({"reason": "the bank said no"} if order.state == "failed" else {})

    @staticmethod
    def _names(payout_id: str) -> Json:
        return {"reference": f"ref-{payout_id}", "transaction": f"tx-{payout_id}"}

    def draw(self) -> str:
        """How the next answer is given; empty: well."""
        for kind, share in self.manners.items():
            if self._random.random() < share:
                return kind
        return ""

    def _twist(self, said: Json) -> None:
        if self._random.random() < 0.5:
            said["amount"] = format(Decimal(said["amount"]) * 2, "f")
        else:
            said["address"] = "somewhere else"

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers


def sign(content: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), content, "sha256").hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    counterparty: Counterparty

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Of a side that has gone away nothing is said."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        party, body = self.server.counterparty, self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['X-Timestamp']}POST{self.path}".encode() + body
        if not hmac.compare_digest(sign(signed), self.headers["X-Signature"]):
            self._reply(401, b"{}")
            return
        with party._lock:
            how = party.draw()
            if how == CUT_BEFORE:
                self._cut()
                return
            said = party.answer(self.path.removeprefix("/gate"), json.loads(body))
            if how == LIE and "amount" in said:
                party._twist(said)
        self._say(how, json.dumps(said).encode())

    def _say(self, how: str, answer: bytes) -> None:
        if how == CUT_AFTER:
            self._cut()
        elif how == HANG:
            time.sleep(self.server.counterparty.hang_s)
            self._cut()
        elif how == HUGE:
            self._reply(200, b" " * 200_000, answer)
        elif how == REDIRECT:
            self._reply(307, answer, Location=self.path)
        elif how == ERROR:
            self._reply(500, answer)
        elif how == GARBAGE:
            self._reply(200, b'{"state": paid}')
        elif how == UNSIGNED:
            self._reply(200, answer, signature="")
        elif how == FORGED:
            signature = sign(self.headers["X-Signature"].encode() + answer, "another secret, as long as that")
            self._reply(200, answer, signature=signature)
        else:
            self._reply(200, answer)

    def _reply(self, status: int, *parts: bytes, signature: str | None = None, **headers: str) -> None:
        body = b"".join(parts)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "X-Signature",
            sign(self.headers["X-Signature"].encode() + body) if signature is None else signature,
        )
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
