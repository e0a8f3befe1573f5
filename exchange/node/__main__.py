"""``python -m exchange.node``: the engine process without Django. See ``process``."""

from __future__ import annotations

import logging
import os
import sys
from argparse import ArgumentParser

from exchange import process
from exchange.node import engine_process
from exchange.telemetry import tracing
from exchange.telemetry.logs import basic_handler
from exchange.telemetry.slow_log import SlowLog


def main() -> int:
    # Journal, snapshots and sockets are for their owner only.
    os.umask(0o077)
    parser = ArgumentParser(prog="python -m exchange.node", description=engine_process.__doc__)
    engine_process.add_arguments(parser, required=True)
    logging.basicConfig(level=os.environ.get("LOG_LEVEL") or "INFO", handlers=[basic_handler(os.environ)])
    process.current().put(SlowLog(os.environ))
    tracing.start("engine", os.environ)
    return engine_process.run(vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
