"""How assets come and go, for operators."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from custody.models import AssetTerms
from custody.providers import registry
from exchange import audit
from exchange.models import Asset
from exchange.units.decimals import TooPreciseError, format_units, parse_units
from web.console import display_units
from web.console.ask_first import ReasonField
from web.console.languages import lazily_said, said
from web.console.typed_numbers import UnitsField

#: What the audit log has of terms.
_RECORDED: Final = (
    *("provider", "takes_deposits", "takes_withdrawals", "fee_minor", "minimum_minor"),
    *("address_pattern", "has_tag"),
)


class AssetTermsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """Amounts as decimals of the asset."""

    fee = UnitsField(
        label=lazily_said("withdrawal fee", "출금 수수료"),
        help_text=lazily_said("On top of what is paid out.", "지급 수량에 더해집니다."),
    )
    minimum = UnitsField(label=lazily_said("least withdrawal", "최소 출금 수량"))
    address_pattern = forms.CharField(
        label=lazily_said("address pattern", "주소 형식"),
        required=False,
        max_length=200,
        help_text=lazily_said(
            "A regular expression for the whole address; empty: any text.",
            "주소 전체에 대한 정규식입니다. 비우면 모든 문자를 허용합니다.",
        ),
        widget=UnfoldAdminTextInputWidget,
    )
    why = ReasonField()

    class Meta:
        model = AssetTerms
        fields = (
            *("asset", "provider", "takes_deposits", "takes_withdrawals"),
            *("address_pattern", "has_tag"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in registry.names()]
        self.fields["provider"] = forms.ChoiceField(
            label=lazily_said("provider", "제공자"),
            choices=names,
            widget=UnfoldAdminSelectWidget(choices=names),
        )
        if self.instance.pk and not self.instance._state.adding:
            scale = display_units.asset_scale(self.instance.asset) or 0
            self.fields["fee"].initial = format_units(self.instance.fee_minor, scale)
            self.fields["minimum"].initial = format_units(self.instance.minimum_minor, scale)
            return
        have = AssetTerms.objects.values("asset")
        codes = [(code, code) for code in Asset.objects.exclude(code__in=have).values_list("code", flat=True)]
        self.fields["asset"] = forms.ChoiceField(
            label=lazily_said("asset", "자산"), choices=codes, widget=UnfoldAdminSelectWidget(choices=codes)
        )

    def clean_address_pattern(self) -> str:
        pattern: str = self.cleaned_data["address_pattern"]
        try:
            re.compile(pattern)
        except re.error as error:
            raise forms.ValidationError(str(error)) from None
        return pattern

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        asset = cleaned.get("asset") or self.instance.asset
        scale = display_units.asset_scale(asset) if asset else None
        if scale is None:
            return cleaned
        for field, least in (("fee", 0), ("minimum", 1)):
            if field in cleaned:
                self._set_minor(field, scale, least)
        return cleaned

    def _set_minor(self, field: str, scale: int, least: int) -> None:
        try:
            minor = parse_units(self.cleaned_data[field], scale)
        except TooPreciseError:
            self.add_error(field, said(f"At most {scale} decimals.", f"소수점 이하 {scale}자리까지입니다."))
            return
        if not least <= minor <= 10**30:
            self.add_error(field, said("Out of range.", "범위를 벗어났습니다."))
            return
        setattr(self.instance, f"{field}_minor", minor)


@admin.register(AssetTerms)
class AssetTermsAdmin(ModelAdmin):
    form = AssetTermsForm
    list_display = ("asset", "provider", "takes_withdrawals", "takes_deposits", "fee_said", "minimum_said")
    actions = None
    fields = (
        "asset",
        "provider",
        ("takes_withdrawals", "takes_deposits"),
        ("fee", "minimum"),
        ("address_pattern", "has_tag"),
        "why",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A reader who may not change them sees no form."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return (*self.fields[:3], ("fee_said", "minimum_said"), self.fields[4])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("asset", "fee_said", "minimum_said")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The fields that are no columns are the form's own."""
        columns = [name for name in AssetTermsForm.Meta.fields if obj is None or name != "asset"]
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": columns})

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An asset that goes out no more is closed."""
        return False

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: AssetTerms, form: Any, change: bool) -> None:
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        before = _recorded(AssetTerms.objects.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)
        after = {name: value for name, value in _recorded(obj).items() if before.get(name) != value}
        old = {name: before[name] for name in after if name in before}
        if after:
            audit.record("withdrawal.terms_set", by, obj, old, after, form.cleaned_data["why"])

    def log_addition(self, *_: Any) -> None:
        """The audit log has it; Django's own log of these pages is not kept."""

    def log_change(self, *_: Any) -> None:
        """As ``log_addition``."""

    @display(description=lazily_said("withdrawal fee", "출금 수수료"))
    def fee_said(self, terms: AssetTerms) -> str:
        return display_units.amount(terms.asset, terms.fee_minor)

    @display(description=lazily_said("least withdrawal", "최소 출금 수량"))
    def minimum_said(self, terms: AssetTerms) -> str:
        return display_units.amount(terms.asset, terms.minimum_minor)


def _recorded(terms: AssetTerms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in _RECORDED}
