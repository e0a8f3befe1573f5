"""Forms of the operator pages. People write decimals; a form turns them into the units of the change
request it makes, exactly or not at all."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from exchange.admin import units
from exchange.changes import check_shape
from exchange.decimals import NotANumberError, TooPreciseError, format_units, parse_units
from exchange.engine import messages
from exchange.errors import InputError
from exchange.models import Asset, ChangeRequest, Symbol
from exchange.models.choices import SYMBOL_STATUSES

Kind = ChangeRequest.Kind
_PERCENT_SCALE: Final = units.PPM_PER_PERCENT_SCALE
_NS_PER_S: Final = 1_000_000_000


class UnitsField(forms.CharField):
    """Decimal text. ``clean`` only tidies it; the form converts, once it knows the scale."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 44, **kwargs})

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace(",", "").replace(" ", "")


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

    def units(self, field: str, scale: int) -> int:
        """A decimal field in units of ``10**-scale``; says on the field why it is not one."""
        try:
            return parse_units(self.cleaned_data[field], scale)
        except TooPreciseError:
            self.add_error(field, f"At most {scale} decimals.")
        except NotANumberError:
            self.add_error(field, "Enter a plain decimal number.")
        return 0

    def _check_shape(self) -> None:
        try:
            check_shape(self.kind, self.payload)
        except InputError as error:
            field = str(error.details.get("field", ""))
            raise ValidationError(
                f"{field.replace('_', ' ')}: not in the range the exchange keeps."
            ) from error


