"""Settings, read from the environment; the defaults are the embedded ones that need nothing installed.

Every server is named by a URL (``DATABASE_URL``, ``REDIS_URL``, ``JOURNAL_URL``), so moving from the
embedded parts to production parts changes no code. ``docs/operations.md`` lists every variable.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from xtrader.operator_pages import UNFOLD  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

#: The kernel takes about this many bytes for the path of a Unix socket.
_LONGEST_SOCKET_PATH = 100

DATA_DIR = Path(env("DATA", default=str(BASE_DIR / "data"))).resolve()
# Journal and database say who owns what: a folder made here is its owner's only.
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key from the environment, else one made once for this data folder and readable by its owner only."""
    given = env("SECRET_KEY", default="")
    if given:
        return str(given)
    path = DATA_DIR / "secret_key"
    if not path.exists():
        candidate = DATA_DIR / f"secret_key.{secrets.token_hex(4)}"
        candidate.touch(mode=0o600)
        candidate.write_text(secrets.token_urlsafe(64))
        try:
            # link() fails when another process was first: all of them then read the same key.
            path.hardlink_to(candidate)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()


def _socket_path(name: str) -> str:
    """Where a Unix socket of this data folder goes: into it, or, where that makes the path longer than a
    socket's may be, into a folder of this user's among the temporary files."""
    path = DATA_DIR / name
    if len(os.fsencode(path)) < _LONGEST_SOCKET_PATH:
        return str(path)
    digest = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"xtrader-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ImproperlyConfigured(
            f"{folder} belongs to somebody else; set ENGINE_SOCKET and MARKETDATA_SOCKET"
        )
    return str(folder / name)


def _segments_to_keep(given: str) -> int:
    """A number from 1 on, 0 for "off"."""
    if given == "off":
        return 0
    if not given.isdecimal() or int(given) < 1:
        raise ImproperlyConfigured(f"JOURNAL_KEEP_SEGMENTS={given!r}: a number from 1 on, or off")
    return int(given)


SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

XTRADER = {
    "DATA_DIR": DATA_DIR,
    "ENGINE_SOCKET": env("ENGINE_SOCKET", default=_socket_path("engine.sock")),
    "MARKETDATA_SOCKET": env("MARKETDATA_SOCKET", default=_socket_path("marketdata.sock")),
    "JOURNAL_URL": env("JOURNAL_URL", default=f"file://{DATA_DIR / 'journal'}"),
    "SNAPSHOT_DIR": Path(env("SNAPSHOT_DIR", default=str(DATA_DIR / "snapshots"))),
    # Of the journal's segments, how many newest ones stay uncompressed; "off" archives none.
    "JOURNAL_KEEP_SEGMENTS": _segments_to_keep(env("JOURNAL_KEEP_SEGMENTS", default="8")),
    "DEMO": env.bool("DEMO", default=False),
    # Symbols that name a trading calendar open and close with it.
    "CALENDARS": env.bool("CALENDARS", default=False),
    # How long a request waits for the engine before it answers 504 OUTCOME_UNKNOWN.
    "ENGINE_TIMEOUT_MS": env.int("ENGINE_TIMEOUT_MS", default=5_000),
    # "<count>/<s|10s|min|h>", or "0" for none. What each covers: exchange/api/throttling.py.
    "RATE_LIMITS": {
        "orders": env("RATE_LIMIT_ORDERS", default="2000/s"),
        "reads": env("RATE_LIMIT_READS", default="500/s"),
        "public": env("RATE_LIMIT_PUBLIC", default="1000/s"),
        "login": env("RATE_LIMIT_LOGIN", default="120/min"),
        "demo": env("RATE_LIMIT_DEMO", default="30/min"),
        "address": env("RATE_LIMIT_ADDRESS", default="10000/s"),
    },
    # Proxies of our own in front: that many entries of X-Forwarded-For are believed.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}

INSTALLED_APPS = [
    # Only `runserver` is served by daphne; every other process is spared the import of Twisted.
    *(["daphne"] if "runserver" in sys.argv else []),
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "xtrader",
    "exchange",
    "marketdata",
    "accounts",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "xtrader.urls"
ASGI_APPLICATION = "xtrader.asgi.application"
WSGI_APPLICATION = "xtrader.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'xtrader.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One writer (the projector) with short transactions, many readers: WAL; FULL so that a committed
    # projection position is never ahead of its rows after a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }

REDIS_URL = env("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": REDIS_URL}}
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# scrypt costs an attacker memory as well as time, and an honest log-in half the processor time.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Static files are served from where they lie; `collectstatic` is for a web server in front.
WHITENOISE_USE_FINDERS = True
_FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [_FRONTEND_DIST] if _FRONTEND_DIST.exists() else []
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": _FRONTEND_DIST / ".vite" / "manifest.json"}}

# Requests larger than this are refused before they are read whole (100 orders fit in 64 KiB).
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "exchange.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["exchange.api.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["exchange.api.throttling.RateThrottle"],
    "EXCEPTION_HANDLER": "exchange.api.exceptions.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "xTrader",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Order entry, account history and market data. docs/rest.md is the guide to it.",
    "POSTPROCESSING_HOOKS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    # What a client gets wrong is told to the client; a line for each would let anybody fill the disk.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
