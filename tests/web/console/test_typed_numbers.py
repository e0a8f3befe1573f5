"""What operators type is the number they mean, or it is refused on its field."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from exchange.models import ChangeRequest
from tests.conftest import LiveEngine, Person
from tests.web.console.conftest import Staff
from tests.web.console.test_operating import NEW_SYMBOL, RULES
from web.console.forms import TermsForm
from web.console.typed_numbers import MISPLACED_COMMA, WholeNumberField, plain_decimal

#: Text in which a comma may be meant as a decimal point, or is a slip.
MISPLACED = ["1500,25", "1.500,25", "1,5", "0,5", "0,015", "1,50", "1,2345", "1,500,25", ",5", "1,", "1,,000"]
MISPLACED += ["15,00", "0,000", "01,000", "1000,000", "1,000,00.5", "1.5,000", "-1,5", "1, 000"]


@pytest.mark.attack("B3")
@pytest.mark.parametrize("typed", MISPLACED)
def test_a_misplaced_comma_is_never_dropped(typed: str) -> None:
    with pytest.raises(ValueError, match="Commas may only group thousands"):
        plain_decimal(typed)


@pytest.mark.parametrize(
    "typed", ["1 500", "1e3", "NaN", "0x10", "+1", "1.", ".5", "007", "１", "1_000", "--1", "1.2.3", "−1"]
)
def test_what_is_no_plain_number_is_none(typed: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        plain_decimal(typed)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**20), max_value=10**20))
def test_grouped_or_not_it_is_the_same_number(number: Decimal) -> None:
    assert Decimal(plain_decimal(f" {number:f} ")) == number
    assert Decimal(plain_decimal(f"{number:,f}")) == number


@given(st.text("0123456789.,- ", max_size=12))
def test_what_is_taken_is_what_a_reader_with_grouping_commas_reads(typed: str) -> None:
    """Taken text is the number's own text, or that text with each group of three set off."""
    try:
        number = Decimal(plain_decimal(typed))
    except ValueError:
        return
    places = len(typed.strip().partition(".")[2])
    assert typed.strip() in {f"{number:.{places}f}", f"{number:,.{places}f}"} | (
        {f"-{number:.{places}f}"} if number == 0 else set()
    )


@pytest.mark.parametrize("typed", ["1,5", "1_000", "1.0", "1.5", "1e2", " "])
def test_a_whole_number_is_no_other_number(typed: str) -> None:
    with pytest.raises(ValidationError):
        WholeNumberField().clean(typed)


def test_a_whole_number_may_be_grouped() -> None:
    assert WholeNumberField().clean("1,000,000") == 1_000_000


@pytest.mark.django_db
class TestForms:
    @pytest.fixture(autouse=True)
    def _projected(self, live_engine: LiveEngine, alice: Person) -> None:
        live_engine.project()

    @pytest.mark.attack("B3")
    @pytest.mark.parametrize("typed", ["1500,25", "1.500,25", "1,5", "0,5"])
    @pytest.mark.parametrize("page", ["deposit", "withdraw"])
    def test_no_money_moves(self, staff: Staff, alice: Person, page: str, typed: str) -> None:
        path = f"/admin/exchange/account/{alice.account}/{page}/"
        response = staff["operator"].post(path, {"asset": "USD", "amount": typed})
        assert response.context["form"].errors["amount"] == [MISPLACED_COMMA]
        assert MISPLACED_COMMA in response.content.decode()
        assert f'value="{typed}"' in response.content.decode()
        assert not ChangeRequest.objects.exists()

    @pytest.mark.attack("B3")
    @pytest.mark.parametrize("field", ["maker_rate", "taker_rate"])
    def test_no_fees_change(self, staff: Staff, alice: Person, field: str) -> None:
        rates = {"symbol": "BTC-KRW", "maker_rate": "0", "taker_rate": "0", field: "1,5"}
        response = staff["operator"].post(f"/admin/exchange/account/{alice.account}/fees/", rates)
        assert response.context["form"].errors == {field: [MISPLACED_COMMA]}
        assert not ChangeRequest.objects.exists()

    @pytest.mark.attack("B3")
    @pytest.mark.parametrize("field", sorted(set(NEW_SYMBOL) - {"code", "base", "quote"}))
    def test_no_term_changes(self, staff: Staff, field: str) -> None:
        """Every number of a symbol: tick table, lot, bounds, rates, counts."""
        typed = "0 1,5" if field == "tick_table" else "1,5"
        response = staff["operator"].post("/admin/exchange/symbol/new/", {**NEW_SYMBOL, field: typed})
        assert MISPLACED_COMMA in response.context["form"].errors[field][0]
        assert not ChangeRequest.objects.exists()

    @pytest.mark.parametrize("field", ["max_notional", "collar", "band", "volatility", "volatility_seconds"])
    def test_no_protection_changes(self, staff: Staff, field: str) -> None:
        response = staff["operator"].post("/admin/exchange/symbol/BTC-KRW/rules/", {**RULES, field: "2,5"})
        form = response.context["form"]
        assert isinstance(form, TermsForm)
        assert form.errors[field] == [MISPLACED_COMMA]
        assert not ChangeRequest.objects.exists()

    def test_no_group_and_no_asset_is_made(self, staff: Staff, alice: Person) -> None:
        for path, data in (
            (f"account/{alice.account}/group/", {"group": "1,5"}),
            ("asset/new/", {"code": "SOL", "scale": "1,8"}),
        ):
            response = staff["operator"].post(f"/admin/exchange/{path}", data)
            assert list(response.context["form"].errors.values()) == [[MISPLACED_COMMA]]
        assert not ChangeRequest.objects.exists()
