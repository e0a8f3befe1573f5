"""``python -m exchange.worker``: the engine process without Django. See ``process``."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser

from exchange.worker import process


def main() -> int:
    parser = ArgumentParser(prog="python -m exchange.worker", description=process.__doc__)
    process.add_arguments(parser, required=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return process.run(vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
