"""The fast lane of public reads answers as the views do, to the last byte, or steps aside."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from hypothesis import HealthCheck, event, given
from hypothesis import settings as within
from hypothesis import strategies as st

from exchange import process
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from marketdata.feed import rings
from marketdata.intervals import MINUTE, MS, SECOND
from tests.conftest import LiveEngine, Person
from tests.marketdata.venue import START, Venue
from tests.web.rest.asgi import Aside, Asked, Told, ask, step_aside
from web.access.limiter import limiter
from web.access.rate_fields import LINES
from web.lanes import ReadLane
from web.lanes import read_lane as lane_module
from web.lanes.compression import Compression
from web.live import runtime
from web.live.hub import Hub
from web.live.socket_limits import limits_from_settings
from web.rest import public_reads as public_reads
from web.rest.throttling import CHARGED

READS = public_reads.READS
NOW_MS = 1_795_305_678_901
T = TypeVar("T")

# --- what is asked -------------------------------------------------------------------------------------

symbol_names = st.sampled_from(
    ["BTC-KRW", "ETH-KRW", "AAPL", "NONE", "btc-krw", "", "A" * 90, "BTC-KRW\n", "한\u2028"]
)
intervals = st.sampled_from(["1m", "5m", "1h", "1d", "1w", "2m", "1M", ""])
paths = st.one_of(
    st.builds(
        "/api/v1/{}/{}".format, st.sampled_from(["orderbook", "executions", "statistics"]), symbol_names
    ),
    st.builds("/api/v1/klines/{}/{}".format, symbol_names, intervals),
    st.just("/api/v1/statistics"),
    st.sampled_from(
        ["/api/v1/", "/api/v1/orderbook", "/api/v1/statistics/", "/api/v1/symbols", "/", "/v1/fills"]
    ),
    st.text(max_size=20).map(lambda text: f"/api/v1/executions/{text}"),
)
times = st.integers(START // MS - 10_000_000, START // MS + 10_000_000)
values = st.one_of(
    st.sampled_from(
        ["1", "0", "", "3", "20", "100", "1000", "1001", "-1", "1e3", "9" * 19, "08", "NaN", "%31", "+1"]
    ),
    times.map(str),
    st.text(max_size=4),
)
names = st.sampled_from(["limit", "before", "depth", "start", "end"])
odd_names = st.sampled_from(["", "format", "symbol", "Limit", "%6cimit", "limit "])
pairs = st.tuples(st.one_of(names, names, names, odd_names), values).map("=".join)
queries = st.one_of(
    st.just(b""),
    st.lists(pairs, max_size=3).map(lambda found: "&".join(found).encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"limit", b"&&", b"limit=1;before=2", b"=", b"limit=1&&", b"\xff=1", b"a=1&" * 30, b"?limit=1"]
    ),
)


def header(name: str, *choices: str) -> st.SearchStrategy[list[tuple[bytes, bytes]]]:
    """Absent as often as not; sometimes twice."""
    line = st.sampled_from(choices).map(lambda value: (name.encode(), value.encode("latin-1")))
    return st.one_of(st.just([]), st.just([]), st.lists(line, min_size=1, max_size=2))


headers = st.tuples(
    header("accept", "*/*", "application/json", "text/html", "application/*", "image/png", "", "*/*;q=0.1"),
    header("accept-encoding", "gzip", "gzip, deflate, br, zstd", "identity", "gzip;q=0, *", "*"),
    header("accept-language", "ko", "ko-KR,ko;q=0.9,en;q=0.8", "en", "fr", "xx;;", "k" * 300, "*", "\xff"),
    header("host", "testserver", "testserver:8000", "TESTSERVER", "evil.example", "", "127.0.0.1:99999x"),
    header("authorization", "Bearer nonsense", "Basic YTpi"),
    header("content-type", "application/json", "text/plain; charset=utf-16"),
    header("content-length", "0", "3"),
    header("cookie", "sessionid=1", "django_language=ko"),
    header("x-forwarded-for", "10.0.0.1", "a, b"),
    header("if-none-match", "*"),
).map(lambda found: tuple(line for lines in found for line in lines))
methods = st.sampled_from(["GET"] * 12 + ["HEAD", "OPTIONS", "POST", "DELETE", "get"])
anything = st.builds(Asked, paths, queries, headers, methods)
#: For the lane, mostly: what is in the address and the query is what differs.
numbers = st.sampled_from(["1", "2", "5", "9", "12", "0", "08", "1001", ""]) | times.map(str)
known_queries = st.lists(st.tuples(names, numbers).map("=".join), max_size=3).map("&".join).map(str.encode)
known = st.sampled_from(["BTC-KRW", "ETH-KRW", "AAPL"])
known_paths = st.one_of(
    st.just("/api/v1/statistics"),
    known.map("/api/v1/statistics/{}".format),
    known.map("/api/v1/executions/{}".format),
    st.builds("/api/v1/klines/{}/{}".format, known, intervals),
)
plain_headers = st.tuples(
    header("accept-language", "ko", "en"), header("accept-encoding", "gzip, deflate", "br", "gzip;q=0")
).map(lambda found: tuple(line for lines in found for line in lines))
plain = st.builds(Asked, known_paths, known_queries, plain_headers, st.just("GET"))

within_a_test = within(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# --- the two ways ----------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The clock that replies tell stands still, and no test is limited that does not say so."""
    monkeypatch.setattr(public_reads, "now_ms", lambda: NOW_MS)
    settings.XTRADER = {
        **settings.XTRADER,
        "RATE_LIMITS": dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0"),
    }


