"""Reads the settings before anything else of a process, so that a wrong one is a line and no traceback."""

from __future__ import annotations

import os
import sys
from typing import Final, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from xtrader.variables.variable_reader import WrongVariablesError

#: What a wrong configuration ends with, as <sysexits.h> has it: restarting does not help.
EXIT_CODE: Final = os.EX_CONFIG


def settings_or_exit() -> None:
    """Load Django's settings. Exits with ``EXIT_CODE`` where they are wrong, and a line for each reason."""
    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first look loads them
    except WrongVariablesError as error:
        _stop(error.lines, hint="docs/operations.md describes every variable")
    except ImproperlyConfigured as error:
        _stop([str(error)])


def _stop(lines: list[str], hint: str = "") -> NoReturn:
    reasons = "1 wrong setting" if len(lines) == 1 else f"{len(lines)} wrong settings"
    text = [f"xTrader does not start: {reasons}", *(f"  {line}" for line in lines), *filter(None, [hint])]
    sys.stderr.write("\n".join(text) + "\n")
    raise SystemExit(EXIT_CODE)
