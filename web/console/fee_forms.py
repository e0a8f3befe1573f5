"""Forms about fees: rates of single accounts, and tiers of the schedule."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.fee_models import FeeTier
from accounts.fees import fee_schedule, overrides
from accounts.fees.standing import currency
from accounts.identity import roles
from accounts.models import User
from exchange.control.kinds import MAX_FEE_PLANS
from exchange.engine.messages import EVERY_SYMBOL
from exchange.errors import ApiError
from exchange.listing.terms import TERMS, Unit
from exchange.models import ChangeRequest, Symbol
from exchange.units.decimals import format_units, parse_units
from web.console import display_units
from web.console.forms import PERCENT_SCALES, ReasonedForm, TermsForm, text_of
from web.console.languages import lazily_said
from web.console.people_text_field import PeopleTextField
from web.console.typed_numbers import UnitsField, WholeNumberField, plain_decimal

Kind = ChangeRequest.Kind
_FEES: Final = tuple(term for term in TERMS if term.unit is Unit.FEE_PPM)
_NO_REBATE: Final = lazily_said(
    "Only an account of a market maker has a rebate: give its user the role first.",
    "리베이트는 마켓 메이커의 계좌에만 설정할 수 있습니다. 먼저 역할을 부여해 주세요.",
)
_PERCENT_SCALE: Final = display_units.PPM_PER_PERCENT_SCALE


def _symbol_field() -> forms.ModelChoiceField[Symbol]:
    return forms.ModelChoiceField(
        Symbol.objects.all(),
        required=False,
        empty_label=lazily_said("all symbols", "모든 종목"),
        label=lazily_said("symbol", "종목"),
        widget=UnfoldAdminSelectWidget,
    )


def _code_of(symbol: Symbol | None) -> str:
    return EVERY_SYMBOL if symbol is None else symbol.code


class AccountFeesForm(TermsForm, ReasonedForm):
    """Rates of one account on one symbol or all; the row is the account."""

    kind = Kind.SET_FEES
    terms = _FEES
    symbol = _symbol_field()
    until = forms.DateTimeField(
        required=False,
        label=lazily_said("until (UTC)", "종료 (UTC)"),
        help_text=lazily_said(
            "Such as 2027-01-31 00:00. Empty: until they are taken back.",
            "예: 2027-01-31 00:00. 비워 두면 철회할 때까지 유지됩니다.",
        ),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ("symbol", *(text_of(term).name for term in _FEES), "until", "why")

    def build(self) -> dict[str, Any]:
        symbol, rates = _code_of(self.cleaned_data["symbol"]), self.read_terms(PERCENT_SCALES)
        for term in _FEES:
            if rates.get(term.name, 0) < 0 and not self._may_have_rebates():
                self.add_error(text_of(term).name, _NO_REBATE)
        return {"symbol": symbol, "account": self.row.number, **rates}

    def _may_have_rebates(self) -> bool:
        owner: User | None = self.row.user
        return owner is not None and roles.role_of(owner) == roles.MARKET_MAKER

    def ask(self, user: User) -> ChangeRequest:
        until: dt.datetime | None = self.cleaned_data["until"]
        return overrides.give(self.payload, until, user, self.cleaned_data["why"])


class TakeBackFeesForm(ReasonedForm):
    """Ends rates that an account has of its own; the row is the account."""

    kind = Kind.SET_FEES
    symbol = _symbol_field()
    field_order = ("symbol", "why")

    def build(self) -> dict[str, Any]:
        symbol = _code_of(self.cleaned_data["symbol"])
        own = {"maker_ppm": 0, "taker_ppm": 0, "clear": True}
        return {"symbol": symbol, "account": self.row.number, **own}

    def ask(self, user: User) -> ChangeRequest:
        number, symbol = self.payload["account"], self.payload["symbol"]
        return overrides.take_back(number, symbol, user, self.cleaned_data["why"])


class FeeTierForm(ReasonedForm):
    """A tier, new or as it shall be from now on; the row is the version to start from, or None."""

    kind = Kind.SET_FEE_PLAN
    number = WholeNumberField(
        label=lazily_said("number", "번호"),
        min_value=1,
        max_value=MAX_FEE_PLANS,
        help_text=lazily_said(
            "A number that there is changes that tier.", "이미 있는 번호를 입력하면 그 등급이 변경됩니다."
        ),
    )
    name = PeopleTextField(
        label=lazily_said("name", "이름"), max_length=fee_schedule.MAX_NAME, widget=UnfoldAdminTextInputWidget
    )
    volume = UnitsField(
        label=lazily_said("least traded in 30 days", "30일 최소 거래대금"),
        help_text=lazily_said("In the reference currency.", "기준 통화로 입력합니다."),
    )
    rates = forms.CharField(
        label=lazily_said("rates", "수수료율"),
        required=False,
        help_text=lazily_said(
            "A line each: symbols, maker and taker in percent, such as *-KRW 0.04 0.05. Symbols are * (all), "
            "*-KRW (all quoted in KRW) or one, such as BTC-KRW.",
            "한 줄에 하나씩 종목, 메이커, 테이커 수수료율(%)을 입력합니다. 예: *-KRW 0.04 0.05. "
            "종목은 *(전체), *-KRW(KRW 마켓 전체) 또는 BTC-KRW처럼 하나입니다.",
        ),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
    )
    field_order = ("number", "name", "volume", "rates", "why")
    is_retired = False

    def __init__(self, *args: Any, row: FeeTier | None = None, **kwargs: Any) -> None:
        self.currency, self.scale = currency()
        if row is not None:
            kwargs["initial"] = {**(kwargs.get("initial") or {}), **self._initial(row)}
        super().__init__(*args, row=row, **kwargs)

    def _initial(self, row: FeeTier) -> dict[str, Any]:
        lines = [" ".join([scope, *map(_percent, ppm)]) for scope, *ppm in row.rates]
        volume = format_units(row.volume_minor, self.scale)
        return {"number": row.number, "name": row.name, "volume": volume, "rates": "\n".join(lines)}

    def build(self) -> dict[str, Any]:
        number, name = self.cleaned_data["number"], self.cleaned_data["name"]
        self.tier = fee_schedule.Tier(number, name, self.units("volume", self.scale), self._rates())
        if not self.errors:
            try:
                fee_schedule.check_tier(self.tier)
            except ApiError as error:
                self.refuse(error)
        quotes = fee_schedule.quotes_of_symbols()
        return {"plan": number, "rates": [list(row) for row in self.tier.plan_rates(quotes)]}

    def _rates(self) -> tuple[fee_schedule.ScopedRate, ...]:
        found: list[fee_schedule.ScopedRate] = []
        for position, line in enumerate(self.cleaned_data["rates"].splitlines(), start=1):
            parts = line.split()
            if not parts:
                continue
            try:
                scope, maker, taker = parts
                found.append((scope.upper(), _ppm(maker), _ppm(taker)))
            except ValueError:
                text = lazily_said("symbols and two percentages.", "종목과 두 개의 백분율을 입력해 주세요.")
                self.add_error("rates", f"{position}: {text}")
                break
        return tuple(found)

    def ask(self, user: User) -> ChangeRequest:
        quotes, why = fee_schedule.quotes_of_symbols(), self.cleaned_data["why"]
        return fee_schedule.change_tier(self.tier, quotes, user, reason=why, is_retired=self.is_retired)


class RetireTierForm(FeeTierForm):
    """Takes the row's tier out of the schedule."""

    is_retired = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("number", "name", "volume", "rates"):
            self.fields[name].disabled = True


def _ppm(typed: str) -> int:
    """Raises ValueError for anything but a percentage of at most so many decimals."""
    return parse_units(plain_decimal(typed), _PERCENT_SCALE)


def _percent(ppm: int) -> str:
    return format_units(ppm, _PERCENT_SCALE)
