"""Where an account's deposits of an asset come in: asked of the provider once, then the same for ever."""

from __future__ import annotations

from typing import NamedTuple

from django.db import IntegrityError, transaction

from custody.models import AssetTerms, DepositAddress
from custody.providers import registry
from custody.providers.interface import Unknown
from exchange.errors import ApiError
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)


class Place(NamedTuple):
    """An address with its tag; without one ``address`` is None: operators know where to."""

    is_open: bool
    address: str | None
    tag: str


def place_for(account: int, asset: str) -> Place:
    """The first time the provider is asked, and the call blocks for as long as that takes. Raises
    PROVIDER_UNAVAILABLE where it does not answer."""
    terms = AssetTerms.objects.filter(asset=asset).first()
    if terms is None or not terms.takes_deposits:
        return Place(False, None, "")
    row = _found(account, terms)
    if row is not None:
        return Place(True, row.address, row.tag)
    provider = registry.find(terms.provider)
    if provider is None:
        return Place(False, None, "")
    given = provider.deposit_address(account, asset)
    if isinstance(given, Unknown):
        logger.warning("deposit_address_refused", provider=provider.name, asset=asset, trouble=given.trouble)
        raise ApiError("PROVIDER_UNAVAILABLE")
    return Place(True, None, "") if given is None else _kept(account, terms, *given)


def _kept(account: int, terms: AssetTerms, address: str, tag: str) -> Place:
    """Save it, unless another process has. Raises PROVIDER_UNAVAILABLE for an address of another account."""
    try:
        with transaction.atomic():
            DepositAddress.objects.create(
                account=account, asset=terms.asset, provider=terms.provider, address=address, tag=tag
            )
    except IntegrityError:
        row = _found(account, terms)
        if row is None:
            logger.error(
                "deposit_address_is_anothers", provider=terms.provider, account=account, asset=terms.asset
            )
            raise ApiError("PROVIDER_UNAVAILABLE") from None
        return Place(True, row.address, row.tag)
    return Place(True, address, tag)


def _found(account: int, terms: AssetTerms) -> DepositAddress | None:
    return DepositAddress.objects.filter(account=account, asset=terms.asset, provider=terms.provider).first()
