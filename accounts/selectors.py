"""Reading users."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser


def active_user(user_id: Any) -> AbstractBaseUser | None:
    """The user of a token's claim, if he is still there and may log in."""
    try:
        return get_user_model().objects.filter(pk=int(user_id), is_active=True).first()
    except (TypeError, ValueError, OverflowError):
        return None
