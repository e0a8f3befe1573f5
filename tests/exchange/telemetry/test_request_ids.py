"""Which ids of a client are believed."""

from __future__ import annotations

import pytest

from exchange.telemetry.request_ids import request_id_of


@pytest.mark.parametrize("given", ["a", "0" * 64, "A.b_c:d-9".replace("_", "")])
def test_an_id_that_looks_like_one_is_taken(given: str) -> None:
    assert request_id_of(given) == given


@pytest.mark.parametrize("given", [None, "", "0" * 65, "a b", "a\n", "a\x00", "ａ", '"', "é"])
def test_anything_else_gets_a_new_one(given: str | None) -> None:
    first, second = request_id_of(given), request_id_of(given)
    assert len(first) == 32 and int(first, 16) and first != second and first != given
