"""Forms of the operator pages. People write decimals; a form turns them into the units of the change
request it makes, exactly or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import User
from exchange.control import services
from exchange.control.given_reasons import MAX_REASON
from exchange.control.kinds import check_shape
from exchange.engine import messages
from exchange.errors import ApiError, RequestError
from exchange.listing.contradictions import contradictions
from exchange.listing.terms import TERMS, FormText, SymbolTerms, Term, Unit, payload_of
from exchange.models import Asset, ChangeRequest, Symbol
from exchange.models.choices import SYMBOL_STATUSES
from exchange.units.decimals import NotANumberError, TooPreciseError, format_units, parse_units
from web.console import display_units
from web.console.languages import lazily_said
from web.console.people_text_field import PeopleTextField
from web.console.typed_numbers import NOT_PLAIN, UnitsField, WholeNumberField, plain_decimal

Kind = ChangeRequest.Kind
_PERCENT_SCALE: Final = display_units.PPM_PER_PERCENT_SCALE
_NS_PER_S: Final = 1_000_000_000


class ChangeForm(forms.Form):
    """A form that makes one change request of ``kind``; ``payload`` is there once it is valid."""

    kind: ClassVar[str]

    def __init__(self, *args: Any, row: Any = None, **kwargs: Any) -> None:
        #: The live row the change is about; None when something new is made.
        self.row = row
        self.payload: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.payload = self.build()
        if not self.errors:
            self._check_shape()
        return cleaned

    def build(self) -> dict[str, Any]:
        """The payload from cleaned fields; errors by ``add_error``."""
        raise NotImplementedError

    def ask(self, user: User) -> ChangeRequest:
        """Save the request of a valid form. Raises ApiError."""
        return services.request_change(self.kind, self.payload, user, reason=self.cleaned_data.get("why", ""))

    def units(self, field: str, scale: int) -> int:
        """A decimal field in units of ``10**-scale``; the error on the field states why it is not one."""
        try:
            return parse_units(self.cleaned_data[field], scale)
        except TooPreciseError:
            self.add_error(field, f"At most {scale} decimals.")
        except NotANumberError:
            self.add_error(field, NOT_PLAIN)
        return 0

    def _check_shape(self) -> None:
        try:
            check_shape(self.kind, self.payload)
        except RequestError as error:
            name = str(error.details.get("field", ""))
            field = self.field_of(name)
            if field is not None:
                self.add_error(field, "Not in the range the exchange keeps.")
                return
            raise ValidationError(
                f"{name.replace('_', ' ')}: not in the range the exchange keeps."
            ) from error

    def refuse(self, error: ApiError) -> None:
        """Show why the change was not saved, on the field it is about."""
        reason = error.details.get("reason")
        self.add_error(self.field_of(str(error.details.get("field", ""))), str(reason or error.message()))

    def field_of(self, name: str) -> str | None:
        """The form's field for a field of the payload; None where it shows none."""
        return name if name in self.fields else None


class ReasonedForm(ChangeForm):
    """A form about money: a second operator may have to approve the change, and reads why it was asked."""

    why = PeopleTextField(
        label=lazily_said("reason", "사유"),
        max_length=MAX_REASON,
        required=False,
        help_text=lazily_said(
            "Recorded, and read by the operator who approves the change.",
            "기록되며, 변경을 승인하는 운영자에게 표시됩니다.",
        ),
        widget=UnfoldAdminTextInputWidget,
    )


class SymbolStatusForm(ChangeForm):
    """Halt, cancel only or resume: each a subclass."""

    kind = Kind.SET_SYMBOL_STATUS
    status: ClassVar[int]
    reason = PeopleTextField(
        max_length=MAX_REASON,
        help_text="Shown to traders.",
        widget=UnfoldAdminTextInputWidget,
    )

    def build(self) -> dict[str, Any]:
        return {"symbol": self.row.code, "status": self.status, "reason": self.cleaned_data["reason"]}


class HaltForm(SymbolStatusForm):
    status = messages.HALTED


class CancelOnlyForm(SymbolStatusForm):
    status = messages.CANCEL_ONLY


