"""People who join: what they send, and the letters they get, as the dispatcher's process sends them."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from rest_framework.test import APIClient

from accounts.delivery.postman import Postman

PASSWORD = "twelve quiet herons"
WISH = {"username": "dora", "email": "dora@example.com", "password": PASSWORD}


def delivered() -> list[Any]:
    """Send every letter that is due; the mails that this sent."""
    before = len(mail.outbox)
    while Postman().run_once():
        pass
    return mail.outbox[before:]


def link_in(message: Any) -> str:
    """The link of a letter; in its text and its page it is the same."""
    links = re.findall(r"^https?://\S+$", message.body, re.MULTILINE)
    assert len(links) == 1, message.body
    page = message.alternatives[0].content
    assert page.count(f'href="{links[0]}"') == 1
    return links[0]


def token_in(message: Any) -> str:
    """The last part of a letter's link."""
    return link_in(message).rsplit("/", 1)[1]


def post(api: APIClient, path: str, body: dict[str, Any], **headers: Any) -> Any:
    return api.post(path, body, format="json", **headers)


def join(api: APIClient, **changes: Any) -> Any:
    """Sign up and open the link; the answer to it."""
    asked = post(api, "/api/v1/signup", {**WISH, **changes})
    assert asked.status_code == 200, asked.json()
    (letter,) = delivered()
    return post(api, "/api/v1/signup/verify", {"token": token_in(letter)})
