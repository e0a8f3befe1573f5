"""The Python client against a live exchange: the example of its README, and the type of every reply."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import xtrader_client
from tests.web.stream.venue import PASSWORD, Venue, run
from xtrader_client import Client, Conflict, NewOrder, NotFound, Order, OrderResult

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "clients" / "python" / "README.md"
#: The documents buy a little below the demo market's price, within its band; the tests trade elsewhere.
DEMO_PRICE, PRICE = "130000000", "95000000"


def test_the_example_of_the_readme_runs(venue: Venue, capsys: pytest.CaptureFixture[str]) -> None:
    [source, *_] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    source = source.replace("http://localhost:8000", venue.url).replace('"secret"', repr(PASSWORD))
    source = source.replace(DEMO_PRICE, PRICE)
    assert source.count("asyncio.run(main())") == 1
    example: dict[str, Any] = {}
    exec(source.replace("asyncio.run(main())", ""), example)

    async def scenario() -> str:
        printed = ""
        async with venue.client("bob") as bob, venue.client("carol") as carol:
            running = asyncio.create_task(example["main"]())
            while "trade:" not in printed:
                await bob.place_order("BTC-KRW", "sell", price="95000000", quantity="0.001")
                await carol.place_order("BTC-KRW", "buy", price="95000000", quantity="0.001")
                await asyncio.sleep(0.05)
                assert not running.done(), await running
                printed += capsys.readouterr().out
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return printed

    printed = run(scenario())
    assert re.search(r"^best: (None|Level\()", printed, re.MULTILINE)
    assert re.search(r"^order: (new|filled|partially_filled) ", printed, re.MULTILINE)
    assert re.search(r"^trade: 95000000 ", printed, re.MULTILINE)


def test_the_lines_about_keys_run(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As printed, but for the addresses and what the exchange has given out."""
    monkeypatch.chdir(tmp_path)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    [_, source] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert source.count('key="…"') == 2 and source.count('secret="…"') == 1

    async def scenario() -> None:
        async with venue.client("bob") as bob:
            wish = {"scopes": ["read"], "password": PASSWORD}
            by_secret = await bob.call("POST", "/api/v1/keys", body={**wish, "label": "secret"})
            ed25519 = {"label": "pem", "kind": "ed25519", "public_key": public.decode()}
            by_pem = await bob.call("POST", "/api/v1/keys", body={**wish, **ed25519})
        printed = source.replace("http://localhost:8000", venue.url)
        printed = printed.replace('secret="…"', f"secret={by_secret['secret']!r}")
        for made in (by_secret, by_pem):
            printed = printed.replace('key="…"', f"key={made['key']['key_id']!r}", 1)
        lines = "\n".join(f"    {line}" for line in printed.splitlines())
        example: dict[str, Any] = {"Client": Client}
        exec(f"async def main():\n{lines}", example)
        await example["main"]()

    run(scenario())
    assert capsys.readouterr().out.count("Balance(asset=") > 2


def test_the_ten_lines_of_the_front_page_run(venue: Venue, capsys: pytest.CaptureFixture[str]) -> None:
    [source] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    source = source.replace("http://127.0.0.1:8000", venue.url)
    source = source.replace("the password make run printed", PASSWORD).replace(DEMO_PRICE, PRICE)
    assert source.count(venue.url) == source.count(PASSWORD) == source.count("asyncio.run(main())") == 1
    exec(source, {})
    assert re.match(r"new Level\(price=Decimal\('95000000'\)", capsys.readouterr().out)


def test_every_reply_is_what_its_type_states(venue: Venue) -> None:
    """Of dataclasses every field, at any depth: a string where a Decimal is stated is a defect."""

    async def scenario() -> None:
        async with venue.client("mina") as mina, venue.client("bob") as bob:
            made = await _some_of_everything(mina, bob)
            for value, hint in made:
                assert list(_misfits(value, hint)) == []
            kinds = {type(value).__name__ for value, _ in made}
            assert {"OcoResult", "BracketResult", "CancelReplaceResult", "CanceledOrders"} <= kinds

    run(scenario())


