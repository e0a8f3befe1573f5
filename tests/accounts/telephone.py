"""A telephone with an authenticator app."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal import auth as totp


class Telephone:
    """Shows the code of a secret, now or some steps of 30 seconds away."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def code(self, steps: int = 0) -> str:
        step = int(time.time()) // 30 + steps
        return str(totp.format_hotp_value(totp.hotp_value(self.secret, step)))
