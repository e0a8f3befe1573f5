"""How people join, for administrators: invitations, terms of service, and the letters that go out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from accounts.identity import terms_of_service
from accounts.models import Invitation, Letter, TermsAcceptance, TermsOfService, User
from accounts.registration import joining_policy
from exchange import audit
from exchange.control.given_reasons import MAX_REASON
from web.console.base import ReadOnlyAdmin
from web.console.languages import lazily_said, said
from web.console.people_text_field import kept_text

#: Uses of one invitation.
MOST_USES = 100_000
#: Characters of the terms in one language: what a form can carry.
MOST_TERMS = 64 * 1024


def _asker(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin site admits no one else
    return request.user


def _time(moment: Any) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    def clean_note(self) -> str:
        return kept_text(self.cleaned_data["note"], MAX_REASON)

    def clean_max_uses(self) -> int:
        """Not fewer than have joined with it already."""
        wanted: int = self.cleaned_data["max_uses"]
        least = max(1, self.instance.uses)
        if not least <= wanted <= MOST_USES:
            raise ValidationError(said(f"{least} to {MOST_USES:,}.", f"{least}~{MOST_USES:,} 사이입니다."))
        return wanted


class _AuditedAdmin(ModelAdmin):
    """The audit log has what is done here; Django's own log of these pages is not kept."""

    def log_addition(self, *_: Any) -> None:
        """Nothing: see above."""

    def log_change(self, *_: Any) -> None:
        """Nothing: see above."""


@admin.register(Invitation)
class InvitationAdmin(_AuditedAdmin):
    """Codes to sign up with. One ends by its expiry or its uses: set the expiry to now to take it back."""

    form = InvitationForm
    list_display = ("code", "note", "used", "is_good", "expires")
    search_fields = ("code", "note")
    fields = ("code", "note", "max_uses", "expires_at", "joined", "made")
    readonly_fields = ("code", "joined", "made")
    actions = None

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        if not change:
            obj.code = joining_policy.new_code()
            obj.created_by = _asker(request)
        before = {name: form.initial.get(name) for name in form.changed_data} if change else None
        after = {name: form.cleaned_data[name] for name in form.changed_data}
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            # The code itself lets somebody in: its beginning names it.
            target = audit.Target("invitation", obj.code[:4], obj.note)
            kind = "invitation.changed" if change else "invitation.made"
            audit.record(kind, _asker(request), target, before, after)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who has joined by whom stays on the record."""
        return False

    @display(description=lazily_said("used", "사용"))
    def used(self, invitation: Invitation) -> str:
        return f"{invitation.uses:,} / {invitation.max_uses:,}"

    @display(description=lazily_said("valid", "유효"), boolean=True)
    def is_good(self, invitation: Invitation) -> bool:
        return joining_policy.is_good(invitation, timezone.now())

    @display(description=lazily_said("expires (UTC)", "만료 (UTC)"), empty_value="—")
    def expires(self, invitation: Invitation) -> str | None:
        return _time(invitation.expires_at)

    @display(description=lazily_said("joined with it", "이 코드로 가입"), empty_value="—")
    def joined(self, invitation: Invitation) -> SafeString | None:
        uses = invitation.used_by.select_related("user").order_by("pk")[:200]
        rows = [(use.user.get_username(), _time(use.used_at)) for use in uses]
        return format_html_join("", "<div>{} · {}</div>", rows) or None

    @display(description=lazily_said("made by", "만든 사람"), empty_value="—")
    def made(self, invitation: Invitation) -> str | None:
        if invitation.created_by is None:
            return None
        return f"{invitation.created_by} · {_time(invitation.created_at)}"


class TermsForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_text_en(self) -> str:
        return kept_text(self.cleaned_data["text_en"], MOST_TERMS, has_lines=True)

    def clean_text_ko(self) -> str:
        return kept_text(self.cleaned_data["text_ko"], MOST_TERMS, has_lines=True)

    def clean_effective_at(self) -> Any:
        """Not before now: nobody can have accepted them by then."""
        return max(self.cleaned_data["effective_at"], timezone.now())


@admin.register(TermsOfService)
class TermsAdmin(_AuditedAdmin):
    """Versions of the terms of service. What is published stays: people have accepted these words."""

    form = TermsForm
    list_display = ("version", "effective", "is_present", "acceptances_count", "published_by")
    fields = ("effective_at", "text_en", "text_ko")
    actions = None

    def save_model(self, request: HttpRequest, obj: TermsOfService, form: Any, change: bool) -> None:
        last = TermsOfService.objects.aggregate(last=Max("version"))["last"] or 0
        obj.version = last + 1
        obj.published_by = _asker(request)
        with transaction.atomic():
            obj.save(force_insert=True)
            after = {"effective_at": obj.effective_at}
            audit.record("terms.published", _asker(request), obj, None, after)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description=lazily_said("in force from (UTC)", "시행 (UTC)"))
    def effective(self, terms: TermsOfService) -> str | None:
        return _time(terms.effective_at)

    @display(description=lazily_said("present", "현재"), boolean=True)
    def is_present(self, terms: TermsOfService) -> bool:
        return terms == terms_of_service.present()

    @display(description=lazily_said("accepted by", "동의"))
    def acceptances_count(self, terms: TermsOfService) -> str:
        return f"{terms.acceptances.count():,}"


@admin.register(TermsAcceptance)
class TermsAcceptanceAdmin(ReadOnlyAdmin):
    """Who has accepted which version, and when."""

    list_display = ("user", "terms", "at")
    list_select_related = ("user", "terms")
    search_fields = ("user__username",)
    fieldsets = ((None, {"fields": ("user", "terms", "at")}),)

    @display(description="at (UTC)")
    def at(self, acceptance: TermsAcceptance) -> str | None:
        return _time(acceptance.accepted_at)


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Mails on their way and those of the last weeks. What they say is not kept."""

    list_display = ("kind", "recipient", "state", "created", "attempts", "trouble")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("recipient",)
    fieldsets = (
        (None, {"fields": (("kind", "recipient"), ("state", "attempts"), "trouble", ("created", "sent"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        rows: QuerySet[Letter] = super().get_queryset(request)
        return rows.defer("about")

    @display(description="saved (UTC)")
    def created(self, letter: Letter) -> str | None:
        return _time(letter.created_at)

    @display(description="sent (UTC)", empty_value="—")
    def sent(self, letter: Letter) -> str | None:
        return _time(letter.sent_at)
