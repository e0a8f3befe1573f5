"""The fast lane of own histories answers as the views do, to the last byte, or steps aside."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from exchange.selectors import orders as stored_orders
from exchange.selectors.encoded_rows import EncodedRows
from tests.conftest import LiveEngine, Person
from tests.web.rest.asgi import Aside, Asked, Told, ask, step_aside
from tests.web.rest.test_histories import SYMBOLS, trade
from web.access.limiter import limiter
from web.lanes import HistoryLane, table_reads
from web.lanes.compression import Compression
from web.rest.history_reads import STATUSES

pytestmark = pytest.mark.django_db(transaction=True)

LANGUAGES = (b"en", b"ko")
Run = Callable[[list[Asked]], list[tuple[Told | None, Told]]]


@pytest.fixture
def trader(settings: Any, alice: Person, bob: Person, live_engine: LiveEngine) -> Person:
    """A trader with a history that the database has, and no limits."""
    settings.XTRADER = {
        **settings.XTRADER,
        "RATE_LIMITS": dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0"),
    }
    trade((alice, bob), list(SYMBOLS[:2]), random.Random(7))
    alice.place(order_type="stop", side="sell", price=None, trigger_price="1000000", quantity="0.01")
    live_engine.project()
    return alice


@pytest.fixture
def both(trader: Person) -> Iterator[Run]:
    """Each request by the lane (None: it steps aside), and by Django."""
    token = token_of(trader)

    async def answer(requests: list[Asked]) -> list[tuple[Told | None, Told]]:
        from xtrader.asgi import django_application

        client = await engine_link.start()
        await client.wait_connected()
        symbols.load((await engine_link.aquery("assets")).value, (await engine_link.aquery("symbols")).value)
        symbols.set_live(True)
        lane = HistoryLane(step_aside)
        try:
            return [
                (await by_lane(lane, asked), await ask(Compression(django_application), asked))
                for asked in (with_token(one, token) for one in requests)
            ]
        finally:
            lane.close()
            symbols.set_live(False)
            await engine_link.stop()

    yield async_to_sync(answer)
    symbols.set_live(False)


async def by_lane(lane: HistoryLane, asked: Asked) -> Told | None:
    try:
        return await ask(Compression(lane), asked)
    except Aside:
        return None


def with_token(asked: Asked, token: str) -> Asked:
    names = {name for name, _ in asked.headers}
    own = (
        () if names & {b"authorization", b"x-api-key"} else ((b"authorization", f"Bearer {token}".encode()),)
    )
    return asked._replace(headers=(*asked.headers, *own))


def token_of(person: Person) -> str:
    """The person's token, verified moments ago."""
    assert person.get("/v1/fees").status_code == 200
    return str(person.api._credentials["HTTP_AUTHORIZATION"].split()[1])


def walks(person: Person) -> Iterator[Asked]:
    """Every filter there is, with small and large pages, and the pages that follow."""
    ids = [row["order_id"] for row in person.get("/v1/orders", limit=3).json()["orders"]]
    some = person.get("/v1/orders", limit=10).json()["orders"][-1]
    filters = {
        "/v1/orders": [
            *("", "symbol=BTC-KRW", "side=buy", "side=sell", "type=stop", "type=limit", "type=market"),
            *(f"status={status}" for status in STATUSES),
            f"start={some['created_at']}",
            f"end={some['created_at']}&status=closed&side=buy",
            f"cursor={some['order_id']}",
        ],
        "/v1/fills": [
            *("", "symbol=ETH-KRW", "side=buy", "liquidity=maker", "liquidity=taker", "liquidity=auction"),
            *(f"order_id={one}" for one in ids),
        ],
        "/v1/ledger": [
            "",
            "asset=KRW",
            "asset=BTC&type=trade",
            "type=deposit",
            "symbol=BTC-KRW",
            "cursor=-9",
        ],
    }
    for path, queries in filters.items():
        for query in queries:
            for limit in ("", "limit=1", "limit=7", "limit=500"):
                joined = "&".join(part for part in (query, limit) if part)
                yield Asked(path, joined.encode())
    for one in (*ids, "1", "0", "x", "9" * 30):
        yield Asked(f"/v1/order/{one}")


def test_every_history_by_every_filter(both: Run, trader: Person) -> None:
    requests = [
        asked._replace(headers=((b"accept-language", LANGUAGES[number % 2]), *GZIP[: number % 3 == 0]))
        for number, asked in enumerate(walks(trader))
    ]
    answers = both(requests)
    for asked, (lane, view) in zip(requests, answers, strict=True):
        assert lane == view, asked
    assert len({lane.body for lane, _ in answers if lane is not None}) > 40
    assert {lane.status for lane, _ in answers if lane is not None} == {200, 404}


GZIP = ((b"accept-encoding", b"gzip"),)

BAD = (
    *(
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=x",
        "cursor=1&cursor=2",
        "start=5&end=4",
        "side=both",
        "what=1",
    ),
    *(
        "symbol=NONE",
        "asset=NONE",
        "status=rejected",
        "type=nothing",
        "liquidity=none",
        "order_id=x",
        "limit",
    ),
)


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/fills", "/v1/ledger", "/v1/order/1"])
def test_what_is_refused(both: Run, path: str) -> None:
    requests = [Asked(path, query.encode(), ((b"accept-language", b"ko"),)) for query in BAD]
    refused = 0
    for asked, (lane, view) in zip(requests, both(requests), strict=True):
        assert lane == view, asked
        refused += view.status >= 400
    assert refused >= 10


