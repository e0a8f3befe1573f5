"""The webhook provider against a real counterparty over HTTP: only its own, signed, fitting answer counts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from custody.providers.interface import (
    Accepted,
    Failed,
    IncomingDeposit,
    NeverSeen,
    NotSent,
    Paid,
    Payout,
    Unknown,
)
from custody.providers.webhook import WebhookProvider
from tests.conftest import LiveEngine
from tests.custody import counterparty as bad
from tests.custody.cast import custody_settings
from tests.custody.counterparty import SECRET, Counterparty

PAYOUT = Payout("1764567890123456", "BTC", 150_000_000, 8, "bc1qexample", "memo 7")


@pytest.fixture
def party(settings: Any) -> Iterator[Counterparty]:
    custody_settings(settings, TIMEOUT_S=0.5)
    found = Counterparty(fails=0, reverses=0, at_once=0)
    yield found
    found.close()


@pytest.fixture
def provider(party: Counterparty, tmp_path: Path, live_engine: LiveEngine) -> WebhookProvider:
    return at(party.url, tmp_path)


def at(url: str, folder: Path, secret: str = SECRET) -> WebhookProvider:
    secret_file = folder / "secret"
    secret_file.write_text(secret + "\n")
    return WebhookProvider("gate", {"kind": "webhook", "url": url, "secret_file": str(secret_file)})


def test_an_order_goes_out_as_it_was_given(party: Counterparty, provider: WebhookProvider) -> None:
    assert provider.send(PAYOUT) == Accepted("ref-1764567890123456")
    order = party.orders[PAYOUT.payout_id]
    assert order.body == {
        "payout_id": PAYOUT.payout_id,
        "asset": "BTC",
        "amount": "1.5",
        "address": "bc1qexample",
        "tag": "memo 7",
    }


def test_what_became_of_it(party: Counterparty, provider: WebhookProvider) -> None:
    assert provider.look_up(PAYOUT) == NeverSeen()
    provider.send(PAYOUT)
    party.finish()
    assert provider.look_up(PAYOUT) == Paid(
        f"ref-{PAYOUT.payout_id}", f"tx-{PAYOUT.payout_id}", PAYOUT.amount_minor
    )
    party.orders[PAYOUT.payout_id].state = "failed"
    assert provider.look_up(PAYOUT) == Failed("the bank said no")


@pytest.mark.parametrize("how", [how for how in bad.BADLY if how != bad.LIE])
def test_whatever_is_no_answer_is_unknown(how: str, party: Counterparty, provider: WebhookProvider) -> None:
    party.manners = {how: 2.0}
    said = provider.send(PAYOUT)
    assert isinstance(said, Unknown), how
    assert isinstance(provider.look_up(PAYOUT), Unknown)
    assert isinstance(provider.find_deposit("in-1"), Unknown)
    assert isinstance(provider.holdings(), Unknown)
    assert isinstance(provider.deposit_address(1001, "BTC"), Unknown)
    # It was not asked again by itself.
    assert party.asked["/payouts"] == (0 if how == bad.CUT_BEFORE else 1)


def test_an_amount_that_is_not_the_orders_is_told(party: Counterparty, provider: WebhookProvider) -> None:
    provider.send(PAYOUT)
    party.finish()
    party.orders[PAYOUT.payout_id].body["amount"] = "3"
    assert provider.look_up(PAYOUT) == Paid(f"ref-{PAYOUT.payout_id}", f"tx-{PAYOUT.payout_id}", 300_000_000)


@pytest.mark.parametrize("field", ["asset", "address", "tag", "payout_id"])
def test_a_payout_that_is_not_the_order_is_unknown(
    field: str, party: Counterparty, provider: WebhookProvider
) -> None:
    provider.send(PAYOUT)
    party.finish()
    party.orders[PAYOUT.payout_id].body[field] = "other"
    assert isinstance(provider.look_up(PAYOUT), Unknown)


def test_no_connection_is_not_sent(live_engine: LiveEngine, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # Nobody listens.
        provider = at(f"http://127.0.0.1:{taken.getsockname()[1]}", tmp_path)
        assert isinstance(provider.send(PAYOUT), NotSent)
        # Whether it was sent before is not known by that.
        assert isinstance(provider.look_up(PAYOUT), Unknown)


def test_a_missing_secret_is_not_sent_and_not_shown(
    party: Counterparty, tmp_path: Path, live_engine: LiveEngine, caplog: pytest.LogCaptureFixture
) -> None:
    provider = at(party.url, tmp_path, "too short a secret")
    assert isinstance(provider.send(PAYOUT), NotSent)
    assert "too short" not in caplog.text and "gate" in caplog.text
    assert party.asked == {}


def test_a_new_secret_signs_while_the_old_one_is_believed(
    party: Counterparty, tmp_path: Path, live_engine: LiveEngine
) -> None:
    provider = at(party.url, tmp_path, f"{SECRET}\n{'x' * 32}")
    assert provider.send(PAYOUT) == Accepted("ref-1764567890123456")
    assert provider.secrets().is_right(bad.sign(b"content", "x" * 32), b"content")
    assert not provider.secrets().is_right(bad.sign(b"content", "y" * 32), b"content")


def test_a_byte_now_and_then_does_not_outlast_the_deadline(
    settings: Any, live_engine: LiveEngine, tmp_path: Path
) -> None:
    custody_settings(settings, TIMEOUT_S=0.5)
    ends = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            for byte in b"HTTP/1.1 200 OK\r\nX-Padding: " + b"a" * 10_000:
                if ends.wait(0.05):
                    return
                try:
                    connection.send(bytes((byte,)))
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        began = time.monotonic()
        said = at(f"http://127.0.0.1:{listening.getsockname()[1]}", tmp_path).send(PAYOUT)
        took_s = time.monotonic() - began
        ends.set()
        thread.join()
    assert isinstance(said, Unknown)
    # Without the deadline the drip goes on for eight minutes.
    assert took_s < 60


def test_proxies_of_the_environment_are_not_asked(
    party: Counterparty, provider: WebhookProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert isinstance(provider.send(PAYOUT), Accepted)


def test_deposits_and_holdings(party: Counterparty, provider: WebhookProvider) -> None:
    assert provider.deposit_address(1001, "BTC") == ("acct-1001-BTC", "")
    assert provider.find_deposit("in-1") == NeverSeen()
    reference = party.send_in("acct-1001-BTC", "BTC", "0.25", tag="t")
    seen = IncomingDeposit(reference, "BTC", 25_000_000, "acct-1001-BTC", is_final=False, tag="t")
    assert provider.find_deposit(reference) == seen
    party.end_deposit(party.coming[reference], "final")
    assert provider.find_deposit(reference) == seen._replace(is_final=True)
    # Of assets that are not listed here nothing is said.
    party.held["DOGE"] = Decimal("9")
    assert provider.holdings() == {"BTC": 25_000_000}
    party.end_deposit(party.coming[reference], "reversed")
    assert provider.find_deposit(reference) == seen._replace(is_reversed=True)


@pytest.mark.parametrize("amount", ["-1", "1e3", "0.000000001", "", "NaN", 1, 1.5, None, "9" * 60])
def test_what_is_no_amount_is_unknown(amount: Any, party: Counterparty, provider: WebhookProvider) -> None:
    reference = party.send_in("a", "BTC", "1")
    party.coming[reference].body["amount"] = amount
    assert isinstance(provider.find_deposit(reference), Unknown)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/gate",
        "ftp://example.com",
        "https://",
        "https://user:word@example.com/",
        "https://example.com/?a=1",
        "gate",
    ],
)
def test_addresses_that_requests_do_not_go_to(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="gate"):
        at(url, tmp_path)


def test_options_are_these_and_no_others(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured):
        WebhookProvider("gate", {"kind": "webhook", "url": "https://example.com"})
    with pytest.raises(ImproperlyConfigured):
        WebhookProvider(
            "gate",
            {"kind": "webhook", "url": "https://example.com", "secret_file": "x", "secret": "y"},
        )
