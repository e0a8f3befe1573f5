"""The client has what the schema has: its calls, the fields of what it sends and of what it reads.

What it leaves out on purpose stands here, with the reason.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from drf_spectacular.generators import SchemaGenerator

import xtrader_client
from exchange.wire.shapes import FeeSchedule, FeeTier
from web.contracts.socket_contract import OPERATIONS, TOPICS
from web.contracts.socket_shapes import SocketOrder
from xtrader_client import Candle, Client, NewOrder, Quote, _literals

Json = dict[str, Any]
PACKAGE: Final = Path(xtrader_client.__file__).parent

#: The method for each operation of the schema, by their names.
CALLS: Final = {
    "get_auction": Client.get_auction,
    "executions": Client.get_trades,
    "klines": Client.get_candles,
    "get_orderbook": Client.get_book,
    "statistics_all": Client.get_tickers,
    "statistics": Client.get_ticker,
    "list_symbols": Client.get_symbol_terms,
    "get_time": Client.get_time,
    "accept_terms": Client.accept_terms,
    "list_accounts": Client.get_accounts,
    "open_account": Client.open_account,
    "change_account": Client.change_account,
    "transfer": Client.transfer,
    "list_balances": Client.get_balances,
    "demo_deposit": Client.demo_deposit,
    "export_ledger": Client.export_csv,
    "export_orders": Client.export_csv,
    "export_fills": Client.export_csv,
    "export_tax_report": Client.export_csv,
    "list_fees": Client.get_fee_standing,
    "list_ledger": Client.get_ledger,
    "total_ledger": Client.get_totals,
    "total_orders": Client.get_totals,
    "total_fills": Client.get_totals,
    "get_portfolio": Client.get_portfolio,
    "get_tax_report": Client.get_tax_report,
    "list_fills": Client.get_fills,
    "list_orders": Client.get_orders,
    "get_order": Client.get_order,
    "place_order": Client.place_order,
    "place_orders": Client.place_orders,
    "cancel_order": Client.cancel_order,
    "reduce_order": Client.reduce_order,
    "replace_order": Client.replace_order,
    "cancel_replace_order": Client.cancel_replace,
    "place_oco": Client.place_oco,
    "place_oto": Client.place_oto,
    "place_otoco": Client.place_otoco,
    "place_bracket": Client.place_bracket,
    "cancel_all_orders": Client.cancel_orders,
    "cancel_orders_after": Client.cancel_after,
    "place_quotes": Client.place_quotes,
    "cancel_quotes": Client.cancel_quotes,
    "protect_quotes": Client.protect_quotes,
}
#: Operations that are left to ``Client.call``: by tag, or by name.
LEFT_OUT_TAGS: Final = {
    "people": "signing up, mail addresses and passwords are people's affairs",
    "security": "so are second factors and log-ins",
    "keys": "a key is made once, by a person",
    "tokens": "the client logs in by itself",
    "withdrawals": "money that leaves is asked for by people, with a proof that it is them",
}
LEFT_OUT: Final = {
    "get_fee_schedule": "get_fee_standing has its rates",
    "list_solvency_reports": "tools/verify_solvency.py reads them",
    "get_solvency_proof": "tools/verify_solvency.py checks it",
    "get_referral": "people look at it",
    "use_referral_code": "once, by a person",
    "list_deposits": "people look at them",
    "get_deposit_address": "people copy it",
}
#: What methods call otherwise than the schema: by operation, field of the schema, name of the parameter.
OTHERWISE: Final = {
    ("list_orders", "type"): "order_type",
    ("list_ledger", "type"): "entry_type",
    ("transfer", "from"): "from_account",
    ("transfer", "to"): "to_account",
}
#: Parameters without a counterpart, and why.
NO_PARAMETER: Final = {
    "cursor": "the first page is what programs ask for; call gives the others",
    "client_order_id": "orders are changed by the id in their OrderResult",
}
#: Of ``Client.export_csv`` and ``get_totals``: the filters are passed on.
PASSED_ON: Final = ("export_", "total_")
#: Accounts are the client's, and so is how a page is read.
HEADERS: Final = {"X-Account"}

#: What reads each reply. The result of the first is that of a row.
READERS: Final[dict[str, Callable[[Json], Any]]] = {
    "Placed": xtrader_client.OrderResult.from_wire,
    "Oco": xtrader_client.OcoResult.from_wire,
    "Oto": xtrader_client.OtoResult.from_wire,
    "Bracket": xtrader_client.BracketResult.from_wire,
    "CancelReplace": xtrader_client.CancelReplaceResult.from_wire,
    "CanceledAll": xtrader_client.CanceledOrders.from_wire,
    "DemoDeposit": xtrader_client.DepositResult.from_wire,
    "Quotes": xtrader_client.QuotesResult.from_wire,
    "QuoteProtection": xtrader_client.QuoteProtection.from_wire,
    "Balance": xtrader_client.Balance.from_wire,
    "Fees": xtrader_client.FeeStanding.from_wire,
    "OwnAccount": xtrader_client.OwnAccount.from_wire,
    "Transferred": xtrader_client.TransferResult.from_wire,
    "OrderBook": xtrader_client.BookSnapshot.from_wire,
    "Execution": xtrader_client.Trade.from_wire,
    "Candle": lambda data: Candle.from_wire(data, "BTC-KRW", "1m"),
    "Statistics": xtrader_client.Ticker.from_wire,
    "Auction": xtrader_client.Indication.from_wire,
    "Symbol": xtrader_client.SymbolTerms.from_wire,
    "LedgerEntry": xtrader_client.LedgerEntry.from_wire,
}
#: Fields that no reader takes, and why.
UNREAD: Final = {
    "Auction.symbol": "the caller's argument",
    "Auction.status": "SymbolTerms has it",
    "Auction.call_ends_at": "SymbolTerms has it",
    "Auction.sequence": "indications of the topic come without",
    "Auction.timestamp": "indications of the topic come without",
    "CanceledAll.canceled": "the number of its orders",
    "Fees.as_of_sequence": "rates change by the day",
    "QuoteProtection.sequence": "what is set holds from the reply on",
    "Fees.schedule": "it is the venue's, not the account's",
    **dict.fromkeys(
        (
            *(f"FeeSchedule.{field}" for field in FeeSchedule.__struct_fields__),
            *(f"FeeTier.{field}" for field in FeeTier.__struct_fields__),
        ),
        "of the schedule",
    ),
}
#: Replies that are given as JSON, and why.
AS_JSON: Final = {
    "Totals": "figures for people and files",
    "LedgerTotals": "figures for people and files",
    "Portfolio": "deep, and for people",
    "TaxReport": "for people and files",
    "AcceptedTerms": "says no more than that it was done",
    "Time": "one number, which get_time returns",
    "CancelAfter": "one number, which cancel_after returns",
    "Batch": "for each order an OrderResult, or the error",
}


@pytest.fixture(scope="module")
def schema() -> Json:
    made = SchemaGenerator().get_schema(request=None, public=True)
    assert made is not None
    return dict(made)


def operations(schema: Json) -> Iterator[Json]:
    for methods in schema["paths"].values():
        yield from methods.values()


# --- calls -----------------------------------------------------------------------------------------------


def test_every_operation_is_a_call_or_left_out_for_a_reason(schema: Json) -> None:
    missing = {
        operation["operationId"]
        for operation in operations(schema)
        if operation["operationId"] not in {**CALLS, **LEFT_OUT}
        and not set(operation["tags"]) & set(LEFT_OUT_TAGS)
    }
    assert missing == set()
    there = {operation["operationId"] for operation in operations(schema)}
    assert {*CALLS, *LEFT_OUT} <= there, "what the schema has no more"


def test_every_parameter_and_field_of_a_call_is_one_of_its_method(schema: Json) -> None:
    lacking = []
    for operation in operations(schema):
        name = operation["operationId"]
        if name not in CALLS or name.startswith(PASSED_ON):
            continue
        taken = parameters_of(CALLS[name])
        for field in sent_in(schema, operation):
            if OTHERWISE.get((name, field), field) not in taken and field not in NO_PARAMETER:
                lacking.append(f"{name}: {field}")
    assert lacking == []


def sent_in(schema: Json, operation: Json) -> Iterator[str]:
    """Fields of the body, and parameters."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] not in HEADERS:
            yield parameter["name"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from component(schema, content["schema"])["properties"]


def component(schema: Json, reference: Json) -> Json:
    return dict(schema["components"]["schemas"][reference["$ref"].rpartition("/")[2]])


def parameters_of(method: Callable[..., Any]) -> set[str]:
    """Names of what it takes; of orders and quotes in it those of their fields."""
    return set(inspect.signature(method).parameters)


def test_an_order_and_a_quote_have_every_field(schema: Json) -> None:
    shapes = schema["components"]["schemas"]
    order = {field.name for field in dataclasses.fields(NewOrder)}
    assert order == set(SocketOrder.__struct_fields__)
    assert set(shapes["OrderRequest"]["properties"]) <= parameters_of(Client.place_order)
    assert {field.name for field in dataclasses.fields(Quote)} == set(shapes["QuoteRequest"]["properties"])
    whole: Json = {field.name: "1" for field in dataclasses.fields(NewOrder)} | {"post_only": True}
    assert set(NewOrder(**whole).to_wire()) == order


def test_the_operations_and_channels_of_the_socket_are_used() -> None:
    sources = "".join(path.read_text() for path in PACKAGE.glob("*.py"))
    missing = [each.op for each in OPERATIONS if f'"{each.op}"' not in sources]
    assert missing == ["limits"], "the client waits as it is told; the RateLimit fields of REST say the same"
    channels = {channel for topic in TOPICS for channel in topic.channels}
    kinds = (_literals.PublicChannel, _literals.PrivateChannel, _literals.CandleChannel, _literals.AllChannel)
    assert {name for kind in kinds for name in flat(typing.get_args(kind))} == channels


def flat(names: tuple[Any, ...]) -> Iterator[str]:
    for name in names:
        if isinstance(name, str):
            yield name
        else:
            yield from flat(typing.get_args(name))


# --- replies ---------------------------------------------------------------------------------------------


class Watched(dict[str, Any]):
    """An object that notes which of its members are read."""

    def __init__(self, name: str, members: Json, read: set[str]) -> None:
        super().__init__(members)
        self._name = name
        self._read = read

    def __getitem__(self, key: str) -> Any:
        self._read.add(f"{self._name}.{key}")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._read.add(f"{self._name}.{key}")
        return super().get(key, default)


class Samples:
    """Instances of components, every field there and none null."""

    def __init__(self, schema: Json) -> None:
        self._schemas: Json = schema["components"]["schemas"]
        self.read: set[str] = set()
        self.made: set[str] = set()

    def of(self, name: str) -> Any:
        schema = self._schemas[name]
        if "oneOf" in schema:
            return self._value(schema["oneOf"][0])
        self.made |= {f"{name}.{field}" for field in schema["properties"]}
        members = {field: self._value(kind) for field, kind in schema["properties"].items()}
        return Watched(name, members, self.read)

    def _value(self, schema: Json) -> Any:
        if "$ref" in schema:
            return self.of(schema["$ref"].rpartition("/")[2])
        for several in ("allOf", "oneOf"):
            if several in schema:
                return self._value(schema[several][0])
        kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
        if kind == "array":
            return [self._value(schema["items"]) for _ in range(max(schema.get("minItems", 0), 2))]
        if kind == "object":
            return {}
        if kind == "string":
            return schema["enum"][0] if "enum" in schema else "1"
        return {"integer": 1, "boolean": True, "number": 1}[kind]


def test_every_field_of_a_reply_is_read(schema: Json) -> None:
    unread: set[str] = set()
    for name, reader in READERS.items():
        samples = Samples(schema)
        reader(samples.of(name))
        unread |= samples.made - samples.read
    assert sorted(unread ^ set(UNREAD)) == []


def test_a_field_that_is_not_read_is_found(schema: Json) -> None:
    samples = Samples(schema)
    data = samples.of("Balance")
    assert data["asset"] and samples.made - samples.read == {"Balance.available", "Balance.held"}


def test_every_reply_of_a_call_has_a_reader(schema: Json) -> None:
    lacking = set()
    for operation in operations(schema):
        if operation["operationId"] not in CALLS or operation["operationId"].startswith("export_"):
            continue
        for content in operation["responses"]["200"]["content"].values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            rows = set(re.findall(r"schemas/(\w+)", str(component(schema, content["schema"]))))
            if name not in READERS and not rows & {*READERS, "Order", "Fill"}:
                lacking.add(name)
    assert lacking == set(AS_JSON)
