"""What a provider says of a deposit. It says the same thing several times, in any order, and not always the
same: the first makes the row, each other is held against it. Nothing here makes a deposit final: saying
something only has the provider asked (``looking``)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from custody.deposits import deposit_steps as steps
from custody.deposits.crediting import command_id_of
from custody.models import Deposit, DepositAddress
from custody.providers.interface import IncomingDeposit
from custody.states import DepositState
from exchange.listing.symbol_table import symbols
from exchange.units.decimals import format_units

#: States in which asking the provider again can change something: of a credited one it may have been taken
#: back.
_ASKED_ABOUT = (DepositState.SEEN, DepositState.CREDITING, DepositState.CREDITED)


@transaction.atomic
def told(provider: str, said: IncomingDeposit) -> str:
    """Keep what a notice says; the trouble with it, empty where there is none. Raises DepositMovedOnError
    where another process has just changed the deposit: it is to be told again."""
    now = timezone.now()
    first = {
        "account": _account_of(provider, said),
        "asset": said.asset,
        "amount_minor": said.amount_minor,
        "address": said.address,
        "tag": said.tag,
        "command_id": command_id_of(provider, said.reference),
        "look_at": now,
    }
    deposit, is_new = Deposit.objects.get_or_create(
        provider=provider, reference=said.reference, defaults=first
    )
    if is_new:
        return ""
    if wrong := differences(deposit, said):
        trouble = f"a notice says otherwise: {wrong}"[: steps.MAX_TROUBLE]
        steps.contradict(deposit, trouble)
        return trouble
    if deposit.state == DepositState.SEEN or (deposit.state in _ASKED_ABOUT and said.is_reversed):
        steps.note(deposit, look_at=now)
    return ""


def differences(deposit: Deposit, said: IncomingDeposit) -> str:
    """Where the two do not agree, in words; empty: nowhere."""
    found = []
    if (said.asset, said.amount_minor) != (deposit.asset, deposit.amount_minor):
        found.append(
            f"{_amount(said.asset, said.amount_minor)}, not {_amount(deposit.asset, deposit.amount_minor)}"
        )
    if (said.address, said.tag) != (deposit.address, deposit.tag):
        found.append(f"to {f'{said.address} {said.tag}'.strip()[:60]!r}")
    return ", ".join(found)


def _amount(asset: str, amount_minor: int) -> str:
    return f"{format_units(amount_minor, symbols.asset_scale(asset))} {asset}"


def _account_of(provider: str, said: IncomingDeposit) -> int | None:
    """Whose address it is; None: nobody's."""
    same = DepositAddress.objects.filter(
        provider=provider, asset=said.asset, address=said.address, tag=said.tag
    )
    return same.values_list("account", flat=True).first()