class SymbolStatusForm(ChangeForm):
    """Halt, cancel only, resume: the subclass says which."""

    kind = Kind.SET_SYMBOL_STATUS
    status: ClassVar[int]
    reason = forms.CharField(
        max_length=200,
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
    status = messages.TRADING
    reason = forms.CharField(
        max_length=200,
        required=False,
        help_text="Shown to traders while the symbol trades; usually left empty.",
        widget=UnfoldAdminTextInputWidget,
    )


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
    reason = forms.CharField(
        max_length=200, required=False, help_text="Shown to traders.", widget=UnfoldAdminTextInputWidget
    )

    def build(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {"symbol": self.row.code, "status": cleaned["status"], "reason": cleaned["reason"]}


class GroupForm(ChangeForm):
    """Accounts of one owner in one group."""

    kind = Kind.SET_GROUP
    group = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        help_text="A number of your choice, the same for all accounts that belong together; 0 for none.",
        widget=UnfoldAdminTextInputWidget,
    )

    def build(self) -> dict[str, Any]:
        return {"account": self.row.number, "group": self.cleaned_data["group"]}


class TransferForm(ChangeForm):
    """An amount of an asset, to or from the account the form is about."""

    asset = forms.ModelChoiceField(Asset.objects.all(), widget=UnfoldAdminSelectWidget)
    amount = UnitsField(help_text="A decimal number of the asset, such as 1500.25.")

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


class RatesForm(ChangeForm):
    """Maker and taker rate in percent."""

    maker_rate = UnitsField(label="maker fee (%)", help_text="0.05 is 0.05 %; negative for a rebate.")
    taker_rate = UnitsField(label="taker fee (%)")

    def rates(self) -> dict[str, int]:
        return {
            "maker_ppm": self.units("maker_rate", _PERCENT_SCALE),
            "taker_ppm": self.units("taker_rate", _PERCENT_SCALE),
        }


class AccountFeesForm(RatesForm):
    """Rates of one account on one symbol; the row is the account."""

    kind = Kind.SET_FEES
    symbol = forms.ModelChoiceField(Symbol.objects.all(), widget=UnfoldAdminSelectWidget)
    field_order = ("symbol", "maker_rate", "taker_rate")

    def build(self) -> dict[str, Any]:
        return {"symbol": self.cleaned_data["symbol"].code, "account": self.row.number, **self.rates()}


class AssetForm(ChangeForm):
    kind = Kind.SET_ASSET
    code = forms.CharField(
        max_length=16, help_text="Capital letters and digits.", widget=UnfoldAdminTextInputWidget
    )
    scale = forms.IntegerField(
        label="decimals",
        min_value=0,
        max_value=18,
        help_text="Decimals of the smallest amount. They can never change.",
        widget=UnfoldAdminTextInputWidget,
    )

    def build(self) -> dict[str, Any]:
        return {"asset": self.cleaned_data["code"], "scale": self.cleaned_data["scale"]}


class SymbolRulesForm(RatesForm):
    """Everything of a symbol that may change, in decimals of its price and quantity."""

    kind = Kind.SET_SYMBOL
    tick_table = forms.CharField(
        label="tick table",
        help_text="One band a line: from price, then tick size. The first band starts at 0.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
    )
    min_price = UnitsField(label="lowest price")
    max_price = UnitsField(label="highest price")
    lot_step = UnitsField(label="lot", help_text="Quantities are multiples of this.")
    min_quantity = UnitsField(label="smallest quantity")
    max_quantity = UnitsField(label="largest quantity")
    min_notional = UnitsField(label="smallest order value", help_text="In the quote asset.")
    max_open_orders = forms.IntegerField(
        label="open orders an account may have",
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminTextInputWidget,
    )
    max_notional = UnitsField(
        label="largest order value", required=False, help_text="In the quote asset; empty: no such rule."
    )
    collar = UnitsField(
        label="collar (%)",
        required=False,
        help_text="A market order trades no further than this from the best price it meets; empty: off.",
    )
    band = UnitsField(
        label="price band (%)",
        required=False,
        help_text="Limit prices are this near the reference price; empty: off.",
    )
    volatility = UnitsField(
        label="volatility band (%)",
        required=False,
        help_text="A trade further than this from the last price starts a call auction; empty: off.",
    )
    volatility_seconds = forms.IntegerField(
        label="volatility auction (seconds)",
        required=False,
        min_value=1,
        max_value=86_400,
        widget=UnfoldAdminTextInputWidget,
    )
    calendar = forms.CharField(
        required=False,
        max_length=16,
        help_text="Trading calendar such as XNYS, whose sessions it follows; empty: around the clock.",
        widget=UnfoldAdminTextInputWidget,
    )
    #: The row's sequence when the form was opened: two people must not overwrite each other unseen.
    seen_sequence = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = (
        "tick_table",
        "min_price",
        "max_price",
        "lot_step",
        "min_quantity",
        "max_quantity",
        "min_notional",
        "maker_rate",
        "taker_rate",
        "max_open_orders",
        "max_notional",
        "collar",
        "band",
        "volatility",
        "volatility_seconds",
        "calendar",
    )

    def __init__(self, *args: Any, row: Symbol | None = None, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        if row is not None:
            self._name_units(row)

    def _name_units(self, row: Symbol) -> None:
        """Say on each field what its numbers count."""
        in_quote = ("tick_table", "min_price", "max_price", "min_notional", "max_notional")
        in_base = ("lot_step", "min_quantity", "max_quantity")
        for names, asset in ((in_quote, row.quote_id), (in_base, row.base_id)):
            for name in names:
                self.fields[name].label = f"{self.fields[name].label} ({asset})"

    def identity(self) -> dict[str, Any]:
        """The fields that never change: symbol, assets, scales."""
        return {
            "symbol": self.row.code,
            "base": self.row.base_id,
            "quote": self.row.quote_id,
            "price_scale": self.row.price_scale,
            "quantity_scale": self.row.quantity_scale,
        }

    def build(self) -> dict[str, Any]:
        fixed = self.identity()
        self._check_seen()
        price_scale, quantity_scale = fixed["price_scale"], fixed["quantity_scale"]
        quote_scale = units.asset_scale(fixed["quote"]) or 0
        return {
            **fixed,
            "tick_bands": self._bands(price_scale),
            "lot_step": self.units("lot_step", quantity_scale),
            "min_quantity_lots": self.units("min_quantity", quantity_scale),
            "max_quantity_lots": self.units("max_quantity", quantity_scale),
            "min_price_ticks": self.units("min_price", price_scale),
            "max_price_ticks": self.units("max_price", price_scale),
            "min_notional_minor": self.units("min_notional", quote_scale),
            **self.rates(),
            "max_open_orders": self.cleaned_data["max_open_orders"],
            **self._protection(quote_scale),
        }

    def _protection(self, quote_scale: int) -> dict[str, Any]:
        """The protection, left out where every rule of it is off."""
        seconds = self.cleaned_data["volatility_seconds"] or 0
        if self.cleaned_data["volatility"] and not seconds:
            self.add_error("volatility_seconds", "A volatility band needs the length of its auction.")
        protection = messages.Protection(
            max_notional_minor=self._units_or_none("max_notional", quote_scale),
            collar_ppm=self._units_or_none("collar", _PERCENT_SCALE),
            band_ppm=self._units_or_none("band", _PERCENT_SCALE),
            volatility_ppm=self._units_or_none("volatility", _PERCENT_SCALE),
            volatility_ns=seconds * _NS_PER_S,
            calendar=self.cleaned_data["calendar"],
        )
        return {"protection": protection._asdict()} if protection != messages.Protection() else {}

    def _units_or_none(self, field: str, scale: int) -> int:
        """0 for an empty field."""
        return self.units(field, scale) if self.cleaned_data[field] else 0

    def _check_seen(self) -> None:
        seen = self.cleaned_data.get("seen_sequence")
        if self.row is not None and seen is not None and seen != self.row.sequence:
            self.add_error(
                None, "The symbol was changed meanwhile. Open this page again to see how it is now."
            )

    def _bands(self, price_scale: int) -> list[list[int]]:
        """The tick table in price ticks."""
        bands = []
        for number, line in enumerate(self.cleaned_data["tick_table"].splitlines(), start=1):
            words = line.replace(",", "").split()
            if not words:
                continue
            try:
                start, step = (parse_units(word, price_scale) for word in words)
            except ValueError:
                self.add_error("tick_table", f"Line {number}: two numbers of at most {price_scale} decimals.")
                break
            bands.append([start, step])
        return bands


def rules_initial(symbol: Symbol) -> dict[str, Any]:
    """The form's fields for a symbol as it is."""
    quote_scale = symbol.quote.scale
    return {
        "tick_table": "\n".join(
            f"{format_units(start, symbol.price_scale)} {format_units(step, symbol.price_scale)}"
            for start, step in symbol.tick_bands
        ),
        "min_price": format_units(symbol.min_price_ticks, symbol.price_scale),
        "max_price": format_units(symbol.max_price_ticks, symbol.price_scale),
        "lot_step": format_units(symbol.lot_step, symbol.quantity_scale),
        "min_quantity": format_units(symbol.min_quantity_lots, symbol.quantity_scale),
        "max_quantity": format_units(symbol.max_quantity_lots, symbol.quantity_scale),
        "min_notional": format_units(symbol.min_notional_minor, quote_scale),
        "maker_rate": format_units(symbol.maker_ppm, _PERCENT_SCALE),
        "taker_rate": format_units(symbol.taker_ppm, _PERCENT_SCALE),
        "max_open_orders": symbol.max_open_orders,
        "max_notional": _or_empty(symbol.max_notional_minor, quote_scale),
        "collar": _or_empty(symbol.collar_ppm, _PERCENT_SCALE),
        "band": _or_empty(symbol.band_ppm, _PERCENT_SCALE),
        "volatility": _or_empty(symbol.volatility_ppm, _PERCENT_SCALE),
        "volatility_seconds": symbol.volatility_ns // _NS_PER_S or "",
        "calendar": symbol.calendar,
        "seen_sequence": symbol.sequence,
    }


def _or_empty(units: int, scale: int) -> str:
    """A rule's number; nothing for one that is off."""
    return format_units(units, scale) if units else ""


class NewSymbolForm(SymbolRulesForm):
    """A new symbol: its name, assets and scales, then its rules."""

    code = forms.CharField(
        label="symbol",
        max_length=24,
        help_text="Capital letters, digits and dashes, such as BTC-KRW.",
        widget=UnfoldAdminTextInputWidget,
    )
    base = forms.ModelChoiceField(Asset.objects.all(), label="base asset", widget=UnfoldAdminSelectWidget)
    quote = forms.ModelChoiceField(Asset.objects.all(), label="quote asset", widget=UnfoldAdminSelectWidget)
    price_scale = forms.IntegerField(
        label="price decimals",
        min_value=0,
        max_value=18,
        help_text="Price and quantity decimals together at most the quote asset's. They can never change.",
        widget=UnfoldAdminTextInputWidget,
    )
    quantity_scale = forms.IntegerField(
        label="quantity decimals", min_value=0, max_value=18, widget=UnfoldAdminTextInputWidget
    )
    field_order = ("code", "base", "quote", "price_scale", "quantity_scale", *SymbolRulesForm.field_order)

    def identity(self) -> dict[str, Any]:
        return {
            "symbol": self.cleaned_data["code"],
            "base": self.cleaned_data["base"].code,
            "quote": self.cleaned_data["quote"].code,
            "price_scale": self.cleaned_data["price_scale"],
            "quantity_scale": self.cleaned_data["quantity_scale"],
        }

    def clean_code(self) -> str:
        """A symbol that exists is changed on its own page, where its present rules can be seen."""
        code: str = self.cleaned_data["code"]
        if Symbol.objects.filter(code=code).exists():
            raise ValidationError("There is a symbol of that name.")
        return code
