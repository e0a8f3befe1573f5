"""Who confirms by a letter."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from custody import mail_policy
from exchange.errors import RefusedError
from tests.custody.cast import custody_settings


@pytest.mark.parametrize(
    "policy, email, asks",
    [
        ("always", "alice@example.com", True),
        ("always", "", True),
        ("if_known", "alice@example.com", True),
        ("if_known", "", False),
        ("never", "alice@example.com", False),
        ("never", "", False),
    ],
)
def test_terms_say_what_a_request_will_ask_for(settings: Any, policy: str, email: str, asks: bool) -> None:
    """What the terms say beforehand is what holds then; where no letter can go there is no withdrawal."""
    custody_settings(settings, MAIL=policy)
    user = User(email=email)
    assert mail_policy.asks_letter(user) is asks
    if asks and not email:
        with pytest.raises(RefusedError, match="EMAIL_REQUIRED"):
            mail_policy.needs_letter(user)
    else:
        assert mail_policy.needs_letter(user) is asks
