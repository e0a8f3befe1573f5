"""Two ledgers, the exchange's and its counterparty's, and what happens between them: rounds in which money is
asked for and comes while the job lives and dies, an end in which operators look into the counterparty's
books, and the comparison of the two, row by row and in sum."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from exchange.listing import catalog
from tests.custody import counterparty as bad
from tests.custody.counterparty import Counterparty

SCALES = {asset.asset: asset.scale for asset in catalog.ASSETS}
ASSETS = ("KRW", "BTC")
#: A life is cut short at a step up to one of these: among the first notices, or among what comes last.
MOST_STEPS = (20, 60, 200)
LIES_IN_NOTICES = 0.05
MANNERS = {
    bad.CUT_BEFORE: 0.05,
    bad.CUT_AFTER: 0.08,
    bad.ERROR: 0.05,
    bad.GARBAGE: 0.04,
    bad.UNSIGNED: 0.04,
    bad.FORGED: 0.03,
    bad.HUGE: 0.03,
    bad.REDIRECT: 0.03,
    bad.HANG: 0.01,
    bad.LIE: 0.1,
}


class World:
    """What the two ledgers have in common; how the exchange is reached differs."""

    #: Accounts of traders.
    traders: list[int]

    def __init__(self, seed: int, party: Counterparty) -> None:
        self.random = random.Random(seed)
        self.party = party
        self.deaths = 0

    # --- the exchange ----------------------------------------------------------------------------------

    def ask(self, do: str, **order: Any) -> Any:
        """Have something of ``lives.DO`` done to its end."""
        raise NotImplementedError

    def live(self, die_at: int) -> None:
        """One life of the job; 0: to its end."""
        raise NotImplementedError

    def send(self, headers: dict[str, str], body: bytes) -> int:
        """A notice; the status."""
        raise NotImplementedError

    def in_custody(self) -> dict[str, int]:
        """By the engine."""
        raise NotImplementedError

    # --- what happens ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Each trader asks for an address: without one it is not known whose a deposit is."""
        self.ask("begin", assets=list(ASSETS))
        self.party.manners = {}
        for account in self.traders:
            for asset in ASSETS:
                self.ask("address", account=account, asset=asset)

    def _misbehave(self) -> None:
        self.party.manners, self.party.lies_in_notices = dict(MANNERS), LIES_IN_NOTICES

    def run(self, rounds: int, deaths: int, check_every: int = 50) -> None:
        """So many rounds, of which at least ``deaths`` ended early."""
        self._misbehave()
        for number in range(rounds):
            self.round()
            if number % check_every == check_every - 1:
                self.end()
                self.check()
                self._misbehave()
        self.end()
        self.check()
        assert self.deaths >= deaths, "hardly any life ended early: the steps are not met"
        assert len(self.party.orders) > rounds / 4 and len(self.party.coming) > rounds / 4

    def round(self) -> None:
        """Money is asked for and comes, and the job lives once."""
        for _ in range(self.random.randint(0, 2)):
            asset = self.random.choice(ASSETS)
            self.ask(
                "withdraw",
                account=self.random.choice(self.traders),
                asset=asset,
                amount_minor=self.random.randint(1, 10**6),
            )
        for _ in range(self.random.randint(0, 2)):
            self._send_in()
        self.live(self.random.randint(1, self.random.choice(MOST_STEPS)))
        self.party.advance()
        self.party.deliver(self.send, share=0.7)

    def _send_in(self) -> None:
        """To an address of a trader's, or to nobody's."""
        account, asset = self.random.choice(self.traders), self.random.choice(ASSETS)
        amount = Decimal(self.random.randint(1, 10**6)).scaleb(-SCALES[asset])
        address = f"acct-{account}-{asset}" if self.random.random() < 0.95 else "nobody"
        self.party.send_in(address, asset, format(amount, "f"))

    # --- how it ends -----------------------------------------------------------------------------------

    def end(self) -> None:
        """The counterparty behaves, and operators look into its books."""
        self.party.manners, self.party.lies_in_notices = {}, 0.0
        for _ in range(4):
            self.party.finish()
            self.party.deliver(self.send)
            assert not self.party.notices, "the exchange takes no notices"
            self.live(0)
            self._find_out()
        self.live(0)

    def _find_out(self) -> None:
        for payout_id, state, _, _ in self.ask("withdrawals"):
            if state == "unclear":
                # No look-up is under way: what the counterparty has not seen by now never comes.
                order = self.party.orders.get(str(payout_id))
                self.ask("say", payout_id=payout_id, paid=order is not None and order.state == "paid")
        for deposit_id, reference, state, _, asset, _, _ in self.ask("deposits"):
            if state == "disputed":
                self._rule(deposit_id, reference, asset)

    def _rule(self, deposit_id: int, reference: str, asset: str) -> None:
        """Credit what is there to whom it was sent, else reject it."""
        coming = self.party.coming[reference]
        owner = self._owner(coming.body["address"])
        if coming.state != "final" or owner is None or coming.body["asset"] != asset:
            self.ask("rule", deposit_id=deposit_id, account=None, amount_minor=0)
            return
        amount_minor = int(Decimal(coming.body["amount"]).scaleb(SCALES[asset]))
        self.ask("rule", deposit_id=deposit_id, account=owner, amount_minor=amount_minor)

    @staticmethod
    def _owner(address: str) -> int | None:
        return int(address.split("-")[1]) if address.startswith("acct-") else None

    def check(self) -> None:
        """Both ledgers, row by row and in sum."""
        self._check_payouts()
        self._check_deposits()
        rejected: dict[str, Decimal] = dict.fromkeys(SCALES, Decimal(0))
        for _, reference, state, _, _, _, _ in self.ask("deposits"):
            coming = self.party.coming[reference]
            if state == "rejected" and coming.state == "final":
                rejected[coming.body["asset"]] += Decimal(coming.body["amount"])
        custody = self.in_custody()
        for asset in ASSETS:
            ours = Decimal(custody.get(asset, 0)).scaleb(-SCALES[asset])
            assert ours == self.party.held[asset] - rejected[asset], asset
        assert [row for row in self.ask("reconcile") if row["difference"] != "0"] == []

    def _check_payouts(self) -> None:
        known = set()
        for payout_id, state, amount_minor, asset in self.ask("withdrawals"):
            known.add(str(payout_id))
            order = self.party.orders.get(str(payout_id))
            assert state in ("paid", "ended", "refused"), (payout_id, state)
            assert (state == "paid") == (order is not None and order.paid > 0), (payout_id, state, order)
            if order is not None:
                assert order.received == 1, f"{payout_id} was ordered {order.received} times"
                assert Decimal(order.body["amount"]).scaleb(SCALES[asset]) == amount_minor
        assert set(self.party.orders) <= known

    def _check_deposits(self) -> None:
        found = {row[1]: row for row in self.ask("deposits")}
        for reference, coming in self.party.coming.items():
            _, _, state, amount_minor, asset, account, _ = found[reference]
            assert state in ("credited", "rejected"), (reference, state, coming)
            if state == "credited":
                assert coming.state == "final", (reference, coming)
                assert asset == coming.body["asset"] and account == self._owner(coming.body["address"])
                assert Decimal(amount_minor).scaleb(-SCALES[asset]) == Decimal(coming.body["amount"])
