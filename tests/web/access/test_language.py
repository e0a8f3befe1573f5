"""Whichever way a request comes in, its error is in the same language."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given
from hypothesis import settings as within
from hypothesis import strategies as st

from exchange.errors import message_of
from tests.web.rest.asgi import Aside, Asked, ask, step_aside
from web.access import language
from web.access.headers import joined
from web.lanes import ReadLane
from web.lanes.body_limit import BodyLimit
from web.live.socket_limits import Limits
from web.rest.public_reads import READS
from web.stream import consumer
from web.stream.consumer import ExchangeConsumer

Lines = list[tuple[bytes, bytes]]

TAGS = [
    "ko",
    "en",
    "ko-KR",
    "en-US",
    "KO",
    "ko_KR",
    "kok",
    "eng",
    "fr",
    "zh-Hant-TW",
    "*",
    "",
    "x" * 20,
    "-ko",
]
QUALITIES = ["", ";q=1", ";q=0.9", ";q=0.5", ";q=0", ";q=2", ";q=", "; q=0.8", ";level=1"]
COOKIES = ["ko", "en", "kok", "ko-kr", "fr", "", "x" * 600]

accepted = st.lists(
    st.builds(str.__add__, st.sampled_from(TAGS), st.sampled_from(QUALITIES)), min_size=1, max_size=5
).map(lambda parts: ",".join(parts).encode())
long_list = st.integers(1, 80).map(lambda count: ",".join(["fr-FR;q=0.9"] * count + ["ko;q=0.8"]).encode())
garbage = st.binary(max_size=40).filter(lambda text: not set(text) & set(b"\r\n\0"))
cookie = st.sampled_from(COOKIES).map("a=1; django_language={}; b=2".format).map(str.encode)
header = st.tuples(st.just(b"accept-language"), st.one_of(accepted, long_list, garbage))
lines = st.lists(st.one_of(header, header, st.tuples(st.just(b"cookie"), cookie)), max_size=3)


def language_told(body: bytes) -> str:
    """The language an error is written in."""
    error = json.loads(body)
    told = {message_of(error["error"], name): name for name in ("en", "ko")}
    return told[error["message"]]


async def by_view(sent: Lines) -> str:
    from xtrader.asgi import django_application

    return language_told((await ask(django_application, Asked("/v1/nowhere", headers=sent))).body)


async def by_lane(sent: Lines) -> str | None:
    """None where the lane steps aside."""
    lane = ReadLane(step_aside, READS)
    try:
        return language_told((await ask(lane, Asked("/api/v1/statistics", b"limit=1", sent))).body)
    except Aside:
        return None


async def by_body_limit(sent: Lines) -> str:
    asked = Asked("/v1/order", headers=[*sent, (b"content-length", b"99999999")], method="POST")
    return language_told((await ask(BodyLimit(step_aside), asked)).body)


async def by_socket(sent: Lines) -> str:
    """A handshake from a page of another site."""
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        messages.append(message)

    asked = Asked("/ws", headers=[*sent, (b"origin", b"https://evil.example")])
    scope = {**asked.scope(), "type": "websocket", "extensions": {"websocket.http.response": {}}}
    await ExchangeConsumer()(scope, receive, send)
    return language_told(messages[-1]["body"])


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """No engine, and no test is limited."""

    async def start() -> Any:
        return SimpleNamespace(limits=Limits())

    monkeypatch.setattr(consumer.runtime, "start", start)
    rates = dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0")
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": rates}


@within(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines)
@example([])
@example([(b"accept-language", b"*, ko;q=0.5")])
@example([(b"accept-language", b"kok")])
@example([(b"accept-language", b"fr"), (b"accept-language", b"ko")])
@example([(b"accept-language", b"ko"), (b"accept-language", b"fr")])
@example([(b"accept-language", b"en"), (b"cookie", b"django_language=ko")])
def test_every_way_in_chooses_the_same_language(sent: Lines) -> None:
    async def all_ways() -> list[str | None]:
        ways = (by_view, by_lane, by_body_limit, by_socket)
        return [await way(sent) for way in ways]

    view, lane, body_limit, socket = asyncio.run(all_ways())
    assert (body_limit, socket, language.language_of(joined(sent))) == (view, view, view)
    assert lane in (view, None)
    event(f"{view}, {'aside' if lane is None else 'in the lane'}")


def test_both_languages_are_met() -> None:
    assert asyncio.run(by_socket([(b"accept-language", b"ko-KR,en;q=0.5")])) == "ko"
    assert asyncio.run(by_socket([(b"accept-language", b"fr,en;q=0.5,ko;q=0.1")])) == "en"