def limited_to(settings: Any, rate: str) -> None:
    rates = {**settings.XTRADER["RATE_LIMITS"], "public": rate}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": rates}
    limiter.reset()


async def by_view(asked: Asked) -> Told:
    from xtrader.asgi import django_application

    return await ask(Compression(django_application), asked)


async def by_lane(asked: Asked, lane: ReadLane | None = None) -> Told | None:
    """None when the lane steps aside."""
    try:
        return await ask(lane or ReadLane(step_aside, READS), asked)
    except Aside:
        return None


def assert_same(asked: Asked) -> None:
    """What the lane answers is what the view answers, the first time and from what is kept."""

    async def both() -> Told | None:
        lane = ReadLane(step_aside, READS)
        first = await by_lane(asked, lane)
        if first is not None:
            assert first == await by_view(asked)
            assert first == await by_lane(asked, lane)
        return first

    told = async_to_sync(both)()
    event("aside" if told is None else f"answered with {told.status}")


# --- trades, statistics, candles ---------------------------------------------------------------------------


@pytest.fixture
def busy(tmp_path: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Venue]:
    """Some hours of trading, of which memory holds the end."""
    monkeypatch.setattr(rings, "CAPACITY", 12)
    venue = Venue(tmp_path)
    venue.trade(60, step_ns=97 * SECOND)
    venue.pass_time(7 * MINUTE)
    with venue.live() as copy:
        copy._heard_s = float("inf")
        yield venue
    venue.close()


@within_a_test
@given(plain)
def test_plain_requests(busy: Venue, asked: Asked) -> None:
    assert_same(asked)


@within_a_test
@given(anything)
def test_any_request(busy: Venue, asked: Asked) -> None:
    assert_same(asked)


