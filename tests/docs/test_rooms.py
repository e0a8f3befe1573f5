"""The picture of the rooms is true, and the script that draws it reads imports as Python does."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tools import rooms
from tools.house.figures import figures
from tools.house.imports import House, circles, needed
from tools.house.layout import floors, plan

#: A small house: web above marketdata above exchange, whose engine knows nothing.
FILES = {
    "web/__init__.py": "",
    "web/rest/__init__.py": '"""The REST API: views. And more."""',
    "web/rest/views.py": "from marketdata import reads\nimport exchange.orders.desk",
    "web/live/__init__.py": "def start():\n    from exchange.orders import desk",
    "marketdata/__init__.py": "",
    "marketdata/reads.py": "import exchange.orders",
    "marketdata/apps.py": "import web.rest",
    "marketdata/feed/__init__.py": "from .. import reads\nfrom .frames import Frame",
    "marketdata/feed/frames.py": "class Frame: ...",
    "exchange/__init__.py": "from exchange import orders",
    "exchange/orders/__init__.py": "",
    "exchange/orders/desk.py": "from ..engine import Engine",
    "exchange/engine/__init__.py": "class Engine: ...",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_committed_picture_is_what_the_imports_say_now() -> None:
    assert rooms.PICTURE.read_text() == rooms.draw(rooms.ROOT), (
        "an import or a room has changed: run `make rooms`"
    )


def test_the_picture_is_one_of_svg_with_every_room_in_it() -> None:
    house = House(rooms.ROOT)
    tree = ET.fromstring(rooms.PICTURE.read_text())
    titles = {element.text for element in tree.iter() if element.get("class") == "title"}
    assert titles == {room.title for room in house.rooms.values()}
    assert "exchange" in {room.house for room in house.rooms.values()}


def test_imports_go_one_way() -> None:
    """import-linter holds the layers; here is that no two rooms of any floor know each other."""
    house = House(rooms.ROOT)
    assert circles(house.rooms, house.arrows) == []


def test_rooms_and_arrows_of_a_small_house(root: Path) -> None:
    house = House(root)
    assert sorted(house.rooms) == [
        "exchange.engine",
        "exchange.orders",
        "marketdata.feed",
        "marketdata.reads",
        "web.live",
        "web.rest",
    ]
    assert sorted(house.arrows) == [
        ("exchange.orders", "exchange.engine"),
        ("marketdata.feed", "marketdata.reads"),
        ("marketdata.reads", "exchange.orders"),
        ("web.live", "exchange.orders"),
        ("web.rest", "exchange.orders"),
        ("web.rest", "marketdata.reads"),
    ]
    # What follows from others is not drawn.
    assert ("web.rest", "exchange.orders") not in needed(house.rooms, house.arrows)
    assert house.rooms["web.rest"].purpose == "The REST API: views"
    assert house.rooms["marketdata.reads"].is_loose
    assert not house.rooms["marketdata.feed"].is_loose


def test_packages_stand_above_what_they_import(root: Path) -> None:
    spots = plan(House(root)).spots
    assert [spots[name].row for name in ("web.rest", "marketdata.feed", "marketdata.reads")] == [0, 1, 2]
    assert [spots[name].row for name in ("exchange.orders", "exchange.engine")] == [3, 4]


def test_a_circle_is_counted_and_its_thinnest_arrow_climbs(root: Path) -> None:
    (root / "exchange/engine/late.py").write_text("from web import live")
    (root / "exchange/orders/desk.py").write_text("import exchange.engine\nimport exchange.engine.late")
    house = House(root)
    assert circles(house.rooms, house.arrows) == [["exchange.engine", "exchange.orders", "web.live"]]
    assert plan(house).climbing == [("exchange.engine", "web.live")]
    counted = figures(house)
    assert (counted["circles"], counted["upward arrows"]) == (1, 1)
    assert 'class="climb"' in rooms.draw(root)


def test_floors_are_as_low_as_the_imports_allow() -> None:
    arrows = {("a", "b"): 1, ("b", "c"): 1, ("a", "c"): 1, ("d", "c"): 1}
    assert floors("abcde", arrows) == ({"a": 2, "b": 1, "c": 0, "d": 1, "e": 0}, [])


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_drawing_is_the_same_whatever_the_order_of_hashes(seed: str) -> None:
    code = "from tools import rooms; print(rooms.draw(rooms.ROOT), end='')"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=rooms.ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout == rooms.draw(rooms.ROOT)
