"""Taking in a notice: proven, bounded, and saved as it came before anything follows from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction

from custody.models import ProviderNotice
from custody.providers import registry
from custody.providers.webhook import WebhookProvider
from custody.providers.webhook_signing import SecretError, check_request
from exchange.errors import ApiError, RefusedError, RequestError
from exchange.telemetry.logs import get_logger
from exchange.wire.strict_json import read_object

logger = get_logger(__name__)

#: The longest notice that is taken.
MAX_NOTICE_BYTES: Final = 16_384
MAX_NOTICE_ID: Final = 64
_MAX_KIND: Final = 40


def receive(
    provider: str, timestamp: str | None, signature: str | None, target: str, body: bytes
) -> ProviderNotice:
    """Save a provider's POST to ``target``, the path as it was sent. When this returns, the notice is
    committed, by this call or by an earlier one with the same id and content.

    Raises NOT_FOUND for a provider that there is not, BODY_TOO_LARGE, MISSING_FIELD, INVALID_FIELD,
    TIMESTAMP_OUT_OF_WINDOW, INVALID_SIGNATURE, INVALID_JSON, INTERNAL where the secret is missing here, and
    DUPLICATE_ID for an id with another content."""
    found = registry.find(provider)
    if not isinstance(found, WebhookProvider):
        raise RefusedError("NOT_FOUND")
    if len(body) > MAX_NOTICE_BYTES:
        raise RequestError("BODY_TOO_LARGE", {"maximum_bytes": MAX_NOTICE_BYTES})
    try:
        secrets = found.secrets()
    except SecretError as error:
        logger.error("notices_not_checked", provider=provider, text=str(error))
        raise ApiError("INTERNAL") from None
    check_request(secrets, timestamp, signature, target, body)
    said = read_object(body)
    _check_text(said)
    notice_id = _short_text(said, "notice_id", MAX_NOTICE_ID)
    _short_text(said, "kind", _MAX_KIND)
    return _saved(provider, notice_id, said)


def _saved(provider: str, notice_id: str, said: Mapping[str, Any]) -> ProviderNotice:
    try:
        with transaction.atomic():
            return ProviderNotice.objects.create(provider=provider, notice_id=notice_id, body=said)
    except IntegrityError:
        known = ProviderNotice.objects.get(provider=provider, notice_id=notice_id)
    if known.body != said:
        logger.error("notice_told_two_things", provider=provider, notice=notice_id)
        raise RefusedError("DUPLICATE_ID", {"field": "notice_id"})
    return known


def _short_text(said: Mapping[str, Any], name: str, longest: int) -> str:
    value = said.get(name)
    if value is None:
        raise RequestError("MISSING_FIELD", {"field": name})
    if not isinstance(value, str) or not (1 <= len(value) <= longest and value.isprintable()):
        raise RequestError(
            "INVALID_FIELD", {"field": name, "expected": f"1 to {longest} printable characters"}
        )
    return value


def _check_text(said: Mapping[str, Any]) -> None:
    """Texts that databases do not keep: NUL, and halves of characters. Raises INVALID_JSON."""
    try:
        text = json.dumps(said, ensure_ascii=False)
        text.encode()
    except (UnicodeEncodeError, RecursionError):
        text = "\\u0000"
    if "\\u0000" in text:
        raise RequestError("INVALID_JSON", {"reason": "a character that is none"})