async def _some_of_everything(alice: Client, bob: Client) -> list[tuple[Any, Any]]:
    made: list[tuple[Any, Any]] = []

    async def note(call: Any, *arguments: Any, **options: Any) -> Any:
        value = await call(*arguments, **options)
        hint = typing.get_type_hints(call)["return"]
        made.append((value, hint))
        return value

    trades, fills = await alice.trades("AAPL"), await alice.fills()
    updates, terms = await alice.order_updates(), await alice.symbol_terms("AAPL")
    resting = await note(alice.place_order, "AAPL", "sell", price="150", quantity=10)
    await note(alice.reduce_order, resting.order.order_id, 9)
    await note(alice.replace_order, resting.order.order_id, price="151", quantity=8)
    taken = await note(bob.place_order, "AAPL", "buy", price=Decimal(151), quantity=3)
    assert len(taken.fills) == 1
    await note(alice.place_orders, [NewOrder("AAPL", "sell", "160", 1), NewOrder("NONE", "sell", 1, 1)])
    await note(alice.cancel_order, resting.order.order_id)
    await note(
        alice.place_oco,
        NewOrder("AAPL", "sell", "170", 1),
        NewOrder("AAPL", "sell", quantity=1, trigger_price="140"),
    )
    await note(
        alice.place_bracket, NewOrder("AAPL", "buy", "100", 2), take_profit_price="170", stop_price="90"
    )
    await note(alice.place_oto, NewOrder("AAPL", "buy", "100", 2), NewOrder("AAPL", "sell", "170", 2))
    await note(
        alice.place_otoco,
        NewOrder("AAPL", "buy", "100", 1),
        NewOrder("AAPL", "sell", "170", 1),
        NewOrder("AAPL", "sell", quantity=1, trigger_price="90"),
    )
    await note(alice.place_quotes, [xtrader_client.Quote("AAPL", "101", 1, "180", 1, quote_id="q")])
    await note(alice.protect_quotes, 60_000, 9, asset="USD", max_net="5000")
    await note(alice.protect_quotes, 0)
    await note(alice.cancel_quotes, "AAPL", quote_id="q")
    until = {"time_in_force": "gtd", "expire_at": _tomorrow_ms()}
    old = await note(alice.place_order, "AAPL", "buy", price="100", quantity=4, display_quantity=2, **until)
    await note(alice.cancel_replace, NewOrder("AAPL", "buy", "101", 1), order_id=old.order.order_id)
    await note(alice.cancel_after, 60_000)
    await note(alice.cancel_after, 0)
    canceled = await note(alice.cancel_orders, "AAPL")
    assert len(canceled.orders) > 3

    made.append((await anext(trades), xtrader_client.Trade))
    made.append((await anext(fills), xtrader_client.Fill))
    made.append((await anext(updates), Order))
    made.append((await anext(terms), xtrader_client.SymbolTerms))
    account = await alice.account()
    made += [(balance, xtrader_client.Balance) for balance in account.balances.values()]

    await note(alice.get_order, resting.order.order_id)
    await note(alice.get_orders, "open")
    await note(alice.get_balances)
    await note(alice.get_ledger, "AAPL", 5)
    await note(alice.get_fees)
    await note(alice.get_fee_standing)
    await note(alice.get_accounts)
    await note(alice.get_symbol_terms)
    await note(alice.get_book, "AAPL", 5)
    await note(alice.get_auction, "AAPL")
    clock = await note(alice.get_time)
    assert abs(clock - datetime.now(UTC)) < timedelta(minutes=5)
    return made


def _tomorrow_ms() -> int:
    return int((datetime.now(UTC) + timedelta(days=1)).timestamp() * 1_000)


