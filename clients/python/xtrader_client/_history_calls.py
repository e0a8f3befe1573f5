"""Whole histories: what their rows come to, files of them, the portfolio and the tax report."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Literal

from xtrader_client._base import BaseClient, Json
from xtrader_client._literals import ExportedHistory, PortfolioRange, TotalledHistory


class HistoryCalls(BaseClient):
    """All raise as the calls of ``RestCalls`` do. Replies are the JSON of the API, decimals as text:
    docs/rest.md names the fields."""

    async def get_totals(self, history: TotalledHistory, **filters: Any) -> Json:
        """What the rows of ``orders``, ``fills`` or ``ledger`` come to. ``filters`` are those of the list:
        ``symbol``, ``start``, ``end`` (ms UTC), ``side``, ``status``, ``type`` and so on."""
        reply: Json = await self._rest.call(
            "GET", f"/v1/{history}/totals", params=filters, authenticated=True
        )
        return reply

    async def get_portfolio(
        self,
        range: PortfolioRange = "1m",
        currency: str | None = None,
        *,
        accounts: Literal["all"] | None = None,
    ) -> Json:
        """Holdings with cost and profit by average and by FIFO, their value over a range, performance.
        ``currency``: everything converted to it, by the rates that the reply names. ``accounts``: over all
        accounts of the user."""
        params = {"range": range, "currency": currency, "accounts": accounts}
        reply: Json = await self._rest.call("GET", "/v1/portfolio", params=params, authenticated=True)
        return reply

    async def get_tax_report(self, year: int, currency: str | None = None) -> Json:
        """A calendar year asset by asset, in the user's time zone."""
        params = {"year": year, "currency": currency}
        reply: Json = await self._rest.call("GET", "/v1/tax-report", params=params, authenticated=True)
        return reply

    async def export_csv(self, what: ExportedHistory, path: str | PathLike[str], **filters: Any) -> int:
        """Save ``orders``, ``fills`` or ``ledger`` with the filters of the list, or ``tax-report`` with
        ``year``, as a CSV file; the bytes it has. It is written as it comes, under another name until it is
        whole. ConnectionLost where it broke off."""
        target = Path(path)
        part = target.with_name(f"{target.name}.part")
        try:
            size = await self._rest.save(f"/v1/export/{what}", part, params=filters)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return size
