"""``manage.py replay lobster|canonical|cme``: real order flow through a running engine."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exchange.management.progress_bar import shown_on
from replays import cme
from replays.canonical import CanonicalFlow
from replays.lobster import PRICE_SCALE, Best, LobsterFlow
from replays.runner import Flow, Pace, replay, running_engine
from replays.sources import DataMissing, data_file

LOBSTER_MESSAGES = "lobster/AAPL50_message_0930_1030.csv.xz"
LOBSTER_SAMPLE = "lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip"
CANONICAL_MESSAGES = "canonical/normal_seed23_1m.csv.xz"
CANONICAL_HASH = "canonical/sha256.txt"
CME_ROWS = "cme/ESH4_20231225_mbo.csv.xz"
#: Of the exchange's own best prices, or of its trades, the share ours must equal.
REQUIRED_SHARE = 0.999


class Command(BaseCommand):
    help = "Replay real order flow through an engine of its own and compare with the known answers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        flows = parser.add_subparsers(dest="flow", required=True)
        lobster = flows.add_parser("lobster", help="the AAPL hour of NASDAQ, against its best bid and ask")
        lobster.add_argument("messages", nargs="?", help="level-50 message file (csv or xz)")
        lobster.add_argument("sample", nargs="?", help="archive of the level-1 sample (zip)")
        canonical = flows.add_parser("canonical", help="the conformance workload, against its hash")
        canonical.add_argument("messages", nargs="?", help="the workload (csv or xz)")
        canonical.add_argument("hash", nargs="?", help="file that begins with the published SHA-256")
        futures = flows.add_parser("cme", help="an hour of E-mini S&P futures, against its trades and fills")
        futures.add_argument("messages", nargs="?", help="market-by-order file (csv or xz)")
        for flow in (lobster, canonical, futures):
            flow.add_argument(
                "--data", type=Path, help="data folder to make and keep (default: a temporary one)"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        runs = {"lobster": self._lobster, "canonical": self._canonical, "cme": self._cme}
        try:
            runs[options["flow"]](options)
        except (DataMissing, FileNotFoundError) as missing:
            raise CommandError(str(missing)) from missing

    def _lobster(self, options: dict[str, Any]) -> None:
        messages = options["messages"] or data_file(LOBSTER_MESSAGES)
        flow = LobsterFlow(messages, options["sample"] or data_file(LOBSTER_SAMPLE))
        self._run(flow, options["data"])
        verdict = flow.verdict
        for mismatch in verdict.mismatches:
            self.stdout.write(f"mismatch at message {mismatch.message}: {mismatch.line}")
            self.stdout.write(f"    ours {_prices(mismatch.ours)}")
            self.stdout.write(f"  theirs {_prices(mismatch.theirs)}")
        equal = verdict.compared - len(verdict.mismatches)
        share = f"{verdict.equal_share:.4%}"
        self.stdout.write(
            f"best bid and ask equal after {equal:,} of {verdict.compared:,} messages ({share})"
        )
        self.stdout.write(f"executions not of the oldest order: {flow.translator.out_of_turn}")
        if verdict.equal_share < REQUIRED_SHARE:
            raise CommandError(f"{share} is less than {REQUIRED_SHARE:.1%}")

    def _canonical(self, options: dict[str, Any]) -> None:
        messages = options["messages"] or data_file(CANONICAL_MESSAGES)
        published = Path(options["hash"] or data_file(CANONICAL_HASH)).read_text().split()[0]
        flow = CanonicalFlow(messages)
        self._run(flow, options["data"])
        found = flow.reporter.hexdigest()
        self.stdout.write(f"SHA-256 of {flow.reporter.reports:,} reports: {found}")
        if found != published:
            raise CommandError(f"the published hash is {published}")
        self.stdout.write("equal to the published hash")

    def _cme(self, options: dict[str, Any]) -> None:
        flow = cme.CmeFlow(options["messages"] or data_file(CME_ROWS))
        self._run(flow, options["data"])
        verdict = flow.verdict
        for difference in verdict.differences:
            if difference.kind == cme.DIFFERENT:
                self.stdout.write(f"other orders filled at line {difference.line}: {difference.trade}")
                self.stdout.write(f"    ours {difference.ours}")
        self.stdout.write(_futures(verdict))
        self.stdout.write(f"levels entered again after a difference: {flow.translator.repaired_levels}")
        if verdict.equal_trades < REQUIRED_SHARE * verdict.trades:
            raise CommandError(f"less than {REQUIRED_SHARE:.1%} of the trades are equal")

    def _run(self, flow: Flow, data: Path | None) -> None:
        """Replay on an engine of its own and print the rates. Raises CommandError if ``data`` is in use."""
        if data is None:
            with tempfile.TemporaryDirectory(prefix="xtrader-replay-") as folder:
                self._run(flow, Path(folder))
            return
        if (data / "journal").exists():
            raise CommandError(f"{data} has a journal already; a replay needs an empty folder")
        data.mkdir(parents=True, exist_ok=True)
        with running_engine(data) as engine, shown_on(self.stderr):
            pace = replay(flow, engine.client)
        self.stdout.write(_rates(pace))


def _rates(pace: Pace) -> str:
    return (
        f"{pace.messages:,} messages, "
        f"{pace.commands:,} commands journaled and answered in {pace.seconds:.1f} s: "
        f"{pace.messages / pace.seconds:,.0f} messages/s, {pace.commands / pace.seconds:,.0f} commands/s"
    )


def _futures(verdict: cme.Judge) -> str:
    opening = verdict.auction
    lines = [
        f"trades of the same aggressor, price and quantity: {_of(verdict.equal_trades, verdict.trades)}",
        f"fills of the same order and quantity at the same place: {_of(verdict.equal_fills, verdict.fills)}",
        f"fills of the same order and quantity: {_of(verdict.equal_orders, verdict.fills)}",
        *(f"trades whose fills are {kind}: {count:,}" for kind, count in verdict.kinds.most_common()),
        f"trades of ours that the exchange does not have: {verdict.unknown_trades}",
        "levels that show the same after the step that touched them: "
        f"{_of(verdict.equal_levels, verdict.levels)}",
    ]
    if opening is not None:
        lines.append(
            f"opening auction: {opening.ours[1]} at {_hundredths(opening.ours[0])}, theirs "
            f"{opening.theirs[1]} at {_hundredths(opening.theirs[0])}; "
            f"{opening.equal_orders} of {opening.orders} orders traded the same"
        )
    return "\n".join(lines)


def _of(equal: int, total: int) -> str:
    share = f" ({equal / total:.2%})" if total else ""
    return f"{equal:,} of {total:,}{share}"


def _hundredths(price_ticks: int) -> str:
    return f"{price_ticks // 100}.{price_ticks % 100:02d}"


def _prices(best: Best) -> str:
    ask, bid = _dollars(best.ask_ticks), _dollars(best.bid_ticks)
    return f"ask {ask} x {best.ask_shares}  bid {bid} x {best.bid_shares}"


def _dollars(price_ticks: int) -> str:
    whole, part = divmod(price_ticks, 10**PRICE_SCALE)
    return f"{whole}.{part:0{PRICE_SCALE}d}"
