"""MinorUnitsField loses nothing: 38 digits go in and the same 38 digits come out.

On SQLite here; ``test_on_postgresql`` runs the same file on a PostgreSQL server."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db.utils import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.models import Balance, MinorUnitsField

WIDEST = 10**38 - 1
AMOUNTS = st.integers(-WIDEST, WIDEST) | st.sampled_from(
    [0, 2**63 - 1, 2**63, -(2**63) - 1, 2**53 + 1, WIDEST]
)


@pytest.fixture
def balances(db: None) -> Any:
    return Balance.objects.all()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(available=AMOUNTS, held=AMOUNTS)
def test_what_is_written_is_read(balances: Any, available: int, held: int) -> None:
    balances.all().delete()
    balances.create(account=1000, asset="KRW", available_minor=available, held_minor=held, sequence=1)
    row = balances.get(available_minor=available, held_minor__in=[held])
    assert (row.available_minor, row.held_minor) == (available, held)
    assert type(row.available_minor) is int
    balances.filter(pk=row.pk).update(available_minor=held)
    assert balances.values_list("available_minor", flat=True).get() == held


@pytest.mark.parametrize("value", [1.0, 1.5, True, float("nan"), b"1", [1]])
def test_only_whole_numbers_are_amounts(balances: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        balances.create(account=1000, asset="KRW", available_minor=value, held_minor=0, sequence=1)


@pytest.mark.parametrize("value", [10**38, -(10**38), "1.5", Decimal("0.1"), ""])
def test_out_of_range_is_refused_not_rounded(balances: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        balances.create(account=1000, asset="KRW", available_minor=value, held_minor=0, sequence=1)


@pytest.mark.parametrize("lookup", ["gt", "lte", "contains", "range"])
def test_lookups_that_text_would_answer_wrongly_are_not_offered(lookup: str) -> None:
    with pytest.raises(FieldError):
        Balance.objects.filter(**{f"available_minor__{lookup}": 5})


def test_an_amount_is_not_null(balances: Any) -> None:
    with pytest.raises(DatabaseError):
        balances.create(account=1000, asset="KRW", available_minor=None, held_minor=0, sequence=1)


def test_form_values_become_ints_or_errors() -> None:
    field = MinorUnitsField()
    assert field.to_python("12345678901234567890123") == 12345678901234567890123
    with pytest.raises(ValidationError):
        field.to_python("12.5")
