"""Referrals: a user's code, who was brought by whom, and the referrer's share of the fees.

A user is tied to a referrer once, soon after signing up, and never in a circle. Of what all accounts of those
they brought paid in fees on a day, rebates taken off, the referrer gets a share of each asset, rounded down.
The daily job pays it out of the fee account.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.fee_models import FeeDay, FeeShare, Referral, ReferralCode
from exchange.engine import messages
from exchange.errors import RefusedError, RequestError
from exchange.models import Account, Asset, Symbol
from exchange.models.sums import ExactSum
from exchange.wire.rendering import Json, fee_rate, format_units

#: Letters and digits that nobody mistakes for another.
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH: Final = 8
_ATTEMPTS: Final = 8
_PPM: Final = 1_000_000
#: What the engine shows the receiver.
MEMO: Final = "referral"
#: How far a chain of referrals is followed; a longer one is taken for a circle.
MAX_CHAIN: Final = 1_000


def code_of(user_id: int) -> str:
    """The user's code, made at the first question."""
    for _ in range(_ATTEMPTS):
        found = ReferralCode.objects.filter(user=user_id).first()
        if found is not None:
            return found.code
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
        try:
            with transaction.atomic():
                return ReferralCode.objects.create(user_id=user_id, code=code).code
        except IntegrityError:
            continue  # the code is another's, or another process made this user's
    raise RuntimeError("no free referral code was drawn")


def tie(user_id: int, joined_at: dt.datetime, code: str) -> None:
    """Say who brought the user. Raises INVALID_FIELD for a code that nobody has, and REFERRAL_REFUSED with
    the reason: ``tied`` already, ``late``, ``own`` code, or a ``circle``."""
    found = ReferralCode.objects.filter(code=code.strip().upper()).first()
    if found is None:
        raise RequestError("INVALID_FIELD", {"field": "code"})
    if reason := _refusal(user_id, joined_at, found.user_id):
        raise RefusedError("REFERRAL_REFUSED", {"reason": reason})
    try:
        with transaction.atomic():
            # One tie at a time, and looked for again with the row in place: of two at once that make a
            # circle the later one ends here.
            ReferralCode.objects.select_for_update().order_by("pk").first()
            Referral.objects.create(user_id=user_id, referrer_id=found.user_id)
            if _leads_to(found.user_id, user_id):
                raise RefusedError("REFERRAL_REFUSED", {"reason": "circle"})
    except IntegrityError as error:
        raise RefusedError("REFERRAL_REFUSED", {"reason": "tied"}) from error


def closes_at(joined_at: dt.datetime) -> dt.datetime:
    """Until when the user can be tied."""
    return joined_at + dt.timedelta(days=settings.XTRADER["FEES"]["REFERRAL_DAYS"])


def _refusal(user_id: int, joined_at: dt.datetime, referrer_id: int) -> str:
    if Referral.objects.filter(user=user_id).exists():
        return "tied"
    if timezone.now() > closes_at(joined_at):
        return "late"
    if referrer_id == user_id:
        return "own"
    return "circle" if _leads_to(referrer_id, user_id) else ""


def _leads_to(start_id: int, user_id: int) -> bool:
    """Whether the chain of those who brought ``start_id`` comes to the user."""
    present: int | None = start_id
    for _ in range(MAX_CHAIN):
        referrers = Referral.objects.filter(user=present).values_list("referrer_id", flat=True)
        present = referrers.first()
        if present is None:
            return False
        if present == user_id:
            return True
    return True


# --- the daily job -----------------------------------------------------------------------------------


def save_shares(day: dt.date) -> None:
    """Write down what referrers get of a day. Call it in the transaction that adds the day up."""
    end = dt.datetime.combine(day, dt.time.max, dt.UTC)
    referrers = dict(Referral.objects.filter(tied_at__lte=end).values_list("user_id", "referrer_id"))
    referred = Account.objects.filter(user__referral__isnull=False)
    owners = dict(referred.values_list("number", "user_id"))
    quotes = dict(Symbol.objects.values_list("code", "quote_id"))
    fees: dict[tuple[int, str], int] = defaultdict(int)
    for account, symbol, maker_minor, taker_minor in _fees_of(day):
        owner = owners.get(account)
        if owner in referrers:
            fees[referrers[owner], quotes[symbol]] += maker_minor + taker_minor
    mains = dict(Account.objects.filter(user__isnull=False, name="").values_list("user_id", "number"))
    FeeShare.objects.bulk_create(
        FeeShare(
            day=day,
            referrer_id=referrer,
            asset=asset,
            account=mains[referrer],
            fees_minor=fees_minor,
            amount_minor=share_of(fees_minor),
        )
        for (referrer, asset), fees_minor in sorted(fees.items())
        if referrer in mains and share_of(fees_minor) > 0
    )


def _fees_of(day: dt.date) -> list[tuple[int, str, int, int]]:
    rows = FeeDay.objects.filter(day=day, account__in=Account.objects.filter(user__referral__isnull=False))
    return list(rows.values_list("account", "symbol", "maker_fee_minor", "taker_fee_minor"))


def share_of(fees_minor: int) -> int:
    """A referrer's part of fees, rounded down; 0 of rebates."""
    share_ppm: int = settings.XTRADER["FEES"]["REFERRAL_PPM"]
    return max(0, fees_minor) * share_ppm // _PPM


def command_of(share: FeeShare) -> messages.Command:
    """What pays a share, the same every time."""
    return messages.pay_from_fees(
        share.command_id, share.account, share.asset, share.amount_minor, f"{MEMO} {share.day.isoformat()}"
    )


# --- as JSON -----------------------------------------------------------------------------------------


def standing(user_id: int, joined_at: dt.datetime) -> Json:
    """The user's code, how many they brought, what it earned, and whether they can still be tied."""
    scales = dict(Asset.objects.values_list("code", "scale"))
    paid = FeeShare.objects.filter(referrer=user_id, is_sent=True, refusal_code="").order_by("asset")
    is_tied = Referral.objects.filter(user=user_id).exists()
    closes = closes_at(joined_at)
    return {
        "code": code_of(user_id),
        "share": fee_rate(settings.XTRADER["FEES"]["REFERRAL_PPM"]),
        "referred_count": Referral.objects.filter(referrer=user_id).count(),
        "earned": [
            {"asset": asset, "amount": format_units(amount_minor, scales[asset])}
            for asset, amount_minor in paid.values_list("asset").annotate(ExactSum("amount_minor"))
        ],
        "is_tied": is_tied,
        "closes_at": None if is_tied or closes < timezone.now() else int(closes.timestamp()) * 1_000,
    }
