"""The project's settings with the times and bounds of connections short enough to be met in a test."""

import json
import os

from xtrader.settings import *  # noqa: F403

XTRADER_WEBSOCKET = json.loads(os.environ.get("TEST_WEBSOCKET", "{}"))
XTRADER_HTTP = json.loads(os.environ.get("TEST_HTTP", "{}"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
