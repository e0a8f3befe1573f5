"""The project's settings with the WebSocket's times and bounds short enough to be met in a test."""

import json
import os

from xtrader.settings import *  # noqa: F403

XTRADER_WEBSOCKET = json.loads(os.environ.get("TEST_WEBSOCKET", "{}"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
