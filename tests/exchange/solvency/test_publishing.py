"""Publications of a living venue: made at the tables' position, read as proofs, audited by the journal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from exchange.engine import messages as m
from exchange.models import (
    Balance,
    Fill,
    SolvencyAsset,
    SolvencyLeaf,
    SolvencyNodes,
    SolvencyReport,
    Transfer,
)
from exchange.solvency import liabilities as books
from exchange.solvency import publishing
from tests.conftest import LiveEngine, Person
from tools import verify_solvency as verifier

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(live_engine: LiveEngine, alice: Person, bob: Person, settings: LazySettings) -> LiveEngine:
    """Alice and bob have traded, moved money and asked for withdrawals."""
    settings.XTRADER = {
        **settings.XTRADER,
        "JOURNAL_URL": f"file://{live_engine.folder / 'journal'}",
        "SNAPSHOT_DIR": live_engine.folder / "snapshots",
    }
    alice.place(side="sell", quantity="0.03")
    bob.place()
    bob.place(price="90000000")
    next_id = live_engine.command_id
    live_engine.submit(
        m.hold_withdrawal(next_id(), alice.account, "w1", "KRW", 10**12, 5),
        m.hold_withdrawal(next_id(), alice.account, "w2", "KRW", 10**11, 7),
        m.settle_withdrawal(next_id(), alice.account, "w2"),
        m.move(next_id(), bob.account, alice.account, "BTC", 10**6),
        m.pay_from_fees(next_id(), bob.account, "KRW", 3),
    )
    live_engine.project()
    return live_engine


def solvency(*arguments: str) -> str:
    out = StringIO()
    call_command("solvency", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def complaints(*arguments: str) -> str:
    """What the command says as it fails."""
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("solvency", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_what_is_published_is_what_is_owed_and_in_custody(venue: LiveEngine) -> None:
    solvency("publish")
    public: dict[str, Any] = Client().get("/api/v1/solvency").json()
    (report,) = public["reports"]
    assert report["sequence"] == venue.sequence
    for row in report["assets"]:
        owed, fees, custody = (int(row[f"{name}_minor"]) for name in ("liabilities", "fees", "custody"))
        held = Balance.objects.filter(asset=row["asset"]).values_list("available_minor", "held_minor")
        assert (owed, owed + fees) == (sum(map(sum, held)), custody)
    assert any(int(row["fees_minor"]) for row in report["assets"])
    assert verifier.root_of(report) == report["root"]


def test_everyone_can_prove_all_balances(venue: LiveEngine, alice: Person, bob: Person) -> None:
    solvency("publish")
    root = Client().get("/api/v1/solvency").json()["reports"][0]["root"]
    for person in (alice, bob):
        found = verifier.verify(person.get("/v1/solvency/proof").json(), root)
        rows = Balance.objects.filter(account=person.account)
        owed = {(row.asset, row.available_minor + row.held_minor) for row in rows}
        assert {(asset, amount) for _, asset, amount in found} == {pair for pair in owed if pair[1]}
        assert {account for account, _, _ in found} == {str(person.account)}


def test_proofs_are_their_owners(venue: LiveEngine, alice: Person) -> None:
    solvency("publish")
    assert Client().get("/v1/solvency/proof").status_code == 401
    leaves = alice.get("/v1/solvency/proof").json()["leaves"]
    assert {leaf["account"] for leaf in leaves} == {str(alice.account)}


def test_a_later_publication_leaves_the_earlier_one_as_it_was(venue: LiveEngine, alice: Person) -> None:
    solvency("publish")
    first = alice.get("/v1/solvency/proof").json()
    alice.place(side="sell", quantity="0.01", price="90000000")
    venue.project()
    solvency("publish")
    second = alice.get("/v1/solvency/proof").json()
    assert second["report"]["sequence"] > first["report"]["sequence"]
    sequence = first["report"]["sequence"]
    assert alice.get("/v1/solvency/proof", sequence=sequence).json() == first
    found = Client().get("/api/v1/solvency").json()["reports"]
    assert [report["sequence"] for report in found] == [second["report"]["sequence"], sequence]
    assert len(Client().get("/api/v1/solvency?limit=1").json()["reports"]) == 1
    for number in (sequence, second["report"]["sequence"]):
        assert "root:" in solvency("verify", "--sequence", str(number))
        assert "root:" in solvency("audit", "--sequence", str(number))


def test_a_sequence_is_published_once(venue: LiveEngine) -> None:
    assert solvency("publish") == solvency("publish")
    assert SolvencyReport.objects.count() == 1


def test_old_leaves_are_forgotten_and_can_still_be_audited(
    venue: LiveEngine, alice: Person, settings: LazySettings
) -> None:
    settings.XTRADER = {**settings.XTRADER, "SOLVENCY_KEPT": 1}
    solvency("publish")
    old = SolvencyReport.objects.get().sequence
    alice.place(price="90000000")
    venue.project()
    solvency("publish")
    refused = alice.get("/v1/solvency/proof", sequence=old)
    assert (refused.status_code, refused.json()["error"]) == (404, "PUBLICATION_NOT_FOUND")
    assert not SolvencyNodes.objects.filter(report=old).exists()
    assert "root:" in solvency("audit", "--sequence", str(old))
    assert "leaves are kept" in complaints("verify", "--sequence", str(old))


def test_before_the_first_publication(live_engine: LiveEngine, alice: Person) -> None:
    assert Client().get("/api/v1/solvency").json() == {"reports": []}
    assert alice.get("/v1/solvency/proof").json()["error"] == "PUBLICATION_NOT_FOUND"
    with pytest.raises(CommandError, match="no such publication"):
        solvency("verify")


def spoil_balance() -> None:
    row = Balance.objects.exclude(available_minor=0)[0]
    row.available_minor -= 1
    row.save()


def test_tables_that_differ_from_the_engine_are_not_published(venue: LiveEngine) -> None:
    spoil_balance()
    assert "tables" in complaints("publish")
    assert not SolvencyReport.objects.exists()


def less_owed() -> None:
    leaf = SolvencyLeaf.objects.all()[0]
    leaf.amount_minor -= 1
    leaf.save()


def a_leaf_gone() -> None:
    SolvencyLeaf.objects.all()[0].delete()


def another_root() -> None:
    SolvencyReport.objects.update(root="0" * 64)


def less_in_the_sum() -> None:
    row = SolvencyAsset.objects.get(asset="KRW")
    row.liabilities_minor -= 1
    row.save()


def more_in_custody() -> None:
    row = SolvencyAsset.objects.get(asset="KRW")
    row.custody_minor += 1
    row.save()


@pytest.mark.parametrize("spoil", [less_owed, a_leaf_gone, another_root, less_in_the_sum, more_in_custody])
def test_a_publication_that_was_changed_is_noticed(venue: LiveEngine, spoil: Any) -> None:
    solvency("publish")
    spoil()
    assert complaints("verify")


def a_fill_changed() -> None:
    row = Fill.objects.all()[0]
    row.base_delta_minor += 1
    row.save()


def a_transfer_gone() -> None:
    Transfer.objects.filter(kind=m.MOVED_IN)[0].delete()


def another_state() -> None:
    SolvencyReport.objects.update(state_hash="0" * 64)


@pytest.mark.parametrize(
    "spoil", [a_fill_changed, a_transfer_gone, another_root, another_state, less_in_the_sum, more_in_custody]
)
def test_an_audit_believes_the_journal_alone(venue: LiveEngine, spoil: Any) -> None:
    solvency("publish")
    spoil()
    assert complaints("audit")


@pytest.mark.parametrize("asset, amount", [("KRW", -1), ("KRW", 1)])
def test_a_state_that_does_not_add_up_is_no_book(venue: LiveEngine, asset: str, amount: int) -> None:
    from exchange.journal.recovery import recover

    engine, _ = recover(venue.folder / "journal", None)
    assert books.read_book(engine).assets
    engine._state.ledger.accounts[m.CUSTODY_ACCOUNT].balances[asset].available += amount
    with pytest.raises(books.InsolvencyError):
        books.read_book(engine)


def test_a_path_crosses_rows_of_nodes(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "NODES_PER_ROW", 4)
    owed = {account: account * 3 for account in range(1_000, 1_150)}
    asset = books.AssetBook("KRW", 0, owed, 5, sum(owed.values()) + 5)
    report = publishing.publish(books.Book(9, 10, "0" * 64, [asset]), 1)
    grown = publishing.grow(asset, bytes(report.secret))
    for account in owed:
        (proof,) = publishing.proofs(report, account)
        index = grown.index_of[account]
        assert proof.leaf.index == index
        assert proof.path == publishing.tree.path_of(grown.levels, index)


@pytest.mark.django_db(transaction=True)
def test_position_and_balances_are_read_at_one_moment(venue: LiveEngine) -> None:
    """In a transaction of its own, as on the command line, and not in the test's."""
    assert "root:" in solvency("publish")
