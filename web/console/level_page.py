"""The verification level of a customer, which decides how much may be withdrawn."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from custody import levels
from web.console.ask_first import ReasonField
from web.console.base import as_id
from web.console.languages import lazily_said, said


class LevelForm(forms.Form):
    level = forms.ChoiceField(label=lazily_said("level", "등급"), required=False)
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        custody = settings.XTRADER["CUSTODY"]
        currency = settings.XTRADER["FEES"]["CURRENCY"]
        choices = [("", said(f"the default ({custody['LEVEL']})", f"기본값 ({custody['LEVEL']})"))]
        choices += [
            (str(level), f"{level}: {day:,} / {month:,} {currency}")
            for level, (day, month) in sorted(custody["LIMITS"].items())
        ]
        field = self.fields["level"]
        field.choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them
        field.widget = UnfoldAdminSelectWidget(choices=choices)


class Levels:
    """For the ModelAdmin of users."""

    def has_set_level_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of customers, and not of oneself."""
        user = User.objects.filter(pk=as_id(str(object_id)) or 0).first()
        may = request.user.has_perm(levels.PERMISSION)
        return may and user is not None and not user.is_staff and user.pk != request.user.pk

    @action(
        description=lazily_said("Verification level", "인증 등급"),
        url_path="withdrawal-level",
        permissions=["set_level"],
        icon="verified_user",
    )
    def withdrawal_level(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        user = get_object_or_404(User, pk=as_id(object_id) or 0)
        by = request.user
        if not isinstance(by, User) or not self.has_set_level_permission(request, object_id):
            raise PermissionDenied
        back_url = reverse("admin:accounts_user_change", args=[user.pk])
        present = levels.given_level(user)
        form = LevelForm(request.POST or None, initial={"level": "" if present is None else str(present)})
        if form.is_valid():
            chosen = form.cleaned_data["level"]
            levels.set_level(user, int(chosen) if chosen else None, by, form.cleaned_data["reason"])
            return HttpResponseRedirect(back_url)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]  # of a ModelAdmin
            "title": said(f"Verification level of {user}", f"{user}의 인증 등급"),
            "explanation": said(
                "How much may be withdrawn in 24 hours and in 30 days, over all accounts of the user.",
                "사용자의 모든 계정을 합한 24시간 및 30일 출금 한도입니다.",
            ),
            "submit_text": said("Set", "설정"),
            "back_url": back_url,
            "form": form,
        }
        return render(request, "admin/exchange/change_request_form.html", context)

    @display(description=lazily_said("verification level", "인증 등급"))
    def level_said(self, user: User) -> str:
        given = levels.given_level(user)
        default = settings.XTRADER["CUSTODY"]["LEVEL"]
        return said(f"{default} (the default)", f"{default} (기본값)") if given is None else str(given)
