"""Engine = database = client, to the last unit: ``python -m bench.agreement`` with a running instance's
environment prints what engine and database say; ``check`` sets it against what the client was told.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bench.load import Tally
from bench.orders import FIRST_ACCOUNT

#: Of BTC-KRW: quantities count in satoshi, KRW in hundred-millionths.
_LOTS, _MINOR = Decimal(10**8), Decimal(10**8)


def check(tally: Tally, said: dict[str, Any]) -> list[str]:
    """Every disagreement, in words."""
    quantity, fees = tally.sums()
    told = {
        "orders": tally.orders,
        "taker_lots": int(quantity * _LOTS),
        "taker_fees_minor": int(fees * _MINOR),
    }
    found = [
        f"{name}: the client was told {value}, the database has {said['client'][name]}"
        for name, value in told.items()
        if value != said["client"][name]
    ]
    return found + said["problems"]


def _problems() -> Iterator[str]:
    """Where engine and database differ: balances, and the sums of fills and transfers that lead to them."""
    from django.conf import settings

    from exchange.link.blocking import BlockingEngineClient

    with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"], timeout_ms=60_000) as client:
        client.wait_connected(30)
        for account, balances in _stored_balances().items():
            said = {
                asset: (available, held) for asset, available, held in client.query("balances", account).value
            }
            if said != balances:
                yield f"account {account}: engine {said}, database {balances}"
    sums = _sums_of_effects()
    for account, balances in _stored_balances().items():
        for asset, (available, held) in balances.items():
            by_ledger = sums.get((account, asset), 0)
            if by_ledger != available + held:
                yield f"account {account} {asset}: {available + held}, by its ledger {by_ledger}"


def _stored_balances() -> dict[int, dict[str, tuple[int, int]]]:
    from exchange.models import Balance

    found: dict[int, dict[str, tuple[int, int]]] = {}
    rows = Balance.objects.filter(account__gte=FIRST_ACCOUNT)
    for account, asset, *amounts in rows.values_list("account", "asset", "available_minor", "held_minor"):
        found.setdefault(account, {})[asset] = (int(amounts[0]), int(amounts[1]))
    return found


def _sums_of_effects() -> dict[tuple[int, str], int]:
    from django.db.models import Sum

    from exchange.models import Fill, Transfer

    sums: dict[tuple[int, str], int] = {}
    fills = Fill.objects.filter(account__gte=FIRST_ACCOUNT).values("account")
    for row in fills.annotate(base=Sum("base_delta_minor"), quote=Sum("quote_delta_minor")):
        sums[row["account"], "BTC"] = int(row["base"])
        sums[row["account"], "KRW"] = int(row["quote"])
    for transfer in Transfer.objects.filter(account__gte=FIRST_ACCOUNT):
        key = (transfer.account, transfer.asset)
        sums[key] = sums.get(key, 0) + transfer.change_minor
    return sums


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    import django

    django.setup()
    from django.db.models import Sum

    from exchange.models import Fill, Order

    taken = Fill.objects.filter(account__gte=FIRST_ACCOUNT, is_taker=True)
    sums = taken.aggregate(lots=Sum("quantity_lots"), fees=Sum("fee_minor"))
    client = {
        "orders": Order.objects.filter(account__gte=FIRST_ACCOUNT).count(),
        "taker_lots": int(sums["lots"] or 0),
        "taker_fees_minor": int(sums["fees"] or 0),
    }
    print(json.dumps({"client": client, "problems": list(_problems())}))


if __name__ == "__main__":
    main()
