"""The chain finds every change, gap, insertion and cut, at the first record that is not as it was."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exchange.audit.chain import COLUMNS, GENESIS, HASHED, Head, follow, hash_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def chained(contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of some contents, from 1 on."""
    records, previous = [], GENESIS
    for number, content in enumerate(contents, start=1):
        fields = {**content, "id": number, "previous": previous}
        previous = hash_of(fields, previous)
        records.append({**fields, "hash": previous})
    return records


CONTENTS = st.fixed_dictionaries(
    {name: TEXT for name in HASHED if name not in ("id", "actor_id")}
    | {"actor_id": st.none() | st.integers(0, 2**62)}
)
CHAINS = st.lists(CONTENTS, min_size=1, max_size=8).map(chained)


@given(CHAINS)
def test_an_honest_chain_holds_whole_and_from_any_record_on(records: list[dict[str, Any]]) -> None:
    last = Head(records[-1]["id"], records[-1]["hash"])
    assert follow(records) == (len(records), last, None)
    assert follow(records, {record["id"]: record["hash"] for record in records}).broken is None
    for start in range(len(records)):
        assert follow(records[start:], is_whole=False) == (len(records) - start, last, None)


@given(CHAINS, st.data())
def test_a_changed_field_is_named(records: list[dict[str, Any]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(records) - 1))
    column = data.draw(st.sampled_from([name for name in COLUMNS if name != "id"]))
    changed = {**records[at], column: data.draw(TEXT.filter(lambda text: text != records[at][column]))}
    found = follow([*records[:at], changed, *records[at + 1 :]])
    assert found.records == at
    assert found.broken is not None and found.broken.id == at + 1


@given(CHAINS, st.data())
def test_a_missing_record_is_named(records: list[dict[str, Any]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(records) - 1))
    found = follow([*records[:at], *records[at + 1 :]], {len(records): records[-1]["hash"]})
    assert found.broken is not None and found.broken.id == at + 1


@given(CHAINS, CONTENTS, st.data())
def test_a_chain_computed_anew_does_not_fit_a_head(
    records: list[dict[str, Any]], other: dict[str, Any], data: st.DataObject
) -> None:
    """Whoever owns the table writes a chain that holds by itself; the head was noted elsewhere."""
    at = data.draw(st.integers(0, len(records) - 1))
    contents = [{name: record[name] for name in HASHED if name != "id"} for record in records]
    forged = chained([*contents[:at], other, *contents[at + 1 :]])
    assert follow(forged).broken is None
    is_same = forged[-1]["hash"] == records[-1]["hash"]
    found = follow(forged, {len(records): records[-1]["hash"]})
    assert (found.broken is None) == is_same
    assert is_same == ({**other, "id": at + 1} == {name: records[at][name] for name in HASHED})


@given(CHAINS)
def test_two_records_in_each_others_place_break_it(records: list[dict[str, Any]]) -> None:
    if len(records) > 1:
        found = follow([records[1], records[0], *records[2:]])
        assert found.broken is not None and found.broken.id == 1


def test_the_rule_of_hashing_stays() -> None:
    """Exports of years are checked by it: a change of the rule takes a new version, and a second test."""
    fields = dict.fromkeys(HASHED, "") | {
        "id": 1,
        "at": "2026-12-01T01:02:03.000004+00:00",
        "kind": "role.changed",
        "actor_id": 7,
        "actor": "root",
        "target_name": "앨리스",
        "before": json.dumps({"role": "trader"}),
    }
    assert hash_of(fields, GENESIS) == "2baf9298d675a7982ca9e745747bbd9e6f2134753f1e6b7d8df7c3506c420b8a"
