"""How assets leave: their terms, and addresses that fit them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from custody.models import MAX_ADDRESS, MAX_TAG, AssetTerms
from custody.providers import registry
from custody.providers.interface import Provider
from exchange.errors import RefusedError, RequestError
from exchange.listing import catalog
from exchange.units.decimals import parse_units
from exchange.wire.field_readers import read_text
from exchange.wire.people_text import checked_text

MANUAL: Final = "manual"


class Target(NamedTuple):
    """Where money goes."""

    address: str
    tag: str


class _First(NamedTuple):
    """What an asset that ships begins with; fee and least amount as decimals."""

    fee: str
    minimum: str
    pattern: str


#: A bank's name and a number of an account there.
_BANK: Final = r".{2,60} [0-9][0-9-]{5,29}"
_FIRST: Final[Mapping[str, _First]] = {
    "KRW": _First("1000", "5000", _BANK),
    "USD": _First("5", "20", r".{2,60} [A-Z0-9][A-Z0-9-]{5,33}"),
    "BTC": _First("0.0002", "0.001", r"bc1[02-9ac-hj-np-z]{11,71}|[13][1-9A-HJ-NP-Za-km-z]{25,34}"),
    "ETH": _First("0.002", "0.01", r"0x[0-9a-fA-F]{40}"),
    "AAPL": _First("0", "1", r".{2,60} [A-Z0-9][A-Z0-9-]{3,29}"),
}


def seed_terms() -> None:
    """Terms of the assets that ship and have none yet, paid by hand; what an operator has set stays."""
    for listing in catalog.ASSETS:
        first = _FIRST[listing.asset]
        given = {
            "provider": MANUAL,
            "fee_minor": parse_units(first.fee, listing.scale),
            "minimum_minor": parse_units(first.minimum, listing.scale),
            "address_pattern": first.pattern,
        }
        AssetTerms.objects.get_or_create(asset=listing.asset, defaults=given)


def provider_of(terms: AssetTerms) -> Provider | None:
    """Who pays the asset out; None where the settings have no such provider."""
    return registry.find(terms.provider)


def is_open(terms: AssetTerms) -> bool:
    """Whether the asset can be withdrawn."""
    return terms.takes_withdrawals and provider_of(terms) is not None


def open_terms(asset: str) -> AssetTerms:
    """The terms of an asset that can be withdrawn. Raises WITHDRAWALS_CLOSED."""
    terms = AssetTerms.objects.filter(asset=asset).first()
    if terms is None or not is_open(terms):
        raise RefusedError("WITHDRAWALS_CLOSED", {"asset": asset})
    return terms


def read_target(data: Mapping[str, Any], terms: AssetTerms) -> Target:
    """Address and tag of a request. Raises MISSING_FIELD, INVALID_FIELD, INVALID_TEXT, and INVALID_ADDRESS
    for what the asset does not go to."""
    address = _text(data, "address", MAX_ADDRESS)
    if terms.address_pattern and re.fullmatch(terms.address_pattern, address) is None:
        raise RequestError("INVALID_ADDRESS", {"field": "address", "asset": terms.asset})
    if data.get("tag") is None:
        return Target(address, "")
    if not terms.has_tag:
        raise RequestError("INVALID_ADDRESS", {"field": "tag", "asset": terms.asset})
    return Target(address, _text(data, "tag", MAX_TAG))


def _text(data: Mapping[str, Any], field: str, most: int) -> str:
    return checked_text(read_text(data, field), field, most)