ASIDE = [
    Asked("/v1/orders", method="POST"),
    Asked("/v1/orders", method="HEAD"),
    Asked("/v1/orders/totals"),
    Asked("/v1/order/cancel"),
    Asked("/v1/order/"),
    Asked("/v1/order/1/2"),
    Asked("/v1/balances"),
    Asked("/v1/fills", b"format=json"),
    Asked("/v1/fills", b"symbol=%42TC-KRW"),
    Asked("/v1/fills", headers=((b"cookie", b"sessionid=1"),)),
    Asked("/v1/fills", headers=((b"accept", b"text/html"),)),
    Asked("/v1/fills", headers=((b"authorization", b"Bearer nobody"),)),
    Asked("/v1/fills", headers=((b"authorization", b"Basic YTpi"),)),
    Asked("/v1/fills", headers=((b"content-length", b"3"),)),
    Asked("/v1/fills", headers=((b"host", b"evil.example"),)),
]


def test_what_is_not_plain_is_left_to_django(both: Run) -> None:
    plain = [asked for asked in ASIDE if asked.method == "GET" and asked.path == "/v1/fills"]
    for asked, (lane, _) in zip(plain, both(plain), strict=True):
        assert lane is None, asked


def test_other_addresses_are_left_to_django(both: Run) -> None:
    others = [asked for asked in ASIDE if asked.path != "/v1/fills"]
    for asked, (lane, _) in zip(others, both(others), strict=True):
        assert lane is None, asked


def test_reads_are_charged_once_each_in_either_way(both: Run, settings: Any) -> None:
    rates = {**settings.XTRADER["RATE_LIMITS"], "reads": "4/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": rates}
    limiter.reset()
    statuses = [told.status for pair in both([Asked("/v1/fills")] * 3) for told in pair if told is not None]
    assert statuses == [200] * 4 + [429] * 2


def test_what_was_just_placed_is_found_while_the_database_is_behind(
    both: Run, trader: Person, live_engine: LiveEngine
) -> None:
    placed = [trader.place(price="95000000").json()["order"]["order_id"] for _ in range(3)]
    trader.post("/v1/order/cancel", {"order_id": placed[0]})
    queries = (b"", b"status=open", b"status=closed", b"status=canceled", b"side=buy&status=open", b"limit=2")
    for (lane, view), query in zip(
        both([Asked("/v1/orders", query) for query in queries]), queries, strict=True
    ):
        assert lane == view, query
        assert lane is not None
        found = [row["order_id"] for row in json.loads(lane.body)["orders"]]
        wanted = {
            b"": placed[::-1],
            b"status=open": placed[:0:-1],
            b"status=closed": placed[:1],
            b"status=canceled": placed[:1],
            b"side=buy&status=open": placed[:0:-1],
            b"limit=2": placed[:0:-1],
        }[query]
        assert found[: len(wanted)] == wanted, query
    live_engine.project()


def test_behind_the_database_many_orders_that_just_finished_hide_none(
    both: Run, trader: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders that the database has as open, and the engine as finished, leave the page of open ones whole."""
    monkeypatch.setattr(stored_orders, "FEW_ORDERS", 2)
    placed = [trader.place(price="95000000").json()["order"]["order_id"] for _ in range(8)]
    live_engine.project()
    for order_id in placed[2:]:
        trader.post("/v1/order/cancel", {"order_id": order_id})
    [(lane, view)] = both([Asked("/v1/orders", b"status=open&side=buy&limit=2")])
    assert lane == view
    assert lane is not None
    assert [row["order_id"] for row in json.loads(lane.body)["orders"]] == placed[1::-1]


def test_the_database_is_away(both: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(table_reads, "projected_sequence", away)
    [(lane, _), (again, _)] = both([Asked("/v1/fills"), Asked("/v1/orders")])
    for told in (lane, again):
        assert told is not None
        assert (told.status, json.loads(told.body)["error"]) == (503, "DATABASE_UNAVAILABLE")
        assert told.header(b"retry-after") is not None


def test_a_cut_connection_is_made_anew(both: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first statement after the cut fails; the reader sees nothing of it."""
    real, calls = table_reads.projected_sequence, []

    def cut_once() -> int:
        calls.append(1)
        if len(calls) == 2:
            raise OperationalError("cut")
        return real()

    monkeypatch.setattr(table_reads, "_THREADS", 1)
    monkeypatch.setattr(table_reads, "projected_sequence", cut_once)
    answers = both([Asked("/v1/fills"), Asked("/v1/fills")])
    assert [lane.status for lane, _ in answers if lane is not None] == [200, 200]
    assert len(calls) == 3


def test_rows_that_are_kept_are_bounded_and_stay_right() -> None:
    rows, source = EncodedRows(60_000), random.Random(3)
    reads = 0

    def read(missing: list[int]) -> Iterator[tuple[int, bytes]]:
        nonlocal reads
        reads += len(missing)
        yield from ((name, b"%d" % name * 20) for name in reversed(missing))

    for _ in range(500):
        names = sorted(source.sample(range(400), 30))
        assert rows.of(names, read) == [b"%d" % name * 20 for name in names]
        assert len(rows) * 320 < 60_000 * 1.5
    assert 400 < reads < 500 * 30