IN_LANE = [
    ("executions/BTC-KRW", b"limit=5", 200),
    ("executions/BTC-KRW", b"limit=12", 200),
    ("statistics", b"", 200),
    ("statistics/AAPL", b"", 200),
    ("klines/BTC-KRW/1w", b"", 200),
    ("klines/BTC-KRW/1m", b"limit=5", 200),
    ("klines/BTC-KRW/1m", b"limit=0", 400),
    ("klines/BTC-KRW/1m", b"start=5&end=4", 400),
    ("klines/BTC-KRW/2m", b"", 404),
    ("statistics", b"limit=1", 400),
]
BEYOND_MEMORY = [
    Asked("/api/v1/executions/NONE"),
    Asked("/api/v1/executions/BTC-KRW", b"limit=13"),
    Asked("/api/v1/klines/BTC-KRW/1m", b"limit=500"),
    Asked("/api/v1/klines/BTC-KRW/1m", b"start=0"),
]
NOT_PLAIN = [
    Asked("/api/v1/statistics", b"format=json"),
    Asked("/api/v1/executions/BTC-KRW", b"%6cimit=1"),
    Asked("/api/v1/statistics", method="HEAD"),
    Asked("/api/v1/statistics", method="OPTIONS"),
    Asked("/api/v1/statistics", headers=[(b"accept", b"text/html")]),
    Asked("/api/v1/statistics", headers=[(b"cookie", b"sessionid=1")]),
    Asked("/api/v1/statistics", headers=[(b"content-length", b"3")]),
    Asked("/api/v1/statistics", headers=[(b"host", b"evil.example")]),
    Asked("/api/v1/statistics", headers=[(b"accept", b"*/*"), (b"accept", b"text/html")]),
    Asked("/api/v1/statistics/"),
    Asked("/api/v1/symbols"),
]


@pytest.mark.parametrize("address, query, status", IN_LANE)
def test_memory_answers(busy: Venue, address: str, query: bytes, status: int) -> None:
    told = async_to_sync(by_lane)(Asked(f"/api/v1/{address}", query))
    assert told is not None
    assert told.status == status


@pytest.mark.parametrize("asked", BEYOND_MEMORY)
def test_what_memory_does_not_hold_is_left_to_the_view_and_counts_once(
    busy: Venue, settings: Any, asked: Asked
) -> None:
    limited_to(settings, "1/h")

    async def handed_over() -> Any:
        with pytest.raises(Aside) as aside:
            await ask(ReadLane(step_aside, READS), asked)
        # The standing goes along, for the fields of the answer.
        return {name: value for name, value in aside.value.scope.items() if name != LINES}

    assert async_to_sync(handed_over)() == {**asked.scope(), CHARGED: True}
    limited_to(settings, "1/h")
    assert [answer.status for answer in through_both(asked, asked)] != [429, 429]
    assert through_both(asked)[0].status == 429


def through_both(*asked: Asked) -> list[Told]:
    """By the lane with the site behind it."""
    from xtrader.asgi import django_application

    async def one_after_the_other() -> list[Told]:
        lane = ReadLane(django_application, READS)
        return [await ask(lane, one) for one in asked]

    return async_to_sync(one_after_the_other)()


