"""Users and their roles, for administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from exchange import roles
from exchange.admin.base import ReadOnlyAdmin
from exchange.models import Account
from exchange.services import open_account

ROLE_CHOICES = [(role, role) for role in roles.ROLES]

admin.site.unregister(User)
admin.site.unregister(Group)


class RoleField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=ROLE_CHOICES, widget=UnfoldAdminSelectWidget(choices=ROLE_CHOICES), **kwargs)


class NewUserForm(UserCreationForm):
    role = RoleField(help_text="A trader gets an account; the others get the operator pages.")


class EditUserForm(UserChangeForm):
    role = RoleField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].initial = roles.role_of(self.instance)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """One role a user instead of loose permissions: nobody can give what the roles do not have."""

    form = EditUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "role", "account_number", "is_active", "last_seen")
    list_filter = ("groups", "is_active")
    search_fields = ("username", "email")
    filter_horizontal = ()
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": (("username", "role"), "password")}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("State", {"fields": (("is_active", "account_number"), ("last_seen", "joined"))}),
    )
    add_fieldsets = ((None, {"fields": ("username", "role", "password1", "password2")}),)
    readonly_fields = ("account_number", "last_seen", "joined")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).select_related("account").prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Someone who may only look sees nothing of the password, not even its hash."""
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": (("username", "role"),)}), *self.fieldsets[1:])

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Someone who may only look has no form, and so no role field: show the role as text."""
        if obj is not None and not self.has_change_permission(request, obj):
            return (*self.readonly_fields, "role")
        return self.readonly_fields

    @display(description="role", empty_value="—")
    def role(self, user: User) -> str | None:
        return "superuser" if user.is_superuser else roles.role_of(user)

    @display(description="account", empty_value="—")
    def account_number(self, user: User) -> int | None:
        account: Account | None = getattr(user, "account", None)
        return None if account is None else account.number

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

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if obj is not None and obj.pk == request.user.pk:
            return _guarded(form, obj)
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        role = form.cleaned_data.get("role")
        if role:
            roles.assign_role(obj, role)
        if role == roles.TRADER:
            open_account(obj, requested_by=request.user)


def _guarded(form: type[forms.ModelForm], user: User) -> type[forms.ModelForm]:
    """The form of one's own user: nobody locks himself out by accident."""

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
        return super().get_queryset(request).annotate(user_count=Count("user"))

    @display(description="users")
    def users(self, group: Any) -> int:
        return group.user_count

    @display(description="may")
    def may(self, group: Group) -> str:
        return ", ".join(permission.name for permission in group.permissions.all()) or "trade on the site"


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Changes of users made on these pages; changes of the exchange are change requests."""

    list_display = ("at", "user", "object_repr", "change_message")
    list_select_related = ("user", "content_type")
    fieldsets = ((None, {"fields": ("at", "user", "object_repr", "change_message")}),)

    @display(description="at (UTC)")
    def at(self, entry: LogEntry) -> str:
        return f"{entry.action_time:%Y-%m-%d %H:%M:%S}"
