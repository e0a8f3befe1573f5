"""Draw the rooms of the house and the arrows of their imports: ``make rooms``.

python tools/rooms.py              write docs/images/rooms.svg
python tools/rooms.py --figures    print what can be counted (--root FOLDER: of another checkout)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.house.figures import figures  # noqa: E402  the path comes first
from tools.house.imports import House  # noqa: E402
from tools.house.layout import plan  # noqa: E402
from tools.house.picture import Picture  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "rooms.svg"


def draw(root: Path) -> str:
    """The picture of the checkout in ``root``."""
    house = House(root)
    return Picture(house, plan(house)).svg()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--figures", action="store_true", help="print figures instead of drawing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to count")
    arguments = parser.parse_args()
    if arguments.figures:
        for name, value in figures(House(arguments.root)).items():
            print(f"{name:<28} {value:>6,}")
    else:
        PICTURE.write_text(draw(ROOT))
        print(f"xtrader: drew {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
