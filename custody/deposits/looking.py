"""Asking the provider back about deposits: a notice may be forged, wrong or out of order; what the provider
answers to a question of ours decides."""

from __future__ import annotations

from django.utils import timezone

from custody.deposits import deposit_steps as steps
from custody.deposits.deposit_steps import DepositMovedOnError
from custody.deposits.telling import differences
from custody.models import AssetTerms, Deposit
from custody.providers import registry
from custody.providers.interface import IncomingDeposit, NeverSeen, Unknown
from custody.states import DepositState
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

#: Deposits of one pass.
BATCH = 100


def look_at_due() -> int:
    """Ask about every deposit that is due, and act on the answers; how many they were."""
    due = Deposit.objects.filter(look_at__lte=timezone.now()).order_by("look_at", "id")[:BATCH]
    silent: set[str] = set()
    for deposit in due:
        if deposit.provider in silent:
            # It has not answered a moment ago: nobody waits for it once more in this pass.
            continue
        try:
            if not look(deposit):
                silent.add(deposit.provider)
        except DepositMovedOnError as error:
            logger.info("deposits_not_looked_at", text=str(error))
    return len(due)


def look(deposit: Deposit) -> bool:
    """Ask about one; whether its provider has answered. No transaction is open meanwhile. Raises
    DepositMovedOnError."""
    if deposit.state == DepositState.CREDITING:
        # The engine may have credited it by now: what is said of it is for afterwards.
        steps.note(deposit, look_at=steps.later(deposit))
        return True
    provider = registry.find(deposit.provider)
    found = (
        Unknown("the settings have no such provider")
        if provider is None
        else provider.find_deposit(deposit.reference)
    )
    if isinstance(found, IncomingDeposit):
        _decide(deposit, found)
        return True
    trouble = "the provider does not know it" if isinstance(found, NeverSeen) else found.trouble
    steps.note(deposit, trouble=trouble[: steps.MAX_TROUBLE], look_at=steps.later(deposit))
    return isinstance(found, NeverSeen)


def _decide(deposit: Deposit, found: IncomingDeposit) -> None:
    if wrong := differences(deposit, found):
        steps.contradict(deposit, f"asked back, the provider says otherwise: {wrong}")
    elif found.is_reversed:
        steps.contradict(deposit, "it was taken back")
    elif deposit.state == DepositState.SEEN and found.is_final:
        _credit(deposit)
    elif deposit.state == DepositState.SEEN:
        steps.note(deposit, trouble="", look_at=steps.later(deposit))
        return
    if deposit.look_at is not None:
        steps.note(deposit, look_at=None)


def _credit(deposit: Deposit) -> None:
    """To its account, if nothing is in the way."""
    terms = AssetTerms.objects.filter(asset=deposit.asset, provider=deposit.provider).first()
    if deposit.account is None:
        steps.dispute(deposit, "its address is nobody's")
    elif terms is None or not terms.takes_deposits:
        steps.dispute(deposit, f"{deposit.asset} does not come in by this provider")
    elif not deposit.amount_minor:
        steps.dispute(deposit, "it is of nothing")
    else:
        steps.change(deposit, DepositState.CREDITING, trouble="")