@pytest.mark.parametrize("asked", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_django_untouched(busy: Venue, settings: Any, asked: Asked) -> None:
    limited_to(settings, "1/h")

    async def handed_over() -> Any:
        with pytest.raises(Aside) as aside:
            await ask(ReadLane(step_aside, READS), asked)
        # The standing goes along, for the fields of the answer.
        return {name: value for name, value in aside.value.scope.items() if name != LINES}

    assert async_to_sync(handed_over)() == asked.scope()
    assert limiter.charge("public", "127.0.0.1") is None, "nothing was charged"


def test_lane_and_view_count_together(busy: Venue, settings: Any) -> None:
    limited_to(settings, "3/h")
    in_lane, by_django = Asked("/api/v1/statistics"), Asked("/api/v1/statistics", b"format=json")
    answers = through_both(in_lane, by_django, in_lane, in_lane, by_django)
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    lane, view = answers[-2:]
    assert lane == view
    assert lane.header(b"retry-after") is not None


# --- what is kept ----------------------------------------------------------------------------------------


def test_an_answer_is_made_once_until_memory_changes(busy: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    encoded = lane_module.encoded
    monkeypatch.setattr(lane_module, "encoded", lambda reply: made.append(reply) or encoded(reply))
    asked = Asked("/api/v1/executions/BTC-KRW", b"limit=2")

    async def twice(lane: ReadLane) -> list[bytes]:
        return [(await ask(lane, asked)).body for _ in range(2)]

    lane = ReadLane(step_aside, READS)
    before = async_to_sync(twice)(lane)
    assert len(made) == 1
    busy.trade(30, step_ns=SECOND, seed=2)
    with busy.live():
        after = async_to_sync(twice)(lane)
    assert len(made) == 2
    assert len({*before, *after}) == 2


def test_what_is_kept_is_bounded(busy: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "MAX_KEPT_BYTES", 10_000)
    bodies = lane_module.Bodies()
    for number in range(100):
        read = public_reads.OrderBookRead("X", 1)
        bodies.put(lane_module.Kept(("/", b"%d" % number), read, 1, b"x" * 500))
        assert len(bodies) * 1_500 <= 10_000
    newest = ("/", b"99")
    assert bodies.get(newest) is not None
    bodies.put(lane_module.Kept(newest, public_reads.OrderBookRead("X", 1), 2, b"x" * 20_000))
    assert len(bodies) == 1, "one answer is kept however long it is"


# --- order books -------------------------------------------------------------------------------------------


@asynccontextmanager
async def hub_of_this_loop() -> AsyncIterator[Hub]:
    """As in a web process that hears the engine."""
    client = await engine_link.start()
    found = limits_from_settings()
    hub = Hub(client, [], found)
    hub.start()
    await hub.wait_state()
    process.current().put(runtime.Runtime(hub, found))
    try:
        yield hub
    finally:
        await runtime.stop()


def hearing(work: Callable[[Hub], Awaitable[T]]) -> T:
    """Run it in a process that hears the engine."""

    async def run() -> T:
        async with hub_of_this_loop() as hub:
            return await work(hub)

    return async_to_sync(run)()


@pytest.fixture
def book(alice: Person, bob: Person) -> Person:
    """Fifteen bids, a dozen asks; alice, who placed them."""
    for number in range(15):
        alice.place(price=str(100_000_000 - 1_000 * number), quantity="0.0123")
    for number in range(12):
        alice.place(side="sell", price=str(101_000_000 + 1_000 * number), quantity="0.02")
    return alice


book_queries = st.one_of(st.just(b""), st.integers(1, 30).map(lambda depth: b"depth=%d" % depth), queries)
book_paths = symbol_names.map("/api/v1/orderbook/{}".format)


@within(parent=within_a_test, max_examples=60)
@given(st.lists(st.builds(Asked, book_paths, book_queries, headers, methods), min_size=1, max_size=5))
def test_books(book: Person, requests: list[Asked]) -> None:
    async def all_of_them(hub: Hub) -> None:
        for asked in requests:
            around = [await by_view(asked)]
            told = await by_lane(asked)
            around.append(await by_view(asked))
            # The engine may tick between the two; the lane's is one of its answers.
            assert told is None or told in around

    hearing(all_of_them)


def test_memory_holds_the_book(book: Person) -> None:
    async def asked_for(hub: Hub) -> list[Told | None]:
        addresses = [("BTC-KRW", b""), ("BTC-KRW", b"depth=3"), ("NONE", b""), ("BTC-KRW", b"depth=0")]
        return [await by_lane(Asked(f"/api/v1/orderbook/{name}", query)) for name, query in addresses]

    answers = hearing(asked_for)
    assert [answer and answer.status for answer in answers] == [200, 200, 404, 400]


def test_a_book_shows_an_order_with_its_reply(book: Person) -> None:
    """Feed before replies: who has been answered finds his order in the book of the same process."""
    asked = Asked("/api/v1/orderbook/BTC-KRW", b"depth=1")

    async def place_and_look(hub: Hub) -> list[bytes]:
        lane, bodies = ReadLane(step_aside, READS), []
        for number in range(20):
            await sync_to_async(book.place)(price=str(100_100_000 + 1_000 * number), quantity="0.01")
            bodies.append((await ask(lane, asked)).body)
        return bodies

    prices = [json.loads(body)["bids"][0][0] for body in hearing(place_and_look)]
    assert prices == [str(100_100_000 + 1_000 * number) for number in range(20)]


def test_without_the_engine_books_are_left_to_the_view(book: Person, live_engine: LiveEngine) -> None:
    async def lose_it(hub: Hub) -> Told | None:
        symbols.set_live(False)  # as the hub does when it loses the engine
        return await by_lane(Asked("/api/v1/orderbook/BTC-KRW"))

    assert hearing(lose_it) is None