class ResumeForm(SymbolStatusForm):
    """A halted symbol resumes by an auction unless the operator says otherwise; any other trades at once."""

    status = messages.TRADING
    way = forms.TypedChoiceField(
        coerce=int,
        choices=(
            (messages.VOLATILITY_AUCTION, "by an auction that ends by itself"),
            (messages.PRE_OPEN, "gather orders first (pre-open)"),
            (messages.TRADING, "at once, without an auction"),
        ),
        required=False,
        empty_value=None,
        label="how",
        help_text="Of a halted symbol. An auction ends by itself where the symbol has a length for it; "
        "trading at once needs a reason.",
        widget=UnfoldAdminSelectWidget,
    )
    reason = PeopleTextField(
        max_length=MAX_REASON,
        required=False,
        help_text="Shown to traders while the symbol is in this state; usually left empty.",
        widget=UnfoldAdminTextInputWidget,
    )

    def build(self) -> dict[str, Any]:
        payload = super().build()
        if self.row.status != messages.HALTED:
            return payload
        way = self.cleaned_data["way"]
        status = messages.VOLATILITY_AUCTION if way is None else way
        if status == messages.TRADING:
            if not payload["reason"]:
                self.add_error("reason", "Trading at once after a halt needs a reason.")
            return {**payload, "direct": True}
        if status == messages.VOLATILITY_AUCTION and not self.row.volatility_ns:
            self.add_error("way", "The symbol has no length for an auction that ends by itself.")
        return {**payload, "status": status}


class MarketStateForm(ChangeForm):
    """Any state a person may choose; a volatility auction is the engine's own to begin."""

    kind = Kind.SET_SYMBOL_STATUS
    status = forms.TypedChoiceField(
        coerce=int,
        choices=[choice for choice in SYMBOL_STATUSES if choice[0] != messages.VOLATILITY_AUCTION],
        label="state",
        help_text="A crossed book is traded off by an auction when it comes to trading, post only or closed.",
        widget=UnfoldAdminSelectWidget,
    )
    reason = PeopleTextField(
        max_length=MAX_REASON,
        required=False,
        help_text="Shown to traders.",
        widget=UnfoldAdminTextInputWidget,
    )

    def build(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {"symbol": self.row.code, "status": cleaned["status"], "reason": cleaned["reason"]}


class GroupForm(ChangeForm):
    """Accounts of one owner in one group."""

    kind = Kind.SET_GROUP
    group = WholeNumberField(
        min_value=0,
        max_value=2**31 - 1,
        help_text="A number of your choice, the same for all accounts that belong together; 0 for none.",
    )

    def build(self) -> dict[str, Any]:
        return {"account": self.row.number, "group": self.cleaned_data["group"]}


class TransferForm(ReasonedForm):
    """An amount of an asset, to or from the account the form is about."""

    asset = forms.ModelChoiceField(Asset.objects.all(), widget=UnfoldAdminSelectWidget)
    amount = UnitsField(help_text="A decimal number of the asset, such as 1500.25.")
    field_order = ("asset", "amount", "why")

    def build(self) -> dict[str, Any]:
        asset: Asset = self.cleaned_data["asset"]
        amount_minor = self.units("amount", asset.scale)
        if amount_minor <= 0 and not self.errors:
            self.add_error("amount", "The amount must be greater than zero.")
        return {"account": self.row.number, "asset": asset.code, "amount_minor": amount_minor}


class DepositForm(TransferForm):
    kind = Kind.DEPOSIT


class WithdrawForm(TransferForm):
    kind = Kind.WITHDRAW


class AccountStatusForm(ChangeForm):
    """Freeze or thaw: nothing to fill in, only to confirm."""

    kind = Kind.SET_ACCOUNT
    status: ClassVar[int]

    def build(self) -> dict[str, Any]:
        return {"account": self.row.number, "status": self.status}


class FreezeForm(AccountStatusForm):
    status = messages.FROZEN


class ThawForm(AccountStatusForm):
    status = messages.ACTIVE


class TermsForm(ChangeForm):
    """A form that shows terms of a symbol, as the table of terms describes them."""

    #: The terms it shows, in its order.
    terms: ClassVar[tuple[Term, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for term in self.terms:
            self.fields[text_of(term).name] = term_field(term)
        self.order_fields(self.field_order)

    def field_of(self, name: str) -> str | None:
        found = {term.name: text_of(term).name for term in self.terms}
        return super().field_of(found.get(name, name))

    def read_terms(self, scale_of: Mapping[Unit, int]) -> dict[str, Any]:
        """The terms in the units of a change request, in the order of the table; errors on their fields.
        ``scale_of`` gives the decimals of numbers of each unit; a protection left empty is off."""
        shown = frozenset(self.terms)
        return {term.name: self._read_term(term, scale_of) for term in TERMS if term in shown}

    def _read_term(self, term: Term, scale_of: Mapping[Unit, int]) -> Any:
        name = text_of(term).name
        value = self.cleaned_data[name]
        if term.unit is Unit.TICK_BANDS:
            return self._bands(name, scale_of[term.unit])
        if term.unit is Unit.SPAN_NS:
            return (value or 0) * _NS_PER_S
        if term.unit not in scale_of:
            return value
        return 0 if term.is_protection and not value else self.units(name, scale_of[term.unit])

    def _bands(self, field: str, price_scale: int) -> list[list[int]]:
        """The tick table in price ticks."""
        bands = []
        for position, line in enumerate(self.cleaned_data[field].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                bands.append(_band(line, price_scale))
            except ValueError as error:
                self.add_error(field, f"Line {position}: {error}")
                break
        return bands


def _band(line: str, price_scale: int) -> list[int]:
    """A line of the tick table: from which price, which step. Raises ValueError, whose text states what to
    change."""
    numbers = [plain_decimal(typed) for typed in line.split()]
    two_numbers = f"two numbers of at most {price_scale} decimals."
    if len(numbers) != 2:
        raise ValueError(two_numbers)
    try:
        return [parse_units(number, price_scale) for number in numbers]
    except ValueError as error:
        raise ValueError(two_numbers) from error


def text_of(term: Term) -> FormText:
    """How a form shows the term. Only terms with a text are shown."""
    assert term.form is not None, f"no form shows {term.name}"
    return term.form


def term_field(term: Term) -> forms.Field:
    """The field of a form for a term."""
    text = text_of(term)
    shared: dict[str, Any] = {
        "label": text.label,
        "help_text": text.help,
        "required": not term.is_protection,
    }
    if term.unit is Unit.TICK_BANDS:
        return forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}), **shared)
    if term.unit is Unit.CALENDAR:
        return forms.CharField(max_length=16, widget=UnfoldAdminTextInputWidget, **shared)
    if term.unit is Unit.SWITCH:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **shared)
    if term.unit in WHOLE_NUMBERS:
        return WholeNumberField(min_value=text.lowest, max_value=text.highest, **shared)
    return UnitsField(**shared)