def _misfits(value: Any, hint: Any, where: str = "") -> Iterator[str]:
    """Where a value is not of its stated type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if not any(not list(_misfits(value, one)) for one in arguments):
            yield f"{where}: {value!r} is no {hint}"
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{where}: {value!r} is no {hint}"
    elif origin in (list, tuple):
        if type(value) is not origin:
            yield f"{where}: {value!r} is no {hint}"
        for number, item in enumerate(value):
            inner = arguments[0] if origin is list or Ellipsis in arguments else arguments[number]
            yield from _misfits(item, inner, f"{where}[{number}]")
    elif not isinstance(value, hint):
        yield f"{where}: {value!r} is no {hint}"
    elif dataclasses.is_dataclass(hint) or hasattr(hint, "_fields"):
        for name, inner in typing.get_type_hints(hint).items():
            yield from _misfits(getattr(value, name), inner, f"{where}.{name}")


def test_the_misfits_would_be_seen() -> None:
    level = xtrader_client.Level(Decimal(1), "2")  # type: ignore[arg-type]
    assert len(list(_misfits([level], list[xtrader_client.Level]))) == 1
    assert len(list(_misfits("bye", xtrader_client.Side))) == 1
    assert list(_misfits(None, Decimal | None)) == []


def test_market_data_is_typed_too(venue: Venue) -> None:
    """What market data serves, beside its worker."""

    async def scenario() -> None:
        process = venue._start("manage.py", "runmarketdata")
        try:
            async with venue.client("alice") as alice, venue.client("bob") as bob:
                await alice.place_order("AAPL", "sell", price="123.45", quantity=3)
                await bob.place_order("AAPL", "buy", price="123.45", quantity=2)
                async with asyncio.timeout(40):
                    while not (stored := await alice.get_fills("AAPL")):
                        await asyncio.sleep(0.2)
                    while (ticker := await alice.get_ticker("AAPL")).last_price != Decimal("123.45"):
                        await asyncio.sleep(0.2)
                    while not (candles := await alice.get_candles("AAPL", "1m")):
                        await asyncio.sleep(0.2)
                    tickers, streamed = await alice.get_tickers(), await alice.tickers("AAPL")
                    values = [
                        (stored, list[xtrader_client.Fill]),
                        (ticker, xtrader_client.Ticker),
                        (candles, list[xtrader_client.Candle]),
                        (tickers, list[xtrader_client.Ticker]),
                        (await alice.get_trades("AAPL"), list[xtrader_client.Trade]),
                        (await anext(streamed), xtrader_client.Ticker),
                        (await anext(await alice.all_tickers()), xtrader_client.Ticker),
                        (await anext(await alice.candles("AAPL", "1m")), xtrader_client.Candle),
                    ]
                assert [list(_misfits(value, hint)) for value, hint in values] == [[]] * len(values)
                assert (candles[-1].close, candles[-1].interval) == (Decimal("123.45"), "1m")
        finally:
            process.terminate()
            process.wait(20)

    run(scenario(), 90)


def test_a_batch_has_results_and_errors(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            good, bad = await alice.place_orders(
                [NewOrder("AAPL", "buy", "90", 1), NewOrder("NONE", "buy", "90", 1)]
            )
            assert isinstance(good, OrderResult)
            assert isinstance(bad, NotFound)

    run(scenario())


def test_an_id_used_twice_is_a_conflict(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            name = venue.next_id()
            await alice.place_order("AAPL", "buy", price="90", quantity=1, client_order_id=name)
            with pytest.raises(Conflict):
                await alice.place_order("AAPL", "buy", price="90", quantity=2, client_order_id=name)

    run(scenario())


@pytest.mark.filterwarnings("error::DeprecationWarning:xtrader_client")
def test_what_the_calls_of_version_1_0_return_is_as_it_was(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            with pytest.warns(DeprecationWarning, match="get_symbol_terms"):
                plain = await alice.get_symbols()
            typed = await alice.get_symbol_terms()
            assert [row["symbol"] for row in plain] == [terms.symbol for terms in typed]
            with pytest.warns(DeprecationWarning, match="get_book"):
                assert (await alice.get_orderbook("AAPL"))["symbol"] == "AAPL"
            with pytest.warns(DeprecationWarning, match="cancel_orders"):
                assert (await alice.cancel_all())["canceled"] == 0

    run(scenario())


def test_a_mirror_begins_whole_whoever_follows_the_topic_already(venue: Venue) -> None:
    """The account after its order updates: it once waited for a snapshot that had passed."""

    async def scenario() -> None:
        async with venue.client("alice") as alice:
            placed = await alice.place_order("AAPL", "buy", price="90", quantity=1)
            updates = await alice.order_updates()
            sending = [alice.place_order("AAPL", "buy", price="91", quantity=1) for _ in range(40)]
            account, *sent = await asyncio.gather(alice.account(), *sending)
            ids = [result.order.order_id for result in sent]
            # The change of each order reaches both: those who were here before miss none while the mirror
            # begins.
            assert [(await anext(updates)).order_id for _ in sent] == sorted(ids, key=int)
            while set(account.open_orders) != {placed.order.order_id, *ids}:
                await account.wait_changed(5)

    run(scenario())


def test_histories_are_added_up_and_saved(venue: Venue, tmp_path: Path) -> None:
    """Totals, portfolio and tax report as the API has them, and the file of a history."""
    file, saved = tmp_path / "fills.csv", list[int]()

    async def scenario() -> None:
        process = venue._start("manage.py", "runmarketdata")
        try:
            async with venue.client("alice") as alice, venue.client("bob") as bob:
                placed = await alice.place_order("AAPL", "sell", price="123.45", quantity=3)
                await bob.place_order("AAPL", "buy", price="123.45", quantity=2)
                async with asyncio.timeout(40):
                    # Until the tables have this trade, and so all before it.
                    while placed.order.order_id not in {
                        fill.order_id for fill in await alice.get_fills("AAPL", side="sell")
                    }:
                        await asyncio.sleep(0.2)
                bought = await alice.get_fills(side="buy", symbol="AAPL")
                assert {fill.side for fill in bought} <= {"buy"}
                totals = await alice.get_totals("fills", symbol="AAPL", side="sell")
                assert totals["totals"][0]["sold_amount"] == "246.9" or totals["count"] > 1
                assert (await alice.get_totals("ledger", asset="KRW"))["count"] >= 0
                assert (await alice.get_portfolio("1d", currency="USD"))["currencies"][0]["currency"] == "USD"
                year = datetime.now(UTC).year
                assert (await alice.get_tax_report(year, currency="USD"))["currency"] == "USD"
                saved.append(await alice.export_csv("fills", file, symbol="AAPL"))
                saved.append((await alice.get_totals("fills", symbol="AAPL"))["count"])
                with pytest.raises(NotFound):
                    await alice.export_csv("fills", tmp_path / "none.csv", symbol="NONE")
        finally:
            process.terminate()
            process.wait(20)

    run(scenario(), 90)
    header, *lines = file.read_text().splitlines()
    assert header.startswith("trade_id,order_id,symbol,side,")
    assert saved == [file.stat().st_size, len(lines)]
    assert [path.name for path in tmp_path.iterdir()] == ["fills.csv"], "nothing is left of the one refused"
