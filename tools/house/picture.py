"""The picture of the house as SVG: one file, light and dark, the same bytes for the same imports."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from colorsys import hls_to_rgb
from html import escape
from itertools import pairwise

from tools.house.imports import Arrow, House, Room
from tools.house.layout import MARGIN, Plan, Spot

ROOM_HEIGHT, CHIP_HEIGHT = 66, 30
#: Between two rows; above the first of a package, for its name; below its last; between packages.
STEP, HEAD, FOOT, BETWEEN = 34, 38, 14, 22
TOP, LEGEND = 84, 62
#: What fits into a room: letters a line, lines.
LETTERS, LINES = 27, 2

#: Package → the hue of its rooms and arrows, in degrees.
HUES = {
    "xtrader": 222,
    "web": 206,
    "ops": 268,
    "replays": 312,
    "xtrader_engine": 334,
    "custody": 84,
    "accounts": 40,
    "marketdata": 152,
    "exchange": 14,
    "exchange.engine": 350,
}
#: What each package is, under its name.
SAYINGS = {
    "xtrader": "settings, addresses, the start of everything",
    "web": "every HTTP and WebSocket surface",
    "ops": "running it: health, backups, processes",
    "replays": "real order flow, replayed",
    "xtrader_engine": "the engine by itself, for other programs",
    "custody": "money in and out, and who keeps it",
    "accounts": "who is asking, and what they are worth",
    "marketdata": "the follower: database, candles, feed",
    "exchange": "the venue: rules, journal, orders, control",
    "exchange.engine": "the pure fold",
}

_STYLE = """
svg { font-family: ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif }
.name { font-size: 22px; font-weight: 700 }
.says, .legend { font-size: 13px; font-weight: 400 }
.label { font-size: 15px; font-weight: 700; paint-order: stroke; stroke-width: 5; stroke-linejoin: round }
.title { font-size: 15px; font-weight: 600; text-anchor: middle }
.loose .title { font-size: 13px; font-weight: 500 }
.purpose { font-size: 11.5px; text-anchor: middle }
.room rect { stroke-width: 1.4 }
.loose rect { stroke-width: 1; stroke-dasharray: 3 2 }
.arrow { fill: none; stroke-width: 1.5; opacity: .65 }
.climb { fill: none; stroke: #d92d20; stroke-width: 2.2; stroke-dasharray: 6 4 }
.climb-tip { fill: #d92d20 }
""".strip()
_Shades = tuple[tuple[float, float], ...]
#: (background, text, soft text, room) and, of a package's hue, lightness and saturation of ground, edge and
#: lines.
_LIGHT = ("#fbfaf7", "#23262d", "#5f6672", "#ffffff", ((0.955, 0.5), (0.80, 0.5), (0.44, 0.5)))
_DARK = ("#111317", "#e9eaee", "#a2a9b6", "#20242c", ((0.115, 0.26), (0.26, 0.3), (0.66, 0.5)))


def style(houses: Iterable[str]) -> str:
    """Plain colours only, no variables: not every viewer of SVG knows those."""
    houses = sorted(houses)
    dark = "\n".join(_colours(_DARK, houses))
    return "\n".join(
        [_STYLE, *_colours(_LIGHT, houses), f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}"]
    )


def _colours(theme: tuple[str, str, str, str, _Shades], houses: Iterable[str]) -> Iterator[str]:
    paper, ink, soft, card, shades = theme
    yield f".paper {{ fill: {paper} }}"
    yield f".name, .title {{ fill: {ink} }}"
    yield f".says, .legend, .purpose {{ fill: {soft} }}"
    for house in houses:
        name = css_class(house)
        ground, edge, line = (_shade(hue(house), *shade) for shade in shades)
        yield f".{name} .house {{ fill: {ground}; stroke: {edge} }}"
        yield f".{name} .label, .{name} .tip {{ fill: {line} }}"
        yield f".{name} .label {{ stroke: {ground} }}"
        yield f".{name} .arrow {{ stroke: {line} }}"
        yield f".{name}.room rect {{ fill: {card}; stroke: {line} }}"


def _shade(degrees: int, lightness: float, saturation: float) -> str:
    return "#" + "".join(
        f"{round(255 * part):02x}" for part in hls_to_rgb(degrees / 360, lightness, saturation)
    )


def css_class(house: str) -> str:
    return house.replace(".", "-")


def hue(house: str) -> int:
    return HUES.get(house, 90)


class Picture:
    """Coordinates of rows, then the pieces in the order they are painted."""

    def __init__(self, house: House, plan: Plan) -> None:
        self.house, self.plan = house, plan
        #: Half the height of each row, and its middle.
        self.half: list[int] = []
        self.middle = self._rows()
        self.height = self.middle[-1] + self.half[-1] + FOOT + LEGEND

    def svg(self) -> str:
        width = self.plan.width
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {self.height}" width="{width}" '
            f'height="{self.height}" role="img" aria-labelledby="t d">',
            '<title id="t">The rooms of xTrader and the arrows of their imports</title>',
            '<desc id="d">Drawn by tools/rooms.py: arrows point from a room to what it imports.</desc>',
            f"<style>{style(frame.name for frame in self.plan.frames)}</style>",
            f'<rect class="paper" width="{width}" height="{self.height}" rx="14"/>',
            f'<text class="name" x="{MARGIN + 4}" y="44">The house</text>',
            f'<text class="says" x="{MARGIN + 4}" y="65">Who imports whom. '
            "A room knows what stands below it, and nothing above.</text>",
            *self._frames(),
            *self._arrows(),
            *self._labels(),
            *self._rooms(),
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def _rows(self) -> list[int]:
        """The middle of each row. A row of single files is low; the first row of a package has its name
        above."""
        heads = {frame.first for frame in self.plan.frames}
        lasts = {frame.last for frame in self.plan.frames}
        middle, y = [], TOP
        for row in range(self.plan.rows):
            self.half.append(max(self._half(spot) for spot in self.plan.spots.values() if spot.row == row))
            if row in heads:
                y += HEAD
            middle.append(y + self.half[row])
            y += 2 * self.half[row] + (FOOT + BETWEEN if row in lasts else STEP)
        return middle

    def _frames(self) -> Iterator[str]:
        for frame in self.plan.frames:
            top = self.middle[frame.first] - self.half[frame.first] - HEAD
            height = self.middle[frame.last] + self.half[frame.last] + FOOT - top
            x, right = round(frame.left), round(frame.right)
            yield (
                f'<g class="{css_class(frame.name)}"><rect class="house" x="{x}" y="{top}" '
                f'width="{right - x}" height="{height}" rx="12"/></g>'
            )

    def _labels(self) -> Iterator[str]:
        """Over the arrows that pass, with a halo of the ground's colour."""
        for frame in self.plan.frames:
            x, y = round(frame.left) + 14, self.middle[frame.first] - self.half[frame.first] - HEAD + 24
            saying = SAYINGS.get(frame.name, "")
            yield (
                f'<g class="{css_class(frame.name)}"><text class="label" x="{x}" y="{y}">'
                f"{frame.name.replace('.', '/')}/"
                f'<tspan class="says" dx="10">{escape(saying)}</tspan></text></g>'
            )

    def _rooms(self) -> Iterator[str]:
        for name in sorted(self.plan.spots):
            spot, room = self.plan.spots[name], self.house.rooms[name]
            height = CHIP_HEIGHT if room.is_loose else ROOM_HEIGHT
            x, y = round(spot.x), self.middle[spot.row]
            purpose = [] if room.is_loose else purpose_lines(room)
            first = y + 5 if not purpose else y - 7 * len(purpose)
            yield (
                f'<g class="{css_class(room.house)} room{" loose" if room.is_loose else ""}">'
                f"<title>{escape(tooltip(room))}</title>"
                f'<rect x="{x - spot.width // 2}" y="{y - height // 2}" width="{spot.width}" '
                f'height="{height}" rx="8"/>'
                f'<text class="title" x="{x}" y="{first}">{room.title}</text>'
            )
            for number, text in enumerate(purpose):
                yield f'<text class="purpose" x="{x}" y="{first + 18 + 14 * number}">{escape(text)}</text>'
            yield "</g>"

    def _arrows(self) -> Iterator[str]:
        tracks = self.plan.tracks
        leaving = ports(tracks, 0, lambda track: track[1])
        coming = ports(tracks, -1, lambda track: track[-2])
        for arrow, track in sorted(tracks.items()):
            points = [(leaving[arrow], self._bottom(track[0]))]
            for stop in track[1:-1]:
                y = self.middle[stop.row]
                points += [(round(stop.x), y - self.half[stop.row]), (round(stop.x), y + self.half[stop.row])]
            points.append((coming[arrow], self._top(track[-1]) - 6))
            x, y = points[-1]
            yield (
                f'<g class="{css_class(track[0].house)}"><path class="arrow" d="{curve(points)}"/>'
                f'<path class="tip" d="M{x - 4} {y - 2}h8l-4 8z"/></g>'
            )
        for arrow in self.plan.climbing:
            origin, target = (self.plan.spots[name] for name in arrow)
            x, y = round(target.x) + 10, self._bottom(target) + 7
            yield (
                f'<path class="climb" d="M{round(origin.x) + 10} {self._top(origin)}L{x} {y}"/>'
                f'<path class="climb-tip" d="M{x - 5} {y + 2}h10l-5 -9z"/>'
            )

    def _legend(self) -> Iterator[str]:
        y = self.height - 40
        texts = [
            "An arrow leads from a room to one it imports; one that follows from others is left out. "
            "Dashed: a single file beside the rooms.",
        ]
        if self.plan.climbing:
            texts.append("Red: an import that climbs, against the way of all others.")
        for number, text in enumerate(texts):
            yield f'<text class="legend" x="{MARGIN + 4}" y="{y + 18 * number}">{text}</text>'

    def _half(self, spot: Spot) -> int:
        return (CHIP_HEIGHT if self.house.rooms[spot.name].is_loose else ROOM_HEIGHT) // 2

    def _top(self, spot: Spot) -> int:
        return self.middle[spot.row] - self._half(spot)

    def _bottom(self, spot: Spot) -> int:
        return self.middle[spot.row] + self._half(spot)


def tooltip(room: Room) -> str:
    return f"{room.name}: {room.purpose}" if room.purpose else room.name


def purpose_lines(room: Room) -> list[str]:
    """What its docstring says first, as far as there is place: whole clauses where that is possible."""
    text = room.purpose.replace("``", "")
    ends = [len(text), *(match.start() for match in re.finditer(r"[:;,.(]| and ", text))]
    for end in sorted(ends, reverse=True):
        lines = textwrap.wrap(text[:end].rstrip(" ,"), LETTERS)
        if len(lines) <= LINES:
            return lines
    return textwrap.wrap(text, LETTERS, max_lines=LINES, placeholder=" …")


def ports(
    tracks: dict[Arrow, list[Spot]], end: int, towards: Callable[[list[Spot]], Spot]
) -> dict[Arrow, int]:
    """Arrow → where on the edge of the room at its ``end`` it begins or ends, in the order of where it
    goes."""
    at: dict[str, list[tuple[float, Arrow]]] = {}
    for arrow, track in tracks.items():
        at.setdefault(track[end].name, []).append((towards(track).x, arrow))
    places = {}
    for arrows in at.values():
        spot = tracks[arrows[0][1]][end]
        step = min(22.0, (spot.width - 24) / max(1, len(arrows) - 1))
        for number, (_x, arrow) in enumerate(sorted(arrows)):
            places[arrow] = round(spot.x + (number - (len(arrows) - 1) / 2) * step)
    return places


def curve(points: Iterable[tuple[int, int]]) -> str:
    """A line that leaves and arrives straight downwards at every point."""
    points = list(points)
    path = f"M{points[0][0]} {points[0][1]}"
    for (x, y), (to_x, to_y) in pairwise(points):
        bend = (to_y - y) // 2
        path += f"V{to_y}" if x == to_x else f"C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"
    return path
