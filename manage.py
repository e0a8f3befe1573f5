#!/usr/bin/env python
"""Django's command-line entry point."""

import os
import sys

from django.core.management import execute_from_command_line

from xtrader.variables.first_check import settings_or_exit

if __name__ == "__main__":
    # Whatever is written (data, logs, backups) is for its owner only.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    if not any(argument.startswith("--settings") for argument in sys.argv):
        settings_or_exit()
    execute_from_command_line(sys.argv)
