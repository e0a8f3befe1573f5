"""``manage.py runengine`` with a journal broken on purpose: ``python -m tests.crash.canary_engine <name>``."""

from __future__ import annotations

import os
import sys
from typing import Any

from exchange.journal.files import OS_FILES
from exchange.worker import process, sequencer
from tests.crash.canaries import CANARIES


def main() -> None:
    broken = CANARIES[sys.argv[1]]["canary"](OS_FILES)
    honest = sequencer.open_sequencer

    def open_broken(*args: Any, **options: Any) -> sequencer.Sequencer:
        return honest(*args, **options, files=broken)

    process.open_sequencer = open_broken  # type: ignore[attr-defined]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", "runengine", *sys.argv[2:]])


if __name__ == "__main__":
    main()
