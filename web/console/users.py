"""Users and their roles, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.identity import emails, ending_log_ins, notices, passwords, roles, second_factor
from accounts.keys import issuing
from accounts.models import User
from exchange import audit
from exchange.control.account_requests import open_account
from exchange.errors import message_of
from exchange.models import Asset
from web.access.language import active_language
from web.access.people_limits import charge_mailbox
from web.console.ask_first import Question, ReasonField, ask_first
from web.console.base import ReadOnlyAdmin, as_id
from web.console.languages import lazily_said, said
from web.console.level_page import Levels
from web.console.people_text_field import kept_text

ROLE_CHOICES = [(role, role) for role in roles.ROLES]

admin.site.unregister(Group)


class RoleField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=ROLE_CHOICES, widget=UnfoldAdminSelectWidget(choices=ROLE_CHOICES), **kwargs)


class NewUserForm(UserCreationForm):
    role = RoleField(help_text="A trader or market maker gets an account; the others get the operator pages.")

    class Meta(UserCreationForm.Meta):
        model = User


class EditUserForm(UserChangeForm):
    role = RoleField()
    why = ReasonField(required=False)

    class Meta(UserChangeForm.Meta):
        model = User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].initial = roles.role_of(self.instance)

    def clean_first_name(self) -> str:
        return kept_text(self.cleaned_data["first_name"], 150)

    def clean_last_name(self) -> str:
        return kept_text(self.cleaned_data["last_name"], 150)

    def clean_display_currency(self) -> str:
        wanted: str = self.cleaned_data["display_currency"]
        if "display_currency" in self.changed_data and not Asset.objects.filter(code=wanted).exists():
            raise ValidationError(message_of("ASSET_NOT_FOUND", active_language()))
        return wanted


@admin.register(User)
class UserAdmin(Levels, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """One role a user instead of loose permissions: no user gets more than a role has."""

    form = EditUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "role", "account_numbers", "is_active", "last_seen")
    list_filter = ("groups", "is_active")
    search_fields = ("username", "email")
    filter_horizontal = ()
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": (("username", "role"), "password")}),
        (
            "Person",
            {"fields": (("first_name", "last_name"), "email", ("language", "time_zone", "display_currency"))},
        ),
        (
            "State",
            {
                "fields": (
                    ("is_active", "account_numbers"),
                    ("last_seen", "joined"),
                    ("level_said", "rate_tier"),
                )
            },
        ),
        (None, {"fields": ("why",)}),
    )
    add_fieldsets = ((None, {"fields": ("username", "role", "password1", "password2")}),)
    readonly_fields = ("account_numbers", "last_seen", "joined", "level_said")
    actions = None
    actions_detail = (
        "end_log_ins",
        "revoke_keys",
        "send_reset_link",
        "reset_second_factor",
        "withdrawal_level",
    )

    @action(
        description=lazily_said("End log-ins", "로그인 종료"),
        url_path="end-log-ins",
        permissions=["end_log_ins"],
        icon="logout",
        variant=ActionVariant.WARNING,
    )
    def end_log_ins(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Of a user who asks for it, or whose log-in somebody else has."""
        user = self._allowed(request, object_id, self.has_end_log_ins_permission)
        return self._ask(
            request,
            user,
            said(f"End all log-ins of {user}", f"{user}의 모든 로그인 종료"),
            said(
                "Browsers, tokens and sockets end within a second. API keys go on.",
                "브라우저, 토큰, 소켓이 1초 안에 종료됩니다. API 키는 유지됩니다.",
            ),
            lambda by, reason: ending_log_ins.end_all(user, by, reason),
        )

    @action(
        description=lazily_said("Revoke keys", "키 취소"),
        url_path="revoke-keys",
        permissions=["end_log_ins"],
        icon="key_off",
        variant=ActionVariant.WARNING,
    )
    def revoke_keys(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        user = self._allowed(request, object_id, self.has_end_log_ins_permission)

        def act(by: User, reason: str) -> None:
            issuing.revoke_all(user, by, reason)

        return self._ask(
            request,
            user,
            said(f"Revoke all keys of {user}", f"{user}의 모든 키 취소"),
            said(
                "No request signed with them is taken any more. The user makes new ones.",
                "서명된 요청이 더 이상 처리되지 않습니다. 사용자가 새 키를 만듭니다.",
            ),
            act,
        )

    @action(
        description=lazily_said("Send reset link", "재설정 링크 발송"),
        url_path="send-reset-link",
        permissions=["send_reset_link"],
        icon="mail_lock",
    )
    def send_reset_link(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """To the user's own address: who has it sent never sees the link."""
        user = self._allowed(request, object_id, self.has_send_reset_link_permission)

        def act(by: User, reason: str) -> None:
            charge_mailbox(user.email)
            passwords.send_reset(user, by, reason)

        return self._ask(
            request,
            user,
            said(f"Send {user} a link to set a new password", f"{user}에게 비밀번호 재설정 링크 발송"),
            said(
                f"The letter goes to {user.email}. The old password holds until the link is used.",
                f"{user.email} 주소로 메일을 보냅니다. 링크를 사용할 때까지 기존 비밀번호가 유지됩니다.",
            ),
            act,
        )

    @action(
        description=lazily_said("Reset second factor", "2단계 인증 초기화"),
        url_path="reset-second-factor",
        permissions=["reset_second_factor"],
        icon="lock_reset",
        variant=ActionVariant.DANGER,
    )
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """For a user who has lost it."""
        user = self._allowed(request, object_id, self.has_reset_second_factor_permission)
        return self._ask(
            request,
            user,
            said(f"Reset the second factor of {user}", f"{user}의 2단계 인증 초기화"),
            said(
                "The user sets up a new one at the next log-in. Make sure it is the user who asks.",
                "다음 로그인 때 새로 설정하게 됩니다. 본인의 요청인지 확인해 주세요.",
            ),
            lambda by, reason: second_factor.reset(user, by, reason),
        )

    def _allowed(self, request: HttpRequest, object_id: str, is_allowed: Callable[..., bool]) -> User:
        """The user of the page. Raises PermissionDenied, also for one the requester may not see."""
        user = get_object_or_404(User, pk=as_id(object_id) or 0)
        if not is_allowed(request, object_id):
            raise PermissionDenied
        return user

    def _ask(
        self,
        request: HttpRequest,
        user: User,
        title: str,
        explanation: str,
        act: Callable[[User, str], None],
    ) -> HttpResponseBase:
        """A link alone changes nothing: the page asks first."""
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        back_url = reverse("admin:accounts_user_change", args=[user.pk])
        question = Question(title, explanation, title, back_url)
        return ask_first(request, self.admin_site, question, lambda reason: act(by, reason))

    def has_end_log_ins_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of users one sees, but not of superusers."""
        return request.user.has_perm("accounts.end_log_ins") and self._reached(request, object_id) is not None

    def has_send_reset_link_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of those who can get and use it."""
        if not request.user.has_perm("accounts.send_reset_link"):
            return False
        user = self._reached(request, object_id)
        return user is not None and user.is_active and bool(user.email)

    def _reached(self, request: HttpRequest, object_id: Any) -> User | None:
        """A user whom the requester sees, and may act on: on superusers only they may."""
        user: User | None = self.get_queryset(request).filter(pk=as_id(str(object_id)) or 0).first()
        is_out_of_reach = user is not None and user.is_superuser and not request.user.is_superuser
        return None if is_out_of_reach else user

    def has_reset_second_factor_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change the user, but not oneself: that would make a stolen session a lasting one."""
        user = User.objects.filter(pk=as_id(str(object_id)) or 0).first()
        if user is None or user.pk == request.user.pk or not second_factor.is_set_up(user):
            return False
        return self.has_change_permission(request, user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Support sees customers alone."""
        rows = super().get_queryset(request).prefetch_related("accounts", "groups")
        if request.user.has_perm("accounts.view_staff"):
            return rows
        return rows.filter(is_staff=False, is_superuser=False)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """A reader who may not change users sees nothing of the password, not even its hash, nor the field
        for a reason."""
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": (("username", "role"),)}), *self.fieldsets[1:-1])

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """A reader who may not change users has no form, and so no role field: show the role as text."""
        if obj is not None and not self.has_change_permission(request, obj):
            return (*self.readonly_fields, "role")
        return self.readonly_fields

    @display(description="role", empty_value="—")
    def role(self, user: User) -> str | None:
        return "superuser" if user.is_superuser else roles.role_of(user)

    @display(description="accounts", empty_value="—")
    def account_numbers(self, user: User) -> str:
        return ", ".join(str(account.number) for account in user.accounts.all())

    @display(description="last log-in (UTC)", empty_value="—")
    def last_seen(self, user: User) -> str | None:
        return None if user.last_login is None else f"{user.last_login:%Y-%m-%d %H:%M:%S}"

    @display(description="created (UTC)")
    def joined(self, user: User) -> str:
        return f"{user.date_joined:%Y-%m-%d %H:%M:%S}"

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser touches a superuser."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Users stay for the record; they are made inactive."""
        return False

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and obj.pk == request.user.pk:
            return _guarded(form, obj)
        return form

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        before = _recorded(User.objects.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            emails.adopt(obj)
        role, reason = form.cleaned_data.get("role"), form.cleaned_data.get("why", "")
        if role in roles.TRADING_ROLES:
            open_account(obj, requested_by=by)
        after = _recorded(obj)
        changed = [name for name in after if after[name] != before.get(name)]
        if not change:
            audit.record("user.created", by, obj, None, after)
        elif changed:
            old, new = ({name: values[name] for name in changed} for values in (before, after))
            audit.record("user.changed", by, obj, old, new, reason)
        if role:
            roles.assign_role(obj, role, by, reason)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's page."""
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        with transaction.atomic(), notices.saved_by(by):
            return super().user_change_password(request, id, form_url)

    def log_addition(self, *_: Any) -> None:  # type: ignore[override]  # Django does not look at it
        """The audit log has it; Django's own log of these pages is not kept."""

    def log_change(self, *_: Any) -> None:  # type: ignore[override]  # Django does not look at it
        """As ``log_addition``."""


#: Of a user's row, what the audit log does not show.
_NOT_RECORDED: Final = frozenset({"id", "password", "last_login", "date_joined"})


def _recorded(user: User) -> dict[str, Any]:
    fields = (field.attname for field in User._meta.concrete_fields)
    return {name: getattr(user, name) for name in fields if name not in _NOT_RECORDED}


def _guarded(form: type[forms.ModelForm[User]], user: User) -> type[forms.ModelForm[User]]:
    """The form of one's own user, which cannot lock its user out by accident."""

    class OwnUserForm(form):  # type: ignore[misc, valid-type]
        def clean(self) -> dict[str, Any]:
            cleaned = super().clean() or self.cleaned_data
            if not cleaned.get("is_active", True):
                raise ValidationError("You cannot make yourself inactive.")
            if "role" in cleaned and cleaned["role"] != roles.role_of(user):
                raise ValidationError("You cannot change your own role; another administrator can.")
            return dict(cleaned)

    return OwnUserForm


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """What each role may do; it stands in the code and follows it."""

    list_display = ("name", "users")
    fieldsets = ((None, {"fields": ("name", "may")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request).annotate(user_count=Count("user"))
        return rows

    @display(description="users")
    def users(self, group: Any) -> int:
        return int(group.user_count)

    @display(description="may")
    def may(self, group: Group) -> str:
        return "; ".join(each.name for each in roles.PERMISSIONS if group.name in each.roles) or "—"
