"""Tiers of rate limits, for operators. The page of a user has which tier the user is in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts.identity.rate_tiers import MARKET_MAKERS, TIER_SCOPES
from accounts.models import RateTier, User
from exchange import audit
from web.console.ask_first import ReasonField
from web.console.languages import lazily_said
from web.console.people_text_field import kept_text

_COLUMNS = ("name", *TIER_SCOPES)


class RateTierForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    why = ReasonField()

    class Meta:
        model = RateTier
        fields = _COLUMNS
        help_texts = dict.fromkeys(
            TIER_SCOPES,
            lazily_said(
                "Such as 2000/s, or 500/s 9000000/day. Empty: as everybody. 0: no limit.",
                "예: 2000/s 또는 500/s 9000000/day. 비우면 기본값, 0이면 제한이 없습니다.",
            ),
        )

    def clean_name(self) -> str:
        most = RateTier._meta.get_field("name").max_length
        assert most is not None, "a name has a longest"
        return kept_text(self.cleaned_data["name"], most)


@admin.register(RateTier)
class RateTierAdmin(ModelAdmin):
    """A change holds within a second, also on connections that are open."""

    form = RateTierForm
    list_display = (*_COLUMNS, "user_count")
    actions = None
    fields = (*_COLUMNS, "why")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RateTier]:
        rows: QuerySet[RateTier] = super().get_queryset(request)
        return rows.annotate(user_count=Count("users"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A reader who may not change them sees no field for a reason."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return _COLUMNS

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The tier of market makers is found by its name."""
        return ("name",) if obj is not None and obj.name == MARKET_MAKERS else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The audit log refers to it."""
        return False

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: RateTier, form: Any, change: bool) -> None:
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        before = _recorded(RateTier.objects.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)
        after = {name: value for name, value in _recorded(obj).items() if before.get(name) != value}
        if after:
            old = {name: before[name] for name in after if name in before}
            kind = "rate_tier.changed" if change else "rate_tier.made"
            audit.record(kind, by, obj, old, after, form.cleaned_data["why"])

    def log_addition(self, *_: Any) -> None:
        """The audit log has it; Django's own log of these pages is not kept."""

    def log_change(self, *_: Any) -> None:
        """As ``log_addition``."""

    @display(description=lazily_said("users", "사용자 수"))
    def user_count(self, tier: Any) -> int:
        return int(tier.user_count)


def _recorded(tier: RateTier) -> dict[str, Any]:
    return {name: getattr(tier, name) for name in _COLUMNS}
