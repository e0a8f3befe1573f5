"""The one table of wire codes."""

from __future__ import annotations

import pytest

from exchange.engine.messages import codes
from exchange.errors import ERRORS, FIELD_OF, ApiError, codes_of_status, message_of
from exchange.link import errors as worker_errors


def test_every_code_of_the_engine_is_in_the_table() -> None:
    assert set(codes.ALL) <= set(ERRORS)


def test_fields_are_told_of_codes_that_exist() -> None:
    assert set(FIELD_OF) <= set(ERRORS)


def test_every_code_of_the_worker_is_in_the_table() -> None:
    classes = [item for item in vars(worker_errors).values() if isinstance(item, type)]
    assert {item.code for item in classes if issubclass(item, worker_errors.EngineError)} <= set(ERRORS)


@pytest.mark.parametrize("code", ERRORS)
def test_a_code_says_what_it_means_in_both_languages(code: str) -> None:
    kind = ERRORS[code]
    assert 400 <= kind.status < 600
    assert kind.en.isascii()
    assert kind.en.endswith(".")
    assert any("가" <= character <= "힣" for character in kind.ko)
    assert kind.doc


def test_statuses_of_the_contract() -> None:
    assert {"INSUFFICIENT_BALANCE", "POST_ONLY_WOULD_TAKE", "PRICE_OUT_OF_BAND"} <= set(codes_of_status(422))
    assert {"SYMBOL_HALTED", "ORDER_NOT_OPEN", "DUPLICATE_ID"} <= set(codes_of_status(409))
    assert set(codes_of_status(503)) == {
        *("ENGINE_UNAVAILABLE", "ENGINE_BUSY", "DATABASE_UNAVAILABLE", "PROVIDER_UNAVAILABLE", "LOGIN_BUSY"),
        *("DATABASE_BUSY", "RATE_LIMIT_UNAVAILABLE", "VENUE_CANCEL_ONLY"),
    }
    assert codes_of_status(504) == ["OUTCOME_UNKNOWN"]


def test_a_code_outside_the_table_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        ApiError("SOMETHING_ELSE")


def test_the_language_decides_the_message() -> None:
    assert message_of("SYMBOL_NOT_FOUND", "ko-KR") == "존재하지 않는 종목입니다."
    assert message_of("SYMBOL_NOT_FOUND", "fr") == "There is no such symbol."
