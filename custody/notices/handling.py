"""What follows from a notice. It is a claim, and moves no money: where it fits what is known, the provider is
asked back at once; where it does not, operators are told.

A notice is handled once, in one transaction with what it changes. In any order, twice, or late it does no
harm: what it says is held against the order or the deposit as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from custody.deposits import telling
from custody.deposits.deposit_steps import DepositMovedOnError
from custody.models import ProviderNotice, Withdrawal
from custody.providers.webhook import UnreadableError, differences, read_deposit, text_of
from custody.states import WithdrawalEnd, WithdrawalState
from custody.withdrawals import steps
from custody.withdrawals.steps import MovedOnError
from exchange.listing.symbol_table import symbols
from exchange.telemetry.logs import get_logger
from exchange.units.decimals import format_units

logger = get_logger(__name__)

#: Notices of one pass.
BATCH: Final = 100
MAX_TROUBLE: Final = 200
_LONGEST_ID: Final = 18
#: An order to pay is out, and its end is not known.
_OUT: Final = (WithdrawalState.SENDING, WithdrawalState.SENT)
_PAID: Final = (WithdrawalState.SETTLING, WithdrawalState.PAID)
_NOT_PAID: Final = (WithdrawalState.RELEASING, WithdrawalState.ENDED)


def handle_open() -> int:
    """Handle the notices that were saved, oldest first; how many they were."""
    waiting = list(ProviderNotice.objects.filter(done_at__isnull=True).order_by("id")[:BATCH])
    for notice in waiting:
        try:
            _handle(notice)
        except (MovedOnError, DepositMovedOnError) as error:
            logger.info(
                "notice_handled_again",
                notice=notice.notice_id,
                provider=notice.provider,
                error=error,
            )
    return len(waiting)


@transaction.atomic
def _handle(notice: ProviderNotice) -> None:
    same = ProviderNotice.objects.filter(pk=notice.pk, done_at__isnull=True)
    # Ordering has no meaning in an update. Another process may be faster.
    if not same.order_by().update(done_at=timezone.now()):
        return
    handler = _HANDLERS.get(notice.body["kind"])
    try:
        trouble = "a notice of an unknown kind" if handler is None else handler(notice)
    except UnreadableError as error:
        trouble = f"cannot be read: {error}"
    if trouble:
        logger.warning("notice_trouble", notice=notice.notice_id, provider=notice.provider, trouble=trouble)
        ProviderNotice.objects.filter(pk=notice.pk).update(trouble=trouble[:MAX_TROUBLE])


# --- deposits ----------------------------------------------------------------------------------------------


def _deposit(notice: ProviderNotice) -> str:
    state = notice.body["kind"].partition(".")[2]
    return telling.told(notice.provider, read_deposit({**notice.body, "state": state}))


# --- payouts -----------------------------------------------------------------------------------------------


def _payout(notice: ProviderNotice) -> str:
    payout_id = text_of(notice.body, "payout_id")
    withdrawal = _named(notice.provider, payout_id)
    if withdrawal is None:
        return "there is no such payout"
    said = notice.body["kind"].partition(".")[2]
    wrong = _misfit(withdrawal, notice.body) if said == "paid" else ""
    if wrong:
        return _doubt(withdrawal, f"a notice says it was paid otherwise than ordered: {wrong}")
    if withdrawal.state in _OUT or _is_silent(withdrawal):
        steps.note(withdrawal, look_at=timezone.now())
        return ""
    if said == "accepted" or _agrees(withdrawal, said):
        return ""
    return _doubt(withdrawal, f"a notice says {said} of a withdrawal that is {withdrawal.state}")


def _named(provider: str, payout_id: str) -> Withdrawal | None:
    if not (len(payout_id) <= _LONGEST_ID and payout_id.isascii() and payout_id.isdigit()):
        return None
    return Withdrawal.objects.filter(pk=int(payout_id), provider=provider).first()


def _misfit(withdrawal: Withdrawal, said: dict[str, Any]) -> str:
    """Where the payout was another than the order, in words."""
    amount = format_units(withdrawal.amount_minor, symbols.asset_scale(withdrawal.asset))
    ordered = {
        "asset": withdrawal.asset,
        "amount": amount,
        "address": withdrawal.address,
        "tag": withdrawal.tag,
    }
    return differences(said, ordered)


def _is_silent(withdrawal: Withdrawal) -> bool:
    """Whether it is unclear because no answer came, and none that does not fit: it is still asked about."""
    return withdrawal.state == WithdrawalState.UNCLEAR and withdrawal.look_at is not None


def _agrees(withdrawal: Withdrawal, said: str) -> bool:
    if said == "paid":
        return withdrawal.state in _PAID
    return withdrawal.state in _NOT_PAID and withdrawal.end == WithdrawalEnd.FAILED


def _doubt(withdrawal: Withdrawal, trouble: str) -> str:
    """For operators: one whose end is not known becomes unclear, of another it is noted. One that is unclear
    keeps the words about what made it so."""
    trouble = trouble[:MAX_TROUBLE]
    logger.error(
        "withdrawal_trouble",
        withdrawal=withdrawal.pk,
        account=withdrawal.account,
        state=str(withdrawal.state),
        trouble=trouble,
    )
    if withdrawal.state in _OUT:
        steps.step(withdrawal, WithdrawalState.UNCLEAR, trouble=trouble, look_at=None)
    elif withdrawal.state != WithdrawalState.UNCLEAR:
        steps.note(withdrawal, trouble=trouble)
    return trouble


_HANDLERS: Final[dict[str, Callable[[ProviderNotice], str]]] = {
    **{f"deposit.{state}": _deposit for state in ("seen", "final", "reversed")},
    **{f"payout.{state}": _payout for state in ("accepted", "paid", "failed")},
}
