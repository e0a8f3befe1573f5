"""A provider behind signed HTTP: docs/custody-providers.md has its protocol.

An answer counts only if the status is 200 and the signature is the provider's, over this very request.
Everything else, from a broken connection to a page of a proxy, is ``Unknown``. What the provider says of a
payout has to name the order as it was given; only the amount of ``Paid`` is handed on for others to compare.

Questions are asked again, within a budget; an order to pay only where no byte of it has left. A provider that
does not answer is left alone for a while.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from custody.models import MAX_ADDRESS, MAX_TAG
from custody.providers import webhook_signing, webhook_transport
from custody.providers.interface import (
    Accepted,
    Answer,
    Failed,
    Found,
    IncomingDeposit,
    NeverSeen,
    NotSent,
    Paid,
    Payout,
    Unknown,
)
from custody.providers.webhook_signing import SecretError, Secrets
from custody.providers.webhook_transport import NeverLeftError, TransportAnswer, TransportError
from exchange.errors import RequestError
from exchange.listing.symbol_table import symbols
from exchange.telemetry.breakers import DependencyAway, breaker
from exchange.telemetry.logs import get_logger
from exchange.telemetry.retries import retried
from exchange.units.decimals import NumberText, format_units, parse_units
from exchange.wire.strict_json import read_object

logger = get_logger(__name__)

MAX_REFERENCE: Final = 128
MAX_REASON: Final = 200
_OK: Final = 200
#: The one address that moves money.
_PAY: Final = "/payouts"
#: After so many calls without an answer a provider is left alone for a while, seconds.
FAILURES: Final = 5
PAUSE_S: Final = 10.0
#: Hosts that nothing between here and there can listen to.
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Json = Mapping[str, Any]


class UnreadableError(Exception):
    """What the provider says has not the shape of the protocol. The message says where."""


class WebhookProvider:
    """One provider, of options ``url`` and ``secret_file``. Raises ImproperlyConfigured for others."""

    is_manual = False

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        if set(options) - {"kind"} != {"url", "secret_file"}:
            raise ImproperlyConfigured(
                f"CUSTODY_PROVIDERS: {name} needs url and secret_file, and nothing else"
            )
        check_url(name, str(options["url"]))
        self.name = name
        self._url = str(options["url"]).rstrip("/")
        self._path = urlsplit(self._url).path
        self._secret_file = Path(str(options["secret_file"]))

    def secrets(self) -> Secrets:
        """As the file has them now. Raises SecretError."""
        return webhook_signing.read_secrets(self._secret_file)

    # --- payouts ----------------------------------------------------------------------------------------

    def send(self, payout: Payout) -> Answer:
        """Give the order to pay, once."""
        found = self._about_payout(_PAY, order_of(payout), payout)
        if isinstance(found, NeverSeen):
            return Unknown("it does not know the order that it was just given")
        return found

    def look_up(self, payout: Payout) -> Found:
        """What became of the order."""
        found = self._about_payout("/payouts/find", {"payout_id": payout.payout_id}, payout)
        return Unknown(found.trouble) if isinstance(found, NotSent) else found

    def _about_payout(self, place: str, question: Json, payout: Payout) -> Found | NotSent:
        said = self._ask(place, question)
        if isinstance(said, NotSent | Unknown):
            return said
        try:
            return read_payout(said, payout)
        except UnreadableError as error:
            return Unknown(f"cannot be read: {error}")

    # --- deposits and holdings --------------------------------------------------------------------------

    def find_deposit(self, reference: str) -> IncomingDeposit | Unknown | NeverSeen:
        said = self._told("/deposits/find", {"reference": reference})
        if isinstance(said, Unknown):
            return said
        try:
            if text_of(said, "state") == "unknown":
                return NeverSeen()
            found = read_deposit(said)
        except UnreadableError as error:
            return Unknown(f"cannot be read: {error}")
        if found.reference != reference:
            return Unknown("it answers about another deposit")
        return found

    def deposit_address(self, account: int, asset: str) -> tuple[str, str] | Unknown | None:
        said = self._told("/deposit-addresses", {"account": str(account), "asset": asset})
        if isinstance(said, Unknown):
            return said
        try:
            if "address" in said and said["address"] is None:
                return None
            return text_of(said, "address", MAX_ADDRESS), text_of(said, "tag", MAX_TAG, is_optional=True)
        except UnreadableError as error:
            return Unknown(f"cannot be read: {error}")

    def holdings(self) -> dict[str, int] | Unknown:
        said = self._told("/holdings", {})
        if isinstance(said, Unknown):
            return said
        try:
            rows = said.get("holdings")
            if not isinstance(rows, Mapping):
                raise UnreadableError("holdings is no object")
            known = [asset for asset in rows if is_listed(asset)]
            return {asset: amount_of(rows, asset, scale_of(asset)) for asset in known}
        except UnreadableError as error:
            return Unknown(f"cannot be read: {error}")

    # --- asking -----------------------------------------------------------------------------------------

    def _told(self, place: str, question: Json) -> Json | Unknown:
        """The same where it is no matter whether the question was sent."""
        said = self._ask(place, question)
        return Unknown(said.trouble) if isinstance(said, NotSent) else said

    def _ask(self, place: str, question: Json) -> Json | NotSent | Unknown:
        """The provider's own answer."""
        body = json.dumps(question, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            secrets = self.secrets()
        except SecretError as error:
            logger.error("provider_key_missing", provider=self.name, text=str(error))
            return NotSent("the provider's secret is missing here")
        headers = webhook_signing.request_headers(secrets, "POST", f"{self._path}{place}", body)
        try:
            answer = self._post(place, headers, body)
        except DependencyAway as error:
            return NotSent(f"no connection: {error}"[:MAX_REASON])
        except NeverLeftError as error:
            return NotSent(f"no connection: {error}"[:MAX_REASON])
        except TransportError as error:
            return Unknown(f"no answer: {error}"[:MAX_REASON])
        signed = webhook_signing.answer_content(headers[webhook_signing.SIGNATURE], answer.body)
        if answer.status != _OK:
            return Unknown(f"it answers with status {answer.status}")
        if not secrets.is_right(answer.headers.get("x-signature", ""), signed):
            return Unknown("its answer is not signed")
        return _members(answer)

    def _post(self, place: str, headers: Mapping[str, str], body: bytes) -> TransportAnswer:
        """Raises TransportError, and DependencyAway while the provider's breaker is open."""
        timeout_s: float = settings.XTRADER["CUSTODY"]["TIMEOUT_S"]
        guard = breaker(f"custody:{self.name}", (TransportError,), failures=FAILURES, pause_s=PAUSE_S)
        once = partial(webhook_transport.post, f"{self._url}{place}", headers, body, timeout_s)
        may_repeat = NeverLeftError if place == _PAY else TransportError
        return guard.call(
            lambda: retried(f"custody:{self.name}", once, may_repeat, attempts=2, patience_s=timeout_s / 2)
        )


def order_of(payout: Payout) -> dict[str, str]:
    """The order as it is sent."""
    amount = format_units(payout.amount_minor, payout.scale)
    return {
        "payout_id": payout.payout_id,
        "asset": payout.asset,
        "amount": amount,
        "address": payout.address,
        "tag": payout.tag,
    }


def _members(answer: TransportAnswer) -> Json | Unknown:
    try:
        return read_object(answer.body)
    except RequestError as error:
        return Unknown(f"cannot be read: {error.code}")


# --- reading what it says -------------------------------------------------------------------------------


def read_payout(said: Json, payout: Payout) -> Found:
    """What is said of a payout; Unknown where it is of another order. Raises UnreadableError."""
    state = text_of(said, "state")
    if text_of(said, "payout_id") != payout.payout_id:
        return Unknown("it answers about another payout")
    if state == "accepted":
        return Accepted(text_of(said, "reference", is_optional=True))
    if state == "failed":
        return Failed(text_of(said, "reason", MAX_REASON, is_optional=True) or "no reason given")
    if state == "unknown":
        return NeverSeen()
    if state != "paid":
        raise UnreadableError(f"state {state[:20]!r}")
    if wrong := differences(said, {"asset": payout.asset, "address": payout.address, "tag": payout.tag}):
        return Unknown(f"it says it was paid otherwise than ordered: {wrong}"[:MAX_REASON])
    reference = text_of(said, "reference", is_optional=True)
    transaction = text_of(said, "transaction", is_optional=True)
    return Paid(reference, transaction, amount_of(said, "amount", payout.scale))


def read_deposit(said: Json) -> IncomingDeposit:
    """What is said of a deposit. Raises UnreadableError."""
    state, asset = text_of(said, "state"), text_of(said, "asset")
    if state not in ("seen", "final", "reversed"):
        raise UnreadableError(f"state {state[:20]!r}")
    return IncomingDeposit(
        reference=text_of(said, "reference"),
        asset=asset,
        amount_minor=amount_of(said, "amount", scale_of(asset)),
        address=text_of(said, "address", MAX_ADDRESS),
        is_final=state == "final",
        tag=text_of(said, "tag", MAX_TAG, is_optional=True),
        is_reversed=state == "reversed",
    )


def differences(said: Json, expected: Mapping[str, str]) -> str:
    """Which of these members are not as expected, in words; empty: none."""
    found = {name: said.get(name, "") for name in expected}
    return ", ".join(
        f"{name} {str(found[name])[:60]!r}" for name in expected if found[name] != expected[name]
    )


def scale_of(asset: str) -> int:
    """The decimals of an asset. Raises UnreadableError."""
    try:
        return symbols.asset_scale(asset)
    except RequestError:
        raise UnreadableError(f"asset {asset[:16]!r} is not known here") from None


def is_listed(asset: str) -> bool:
    """Whether the asset is in our ledger: a provider may keep others for us."""
    try:
        symbols.asset_scale(asset)
    except RequestError:
        return False
    return True


def check_url(name: str, url: str) -> None:
    """Raises ImproperlyConfigured for an address that requests should not go to."""
    parts = urlsplit(url)
    is_plain = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and (parts.hostname in _LOCAL or settings.XTRADER["INSECURE_HTTP"])
    )
    if not (is_plain and is_safe):
        raise ImproperlyConfigured(
            f"CUSTODY_PROVIDERS: {name} needs an address such as https://example.com/gateway; "
            "http:// is for this machine only"
        )


def text_of(said: Json, name: str, longest: int = MAX_REFERENCE, *, is_optional: bool = False) -> str:
    """A member that is printable text. Raises UnreadableError."""
    value = said.get(name)
    if value is None and is_optional:
        return ""
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise UnreadableError(f"{name} is no text")
    if not (len(value) <= longest and value.isprintable()) or not (value or is_optional):
        raise UnreadableError(f"{name} is not 1 to {longest} printable characters")
    return value


def amount_of(said: Json, name: str, scale: int) -> int:
    """A member that is an amount, as decimal text, from zero on. Raises UnreadableError."""
    value = said.get(name)
    try:
        if isinstance(value, str) and not isinstance(value, NumberText):
            if (amount_minor := parse_units(value, scale)) >= 0:
                return amount_minor
    except ValueError:
        pass
    raise UnreadableError(f"{name} is no amount of at most {scale} decimals")
