"""``python -m demo --url http://… --credentials FILE``: run the demo market until it is killed.

The robots keep nothing of their own: killed at any moment, the next start takes their stale quotes off
the books and goes on, so no signal is handled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

# The client is a package of its own, for users to install; here it is taken from its folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients" / "python"))

from demo.markets import SEED
from demo.runner import Demo


def log_to(name: str | None) -> None:
    """Log to a file kept in bounds (``LOG_ROTATE_MB``, ``LOG_ROTATE_COUNT``), else to standard error."""
    handlers: list[logging.Handler] | None = None
    if name:
        max_bytes = int(float(os.environ.get("LOG_ROTATE_MB") or 20) * 1024 * 1024)
        count = int(os.environ.get("LOG_ROTATE_COUNT") or 5)
        handlers = [RotatingFileHandler(name, maxBytes=max_bytes, backupCount=count)]
    line = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=line, handlers=handlers)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="demo", description="Robots that make the demo market.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--credentials", type=Path, required=True, help="JSON: user name to password")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    passwords = json.loads(options.credentials.read_text())
    await Demo(options.url, passwords, options.seed).run()


if __name__ == "__main__":
    log_to(os.environ.get("PROCESS_LOG"))
    # One line a request would bury the rest.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(main())
