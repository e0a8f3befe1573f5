"""Withdrawals as their owner reads them: one, a page, and the terms they go by."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.conf import settings

from accounts.models import User
from custody import mail_policy
from custody.addresses import address_book, book_lock
from custody.asset_terms import is_open, provider_of
from custody.models import AssetTerms, Withdrawal, WithdrawalStep
from custody.states import CANCELABLE
from custody.withdrawals import withdrawal_limits
from custody.withdrawals.withdrawal_limits import Used
from exchange.errors import RefusedError, RequestError, shown
from exchange.listing.symbol_table import symbols
from exchange.units.decimals import format_units
from exchange.wire.rendering import Json

_ID_DIGITS: Final = 18


class Filter(NamedTuple):
    """Which withdrawals of an account; None: all."""

    asset: str | None = None
    state: str | None = None


def find(account: int, withdrawal_id: str) -> Withdrawal:
    """A withdrawal of the account. Raises WITHDRAWAL_NOT_FOUND, the same for another account's."""
    return _find(withdrawal_id, account=account)


def find_of_user(user_id: int, withdrawal_id: str) -> Withdrawal:
    """A withdrawal of any account of the user's: a letter names no account. Raises as ``find``."""
    return _find(withdrawal_id, user_id=user_id)


def _find(text: str, **whose: int) -> Withdrawal:
    is_id = text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS
    rows = Withdrawal.objects.select_related("user")
    found = rows.filter(pk=int(text), **whose).first() if is_id else None
    if found is None:
        details = {"field": "withdrawal_id", "withdrawal_id": shown(text)}
        raise RefusedError("WITHDRAWAL_NOT_FOUND", details)
    return found


def page(account: int, chosen: Filter, before: int | None, limit: int) -> tuple[list[Json], int | None]:
    """Newest first, and the cursor of the next page."""
    rows = Withdrawal.objects.filter(account=account)
    if chosen.asset is not None:
        rows = rows.filter(asset=chosen.asset)
    if chosen.state is not None:
        rows = rows.filter(state=chosen.state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[: limit + 1])
    cursor = found[limit - 1].pk if len(found) > limit else None
    return [render(row) for row in found[:limit]], cursor


def render(row: Withdrawal) -> Json:
    """A withdrawal as the wire has it in lists."""
    scale = symbols.asset_scale(row.asset)
    return {
        "withdrawal_id": str(row.pk),
        "client_withdrawal_id": row.client_withdrawal_id,
        "account": str(row.account),
        "asset": row.asset,
        "amount": format_units(row.amount_minor, scale),
        "fee": format_units(row.fee_minor, scale),
        "total": format_units(row.amount_minor + row.fee_minor, scale),
        "address": row.address,
        "tag": row.tag or None,
        "address_id": None if row.book_entry_id is None else str(row.book_entry_id),
        "state": row.state,
        "end": row.end or None,
        "end_reason": row.end_reason or None,
        "refusal_code": row.refusal_code or None,
        "transaction": row.transaction or None,
        "requested_at": _ms(row.requested_at),
        "confirm_by": _ms(row.confirm_by),
        "sent_at": _ms(row.sent_at),
        "ended_at": _ms(row.ended_at),
        "can_cancel": row.state in CANCELABLE,
    }


def render_whole(row: Withdrawal) -> Json:
    """With its steps; they name no operator."""
    return {**render(row), "steps": [_render_step(step) for step in row.steps.order_by("id")]}


def terms_json(user_id: int) -> Json:
    """What the user's withdrawals go by, and the assets."""
    standing = withdrawal_limits.standing_of(user_id)
    limits = {
        "currency": standing.currency,
        "day": _used(standing.day, standing.scale),
        "month": _used(standing.month, standing.scale),
    }
    review_above = withdrawal_limits.minor(settings.XTRADER["CUSTODY"]["REVIEW_ABOVE"], standing.scale)
    listed = [terms for terms in AssetTerms.objects.all() if _is_listed(terms.asset)]
    return {
        "level": standing.level,
        "limits": limits,
        **book_lock.render(user_id),
        "address_delay_s": int(address_book.delay().total_seconds()),
        "review_above": format_units(review_above, standing.scale),
        "confirms_by_letter": mail_policy.asks_letter(User.objects.get(pk=user_id)),
        "assets": [_render_terms(terms) for terms in listed],
    }


def _is_listed(asset: str) -> bool:
    """An asset that ships has its terms before the engine knows it."""
    try:
        symbols.asset_scale(asset)
    except RequestError:
        return False
    return True


def _render_terms(terms: AssetTerms) -> Json:
    scale, provider = symbols.asset_scale(terms.asset), provider_of(terms)
    return {
        "asset": terms.asset,
        "open": is_open(terms),
        "fee": format_units(terms.fee_minor, scale),
        "minimum": format_units(terms.minimum_minor, scale),
        "has_tag": terms.has_tag,
        "address_pattern": terms.address_pattern or None,
        "provider_is_manual": provider is not None and provider.is_manual,
        "deposits_open": terms.takes_deposits and provider is not None,
    }


def _render_step(step: WithdrawalStep) -> Json:
    return {"at": _ms(step.at), "state": step.to_state, "note": step.note or None}


def _used(used: Used, scale: int) -> dict[str, Any]:
    return {
        "limit": format_units(used.limit_minor, scale),
        "used": format_units(used.used_minor, scale),
        "left": format_units(used.left_minor, scale),
    }


def _ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)
