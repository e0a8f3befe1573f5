"""A trader's own histories over keep-alive HTTP from one web process: by the fast lane, and in the same
minute by the DRF views, which a header that no lane takes leads to.

A lane's row is of pages asked for again while their accounts do not trade. The rows "read anew" are of so
many pages that none is kept until it is asked for again: each costs a look into the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

from bench import targets
from bench.driving import Shape, over_websocket
from bench.instance import Instance, running_instance
from bench.load import http_get
from bench.measure import Plan, Result
from bench.reads import read

PATHS = {
    "fills": "/v1/fills?limit=100",
    "closed orders": "/v1/orders?status=closed&limit=100",
    "ledger": "/v1/ledger?limit=100",
    "20 fills": "/v1/fills?limit=20",
}
#: Page lengths of the rows "read anew": with 64 traders several times the bytes that are kept.
LENGTHS = range(37, 101)
SECONDS = 3.0
#: JSON to every view, but none of the values that a lane takes.
ACCEPT, BY_VIEW = b"Accept: application/json\r\n", b"Accept: application/json;q=0.9\r\n"


def run(plan: Plan) -> Iterator[Result]:
    with running_instance() as instance:
        asyncio.run(over_websocket(instance, random.Random(plan.seed), "", Shape(16, 16), plan.seconds(4.0)))
        instance.catch_up()
        for name, path in PATHS.items():
            yield from _pair(instance, name, path, plan.seconds(SECONDS))
        for name, path in PATHS.items():
            if path.endswith("limit=100"):
                yield _anew(instance, name, path, plan.seconds(SECONDS))


def _pair(instance: Instance, name: str, path: str, seconds: float) -> Iterator[Result]:
    lane = [http_get(path, token) for token in instance.tokens]
    view = [request.replace(ACCEPT, BY_VIEW) for request in lane]
    # The first with a token goes through the view, and the first of each row makes it.
    asyncio.run(read(instance, "", lane, 0.5))
    slow = asyncio.run(read(instance, f"{name} by the view", view, seconds))
    fast = asyncio.run(read(instance, name, lane, seconds))
    slow.name, fast.name = f"{targets.HISTORY}, {name} by the view", f"{targets.HISTORY}, {name}"
    yield slow
    yield fast.against(slow)


def _anew(instance: Instance, name: str, path: str, seconds: float) -> Result:
    paths = [path.replace("limit=100", f"limit={length}") for length in LENGTHS]
    requests = [http_get(one, token) for one in paths for token in instance.tokens]
    row = asyncio.run(read(instance, name, requests, seconds))
    row.name = f"{targets.HISTORY}, {name} read anew"
    return row
