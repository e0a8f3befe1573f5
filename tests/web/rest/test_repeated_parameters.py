"""A query parameter that is repeated is refused by name, on every address that reads."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.http import QueryDict
from rest_framework.test import APIClient

from exchange.errors import RequestError
from tests.conftest import Person
from tests.web.rest.asgi import Asked, ask, step_aside
from tests.web.rest.test_failures import shape
from tests.web.rest.test_outages import every_get
from web.lanes import ReadLane
from web.rest.params import once_each
from web.rest.public_reads import READS


@pytest.mark.attack("W2")
@pytest.mark.parametrize("query", ["symbol=BTC-KRW&symbol=ETH-KRW", "limit=10&limit=10", "depth=&depth="])
@pytest.mark.django_db
def test_on_every_address(alice: Person, anyone: APIClient, query: str) -> None:
    for path in every_get(anyone):
        answer = alice.api.get(f"{path}?{query}")
        assert shape(answer) == (400, "INVALID_FIELD"), path
        assert answer.json()["details"] == {"field": query.partition("=")[0], "expected": "once"}


@pytest.mark.attack("W2")
def test_in_the_fast_lane() -> None:
    for name, parts in READS:
        path = "/".join(["/api/v1", name, *["BTC-KRW", "1m"][:parts]])
        answer = async_to_sync(ask)(ReadLane(step_aside, READS), Asked(path, b"depth=2&limit=5&depth=1"))
        assert answer.status == 400 and b'{"field":"depth","expected":"once"}' in answer.body, path


def test_each_once() -> None:
    assert once_each(QueryDict("limit=10&depth=&a[]=1")) == {"limit": "10", "depth": "", "a[]": "1"}
    with pytest.raises(RequestError) as refused:
        once_each(QueryDict("a=1&" + "b" * 1_000 + "=1&" + "b" * 1_000 + "=2"))
    assert len(refused.value.details["field"]) < 100