#: Units of which a form takes whole numbers; of all other numbers it takes decimals.
WHOLE_NUMBERS: Final = frozenset((Unit.SCALE, Unit.COUNT, Unit.SPAN_NS))
#: Decimals of the percentages that stand for millionths.
PERCENT_SCALES: Final = {Unit.FEE_PPM: _PERCENT_SCALE, Unit.BAND_PPM: _PERCENT_SCALE}
_SCALES: Final = tuple(term for term in TERMS if term.unit is Unit.SCALE)
#: What may change of a symbol, section by section.
_CHANGEABLE: Final = tuple(
    sorted((term for term in TERMS if not term.is_fixed), key=lambda term: term.section.value)
)


class AssetForm(ChangeForm):
    kind = Kind.SET_ASSET
    code = forms.CharField(
        max_length=16, help_text="Capital letters and digits.", widget=UnfoldAdminTextInputWidget
    )
    scale = WholeNumberField(
        label="decimals",
        min_value=0,
        max_value=18,
        help_text="Decimals of the smallest amount. They can never change.",
    )

    def build(self) -> dict[str, Any]:
        return {"asset": self.cleaned_data["code"], "scale": self.cleaned_data["scale"]}


class SymbolTermsForm(TermsForm, ReasonedForm):
    """Everything of a symbol that may change, in decimals of its price and quantity."""

    kind = Kind.SET_SYMBOL
    terms = _CHANGEABLE
    #: The row's sequence when the form was opened: two people must not overwrite each other unseen.
    seen_sequence = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = (*(text_of(term).name for term in _CHANGEABLE), "why")

    def __init__(self, *args: Any, row: Symbol | None = None, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        if row is not None:
            self._name_units(row)

    def _name_units(self, row: Symbol) -> None:
        """Add the asset its numbers count to each label."""
        assets = dict.fromkeys(IN_QUOTE, row.quote_id) | {Unit.QUANTITY_LOTS: row.base_id}
        for term in self.terms:
            if term.unit in assets:
                field = self.fields[text_of(term).name]
                field.label = f"{field.label} ({assets[term.unit]})"

    def identity(self) -> dict[str, Any]:
        """The fields that never change: symbol, assets, scales."""
        return {
            "symbol": self.row.code,
            "base": self.row.base_id,
            "quote": self.row.quote_id,
            **{term.name: getattr(self.row, term.name) for term in _SCALES},
        }

    def build(self) -> dict[str, Any]:
        fixed = self.identity()
        self._check_seen()
        quote_scale = display_units.asset_scale(fixed["quote"]) or 0
        read = self.read_terms(scales_of(fixed["price_scale"], fixed["quantity_scale"], quote_scale))
        terms = {**fixed, **read}
        if not self.errors.keys() - {NON_FIELD_ERRORS}:
            self._name_contradictions(SymbolTerms.of_payload(payload_of(terms)))
        return payload_of(terms)

    def _name_contradictions(self, terms: SymbolTerms) -> None:
        """Each on the field to change; of terms that never change there is none."""
        codes = (terms.base, terms.quote)
        scales = {code: scale for code in codes if (scale := display_units.asset_scale(code)) is not None}
        for name, text in contradictions(terms, scales):
            self.add_error(self.field_of(name), text)

    def _check_seen(self) -> None:
        seen = self.cleaned_data.get("seen_sequence")
        if self.row is not None and seen is not None and seen != self.row.sequence:
            self.add_error(
                None, "The symbol was changed meanwhile. Open this page again to see how it is now."
            )


#: Units counted in the quote asset.
IN_QUOTE: Final = (Unit.TICK_BANDS, Unit.PRICE_TICKS, Unit.QUOTE_MINOR)


def scales_of(price_scale: int, quantity_scale: int, quote_scale: int) -> dict[Unit, int]:
    """Decimals of the numbers of a symbol, by what they count."""
    return {
        Unit.TICK_BANDS: price_scale,
        Unit.PRICE_TICKS: price_scale,
        Unit.QUANTITY_LOTS: quantity_scale,
        Unit.QUOTE_MINOR: quote_scale,
        **PERCENT_SCALES,
    }


def terms_initial(symbol: Symbol) -> dict[str, Any]:
    """The form's fields for a symbol as it is."""
    scale_of = scales_of(symbol.price_scale, symbol.quantity_scale, symbol.quote.scale)
    initial = {text_of(term).name: _shown(term, getattr(symbol, term.name), scale_of) for term in _CHANGEABLE}
    return {**initial, "seen_sequence": symbol.sequence}


def _shown(term: Term, value: Any, scale_of: Mapping[Unit, int]) -> Any:
    """A term as its field shows it; a protection that is off is empty."""
    if term.unit is Unit.SWITCH:
        return value
    if term.is_protection and not value:
        return ""
    if term.unit is Unit.TICK_BANDS:
        scale = scale_of[term.unit]
        return "\n".join(f"{format_units(start, scale)} {format_units(step, scale)}" for start, step in value)
    if term.unit is Unit.SPAN_NS:
        return value // _NS_PER_S
    return format_units(value, scale_of[term.unit]) if term.unit in scale_of else value


class NewSymbolForm(SymbolTermsForm):
    """A new symbol: its name, assets and scales, then its rules."""

    code = forms.CharField(
        label="symbol",
        max_length=24,
        help_text="Capital letters, digits and dashes, such as BTC-KRW.",
        widget=UnfoldAdminTextInputWidget,
    )
    base = forms.ModelChoiceField(Asset.objects.all(), label="base asset", widget=UnfoldAdminSelectWidget)
    quote = forms.ModelChoiceField(Asset.objects.all(), label="quote asset", widget=UnfoldAdminSelectWidget)
    terms = (*_SCALES, *_CHANGEABLE)
    field_order = ("code", "base", "quote", *(text_of(term).name for term in terms), "why")

    def identity(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "symbol": cleaned["code"],
            "base": cleaned["base"].code,
            "quote": cleaned["quote"].code,
            **{term.name: cleaned[text_of(term).name] for term in _SCALES},
        }

    def clean_code(self) -> str:
        """A symbol that exists is changed on its own page, where its present rules can be seen."""
        code: str = self.cleaned_data["code"]
        if Symbol.objects.filter(code=code).exists():
            raise ValidationError("There is a symbol of that name.")
        return code
