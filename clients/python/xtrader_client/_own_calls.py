"""A user's own affairs: accounts, transfers between them, fees, terms of service."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from xtrader_client._base import BaseClient, Json
from xtrader_client._decimals import Number, wire_number
from xtrader_client._money import FeeRates, FeeStanding, OwnAccount, TransferResult


class OwnCalls(BaseClient):
    """All raise as the calls of ``RestCalls`` do."""

    async def get_fees(self) -> list[FeeRates]:
        """The account's fee rates on each symbol."""
        return [FeeRates.from_wire(row) for row in (await self._own("GET", "/v1/fees"))["fees"]]

    async def get_fee_standing(self) -> FeeStanding:
        """The account's fee tier, what is missing to the next, and its rates."""
        return FeeStanding.from_wire(await self._own("GET", "/v1/fees"))

    async def get_accounts(self) -> list[OwnAccount]:
        """The user's accounts, the main one first; of a key its own."""
        return [OwnAccount.from_wire(row) for row in (await self._own("GET", "/v1/accounts"))["accounts"]]

    async def open_account(self, name: str) -> OwnAccount:
        """Open a sub-account. Its ``status`` is ``opening`` where that took longer than five seconds. Raises
        Conflict for a name that is taken, Forbidden for a key, OutcomeUnknown when it was sent and not
        answered."""
        reply = await self._own("POST", "/v1/accounts", {"name": name})
        return OwnAccount.from_wire(reply["account"])

    async def change_account(
        self, account: str, *, name: str | None = None, status: Literal["active", "frozen"] | None = None
    ) -> OwnAccount:
        """Rename, freeze or thaw an account of the user, by name or number. A frozen one enters no orders and
        sends no transfers. Raises Forbidden for a key, and for thawing what an operator froze."""
        given = {"name": name, "status": status}
        body = {field: value for field, value in given.items() if value is not None}
        reply = await self._own("PATCH", f"/v1/accounts/{quote(account, safe='')}", body)
        return OwnAccount.from_wire(reply["account"])

    async def transfer(
        self,
        from_account: str,
        to_account: str,
        asset: str,
        amount: Number,
        *,
        client_transfer_id: str | None = None,
    ) -> TransferResult:
        """Move an amount between two accounts of the user, by name or number. Give a ``client_transfer_id``
        to be able to send it again: the same transfer gets the first reply and moves nothing. Raises Refused
        for too small a balance, NotFound for an account that is not the user's, OutcomeUnknown when it was
        sent and not answered."""
        body: Json = {
            "from": from_account,
            "to": to_account,
            "asset": asset,
            "amount": wire_number(amount),
        }
        if client_transfer_id is not None:
            body["client_transfer_id"] = client_transfer_id
        return TransferResult.from_wire(await self._own("POST", "/v1/transfer", body))

    async def accept_terms(self, version: int) -> None:
        """Accept the terms of service for the user, in the version that is in force, as the ``details`` of
        ``TermsNotAccepted`` name it; ``call("GET", "/api/v1/terms")`` has their text. Raises TermsNotAccepted
        for another version, Forbidden for a key."""
        await self._own("POST", "/api/v1/terms/accept", {"version": version})

    async def _own(self, method: str, path: str, body: Json | None = None) -> Any:
        return await self._rest.call(method, path, body=body, authenticated=True)
