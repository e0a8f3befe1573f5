"""API keys of users: whose they are, what they may do and when they last did. No page shows a secret; who may
can revoke one, for a stated reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.identity import notice_texts, notices
from accounts.keys import issuing
from accounts.models import ApiKey, User
from exchange.errors import RefusedError
from web.console.base import ReadOnlyAdmin
from web.console.languages import lazily_said, said
from web.console.people_text_field import PeopleTextField


class ReasonForm(forms.Form):
    reason = PeopleTextField(
        label=lazily_said("Reason", "사유"), max_length=120, widget=UnfoldAdminTextInputWidget()
    )


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("key_id", "user", "account", "label", "may", "last_used", "state")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("key_id", "user__username", "label")
    ordering = ("-created_at",)
    fieldsets = (
        (None, {"fields": (("key_id", "state"), ("user", "account"), ("label", "kind"))}),
        ("Bounds", {"fields": ("may", "from_where", ("rate", "expires"))}),
        ("Use", {"fields": (("made", "last_used", "last_used_from"),)}),
    )
    actions_detail = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Without what a key signs with."""
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return rows.defer("sealed_secret", "kek_id", "public_key")

    @action(
        description=lazily_said("Revoke", "폐기"),
        url_path="revoke",
        permissions=["revoke"],
        icon="key_off",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """After a question, with a reason that the user is told."""
        key: ApiKey = self.get_or_404(request, object_id)
        if not self.has_revoke_permission(request, object_id):
            raise PermissionDenied
        back_url = reverse("admin:accounts_apikey_change", args=[key.key_id])
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._revoke(request, key, form.cleaned_data["reason"])
            return HttpResponseRedirect(back_url)
        context = {
            **self.admin_site.each_context(request),
            "title": said(f"Revoke key {key.label} of {key.user}", f"{key.user}의 {key.label} 키 폐기"),
            "explanation": said(
                "Programs that use it stop at once. This cannot be taken back. The user is told the reason.",
                "이 키를 쓰는 프로그램이 바로 멈춥니다. 되돌릴 수 없으며, 사유가 사용자에게 전달됩니다.",
            ),
            "submit_text": said("Revoke", "폐기"),
            "back_url": back_url,
            "form": form,
        }
        return render(request, "admin/exchange/change_request_form.html", context)

    def _revoke(self, request: HttpRequest, key: ApiKey, reason: str) -> None:
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        try:
            issuing.revoke(key.user, key.key_id, by, reason)
        except RefusedError:
            # The user, or another operator, was quicker.
            return
        facts = {"label": key.label, "key_id": key.key_id, "reason": reason}
        notices.tell(key.user, notice_texts.KEY_REVOKED, facts)

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of a key that goes on."""
        is_open = ApiKey.objects.filter(key_id=str(object_id), revoked_at=None).exists()
        return is_open and request.user.has_perm("accounts.revoke_apikey")

    @display(description="may")
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="from")
    def from_where(self, key: ApiKey) -> str:
        return ", ".join(key.addresses) or "everywhere"

    @display(description="orders a second", empty_value="as the account")
    def rate(self, key: ApiKey) -> int | None:
        return key.order_rate

    @display(description="created (UTC)")
    def made(self, key: ApiKey) -> str:
        return f"{key.created_at:%Y-%m-%d %H:%M:%S}"

    @display(description="ends (UTC)", empty_value="never")
    def expires(self, key: ApiKey) -> str | None:
        return None if key.expires_at is None else f"{key.expires_at:%Y-%m-%d %H:%M:%S}"

    @display(description="last use (UTC)", empty_value="—")
    def last_used(self, key: ApiKey) -> str | None:
        return None if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}"

    @display(description="state")
    def state(self, key: ApiKey) -> str:
        return "in use" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
