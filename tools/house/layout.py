"""Where each room and each arrow goes: rows from the imports, then places in the rows.

The packages of the house stand above one another, one that imports another above it; those that know nothing
of each other stand side by side. Inside a package its rooms have **floors** by the same rule. An arrow over
several floors gets a place between the rooms of each floor it passes (a *pass*), so it crosses none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tools.house.imports import Arrow, House, circles, needed

ROOM_WIDTH, PASS_WIDTH = 176, 6
#: Between rooms; between a room and a pass, and between packages; between passes.
GAP, NARROW_GAP, PASS_GAP = 22, 14, 9
MARGIN, PADDING = 24, 26
_ORDER_SWEEPS, _PLACE_SWEEPS = 60, 200
#: How much a pass minds a bend, beside the 1 of a room; how far a room is drawn to the middle.
_STRAIGHT, _INWARD = 3.0, 0.3


@dataclass
class Spot:
    """A room, or the pass of an arrow, in a row; ``x`` is its middle. ``house`` is the package it lies in."""

    name: str
    house: str
    row: int
    width: int
    is_pass: bool = False
    x: float = 0.0
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)


@dataclass
class Frame:
    """A package: the rows it spans, first and last, and its left and right edge."""

    name: str
    first: int
    last: int
    left: float = 0.0
    right: float = 0.0


@dataclass
class Plan:
    """Everything with its place. A track leads from room to room over the passes; climbing ones are apart."""

    spots: dict[str, Spot]
    tracks: dict[Arrow, list[Spot]]
    climbing: list[Arrow]
    frames: list[Frame]
    rows: int
    width: int


def floors(nodes: Iterable[str], arrows: Mapping[Arrow, int]) -> tuple[dict[str, int], list[Arrow]]:
    """Node → floor, 0 at the bottom, as low as what it imports allows; and the arrows that climb: where
    imports go round in a circle, the thinnest of them until they no longer do."""
    nodes = list(nodes)
    kept, climbing = dict(arrows), []
    while found := circles(nodes, kept):
        inside = [arrow for arrow in kept if set(arrow) <= set(found[0])]
        thinnest = min(inside, key=lambda arrow: (kept[arrow], arrow))
        climbing.append(thinnest)
        del kept[thinnest]
    floor = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for origin, target in kept:
            floor[origin] = max(floor[origin], floor[target] + 1)
    return floor, climbing


def house_floors(house: House) -> tuple[dict[str, int], dict[str, int], list[Arrow]]:
    """(package → level, room → floor in its package, arrows that climb)."""
    homes = {room.name: room.house for room in house.rooms.values()}
    between: dict[Arrow, int] = {}
    inside: dict[str, dict[Arrow, int]] = {name: {} for name in homes.values()}
    for (origin, target), imports in house.arrows.items():
        here, there = homes[origin], homes[target]
        if here == there:
            inside[here][origin, target] = len(imports)
        else:
            between[here, there] = between.get((here, there), 0) + len(imports)
    levels, climbing_houses = floors(sorted(inside), between)
    climbing = [arrow for arrow in house.arrows if (homes[arrow[0]], homes[arrow[1]]) in climbing_houses]
    floor: dict[str, int] = {}
    for name, arrows in inside.items():
        own, climbs = floors(sorted(room for room in homes if homes[room] == name), arrows)
        floor |= own
        climbing += climbs
    return levels, floor, sorted(climbing)


def plan(house: House) -> Plan:
    levels, floor, climbing = house_floors(house)
    frames, row_of = _stack(house, levels, floor)
    spots = {
        room.name: Spot(room.name, room.house, row_of[room.name], room_width(room.title, room.is_loose))
        for room in house.rooms.values()
    }
    shown = needed(spots, [arrow for arrow in house.arrows if arrow not in climbing])
    rows: list[list[Spot]] = [[] for _ in range(1 + max(frame.last for frame in frames))]
    for spot in sorted(spots.values(), key=lambda spot: spot.name):
        rows[spot.row].append(spot)
    tracks = {arrow: _track(spots[arrow[0]], spots[arrow[1]], rows, frames) for arrow in shown}
    _order(rows, frames)
    width = _place(rows, frames)
    return Plan(spots, tracks, climbing, frames, len(rows), width)


def room_width(title: str, is_loose: bool) -> int:
    return max(64, 9 * len(title) + 22) if is_loose else ROOM_WIDTH


def _stack(
    house: House, levels: Mapping[str, int], floor: Mapping[str, int]
) -> tuple[list[Frame], dict[str, int]]:
    """Rows from the top: each level takes as many as its tallest package has floors."""
    tall = {
        name: 1 + max(floor[room.name] for room in house.rooms.values() if room.house == name)
        for name in levels
    }
    frames: list[Frame] = []
    row_of: dict[str, int] = {}
    first = 0
    for level in sorted(set(levels.values()), reverse=True):
        here = sorted(name for name in levels if levels[name] == level)
        last = first + max(tall[name] for name in here) - 1
        frames += [Frame(name, first, last) for name in here]
        for room in house.rooms.values():
            if room.house in here:
                row_of[room.name] = first + tall[room.house] - 1 - floor[room.name]
        first = last + 1
    return frames, row_of


def _track(origin: Spot, target: Spot, rows: list[list[Spot]], frames: Sequence[Frame]) -> list[Spot]:
    """The stops of an arrow, with a new pass in every row between."""
    track = [origin]
    for row in range(origin.row + 1, target.row):
        here = [frame.name for frame in frames if frame.first <= row <= frame.last]
        home = next((name for name in (origin.house, target.house) if name in here), here[0] if here else "")
        stop = Spot(f"{origin.name} {target.name} {row}", home, row, PASS_WIDTH, is_pass=True)
        rows[row].append(stop)
        track.append(stop)
    track.append(target)
    for upper, lower in pairwise(track):
        upper.below.append(lower)
        lower.above.append(upper)
    return track


def _order(rows: list[list[Spot]], frames: Sequence[Frame]) -> None:
    """Bring what belongs together near each other, so that few arrows cross; the best order seen stays."""
    side = {frame.name: number for number, frame in enumerate(frames)}
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_ORDER_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            middle = {spot.name: _middle(spot, spot.above if down else spot.below, rows) for spot in row}
            row.sort(key=lambda spot: (side[spot.house], middle[spot.name]))
        if (crossings := _crossings(rows)) < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, order in zip(rows, best, strict=True):
        row[:] = order


def _middle(spot: Spot, neighbours: Sequence[Spot], rows: list[list[Spot]]) -> float:
    """Where its neighbours are, on a scale of 0 to 1; where it is itself if it has none."""
    places = [(rows[other.row].index(other) + 0.5) / len(rows[other.row]) for other in neighbours or [spot]]
    return sum(places) / len(places)


def _crossings(rows: list[list[Spot]]) -> int:
    total = 0
    for row in rows:
        ends = [(index, rows[low.row].index(low)) for index, spot in enumerate(row) for low in spot.below]
        total += sum(1 for a, b in ends for c, d in ends if a < c and b > d)
    return total


def _place(rows: list[list[Spot]], frames: list[Frame]) -> int:
    """Give every spot its ``x``, near what it is tied to and clear of its neighbours; the width of it all."""
    width = max(sum(_widths(rows, frames, level)) for level in _levels(frames)) + 2 * MARGIN
    for level in _levels(frames):
        _divide(level, _widths(rows, frames, level), width)
    for sweep in range(_PLACE_SWEEPS):
        down = sweep % 2 == 1
        for row in rows if down else reversed(rows):
            for frame in frames:
                here = [spot for spot in row if spot.house == frame.name]
                _spread(here, frame, [_wish(spot, frame, down, first=not sweep) for spot in here])
    return round(width)


def _levels(frames: Iterable[Frame]) -> list[list[Frame]]:
    """Packages that stand side by side."""
    by_last: dict[int, list[Frame]] = {}
    for frame in frames:
        by_last.setdefault(frame.last, []).append(frame)
    return [by_last[last] for last in sorted(by_last)]


def _widths(rows: list[list[Spot]], frames: Iterable[Frame], level: Sequence[Frame]) -> list[float]:
    """What the fullest row of each package of a level takes."""
    return [
        2 * PADDING
        + max(
            row_width([spot for spot in row if spot.house == frame.name])
            for row in rows[frame.first : frame.last + 1]
        )
        for frame in level
    ]


def row_width(spots: Sequence[Spot]) -> float:
    return sum(spot.width for spot in spots) + sum(gap(*pair) for pair in pairwise(spots))


def gap(left: Spot, right: Spot) -> int:
    return {0: GAP, 1: NARROW_GAP, 2: PASS_GAP}[left.is_pass + right.is_pass]


def _divide(level: Sequence[Frame], widths: Sequence[float], width: float) -> None:
    """Share the width out, what is over in equal parts."""
    over = (width - 2 * MARGIN - sum(widths) - GAP * (len(level) - 1)) / len(level)
    left: float = MARGIN
    for frame, own in zip(level, widths, strict=True):
        frame.left, frame.right = left, left + own + over
        left = frame.right + GAP


def _spread(spots: list[Spot], frame: Frame, wishes: Sequence[tuple[float, float]]) -> None:
    """Least squares of the distances to where each wants to be, the order and the gaps kept: neighbours that
    are too close become a block with one common shift."""
    blocks: list[tuple[float, float, int]] = []
    offset, offsets = 0.0, []
    for index, spot in enumerate(spots):
        if index:
            before = spots[index - 1]
            offset += (before.width + spot.width) / 2 + gap(before, spot)
        offsets.append(offset)
        wish, weight = wishes[index]
        block = (wish - offset, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            shift, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((shift * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    shifts = [shift for shift, _weight, count in blocks for _ in range(count)]
    for spot, own, shift in zip(spots, offsets, shifts, strict=True):
        lowest = frame.left + PADDING + spots[0].width / 2
        highest = frame.right - PADDING - spots[-1].width / 2 - offset
        spot.x = own + min(max(shift, lowest), max(highest, lowest))


def _wish(spot: Spot, frame: Frame, down: bool, *, first: bool) -> tuple[float, float]:
    """(where it would like to be, how much it minds). A pass goes on straight from where its arrow comes; a
    room stands amid its ties, and a little towards the middle of its package."""
    middle = (frame.left + frame.right) / 2
    if spot.is_pass:
        return (spot.above if down else spot.below)[0].x or middle, _STRAIGHT
    neighbours = [*spot.above, *spot.below]
    if first or not neighbours:
        return middle, 1.0
    pull = sum(other.x for other in neighbours) / len(neighbours)
    return (1 - _INWARD) * pull + _INWARD * middle, 1.0
