"""Settings, read from the environment; the defaults are the embedded ones that need nothing installed.

Every server is named by a URL (``DATABASE_URL``, ``REDIS_URL``, ``JOURNAL_URL``), so moving from the
embedded parts to production parts changes no code. ``docs/operations.md`` lists every variable.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from exchange.journal.whole_file import write_private_once
from xtrader import approval_bounds, custody_limits
from xtrader.channel_layers import redis_layer
from xtrader.log_settings import logging_settings
from xtrader.operator_pages import UNFOLD  # noqa: F401 - a setting
from xtrader.private_folders import make_private, make_socket_folder

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

#: The kernel takes about this many bytes for the path of a Unix socket.
_LONGEST_SOCKET_PATH = 100

DATA_DIR = Path(env("DATA", default=str(BASE_DIR / "data"))).resolve()
make_private(DATA_DIR, marks=("secret_key", "journal", "xtrader.sqlite3"))


def _secret_key() -> str:
    """The key from the environment, else one made once for this data folder and readable by its owner
    only."""
    given = env("SECRET_KEY", default="")
    if given:
        return str(given)
    path = DATA_DIR / "secret_key"
    if not path.exists():
        write_private_once(path, secrets.token_urlsafe(64))
    key = path.read_text().strip()
    if not key:
        raise ImproperlyConfigured(
            f"{path} is empty, as an unsynced write of an older version leaves it after a power cut. "
            "Put the key back from a backup, or remove the file: "
            "a new key is made, and everybody has to log in again"
        )
    return key


def _socket_path(name: str) -> str:
    """Where a Unix socket of this data folder goes: into it, or, where that makes the path longer than a
    socket's may be, into a folder of this user's among the temporary files."""
    path = DATA_DIR / name
    if len(os.fsencode(path)) < _LONGEST_SOCKET_PATH:
        return str(path)
    digest = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"xtrader-{os.getuid()}-{digest}"
    make_socket_folder(folder)
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


def _hour_of_day(given: int) -> int:
    if not 0 <= given <= 23:
        raise ImproperlyConfigured(f"FEES_HOUR={given}: an hour from 0 to 23")
    return given


def _share(given: int) -> int:
    if not 0 <= given <= 1_000_000:
        raise ImproperlyConfigured(f"REFERRAL_SHARE_PPM={given}: millionths, from 0 to 1000000")
    return given


def _cors_origins(given: list[str]) -> list[str]:
    """Origins as browsers write them, ``*`` for all. Raises ImproperlyConfigured."""
    for origin in given:
        parts = urlsplit(origin)
        if origin != "*" and (not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}"):
            raise ImproperlyConfigured(
                f"CORS_ALLOWED_ORIGINS: {origin!r} is no origin such as https://example.com, nor *"
            )
    return [origin.lower() for origin in given]


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise ImproperlyConfigured(f"{name}={given!r}: one of {', '.join(allowed)}")
    return given


def _mail(url: str) -> dict[str, Any]:
    """Django's settings of a mail server or, without one, of the folder ``mail``."""
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(DATA_DIR / "mail"),
        }
    try:
        mail = dict(env.email_url_config(url))
    except KeyError:
        raise ImproperlyConfigured(f"EMAIL_URL: no way to send mail: {urlsplit(url).scheme!r}") from None
    if mail["EMAIL_FILE_PATH"]:
        # filemail:///folder: the slash belongs to the path.
        mail["EMAIL_FILE_PATH"] = str(Path("/", mail["EMAIL_FILE_PATH"]))
    return mail


def _public_url(given: str) -> str:
    """An address such as ``https://example.com``. Raises ImproperlyConfigured."""
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"PUBLIC_URL={given!r}: an address such as https://example.com")
    return given.rstrip("/")


# Pages of these other origins may read market data; with CORS_PRIVATE=1 everything, by bearer tokens.
CORS_ALLOWED_ORIGINS = _cors_origins(env.list("CORS_ALLOWED_ORIGINS", default=[]))
CORS_PRIVATE = env.bool("CORS_PRIVATE", default=False)

# A proxy in front ends TLS: browsers send cookies over TLS only and remember to come back that way.
TLS = env.bool("TLS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = TLS
if TLS:
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)

DEMO = env.bool("DEMO", default=False)
XTRADER = {
    "DATA_DIR": DATA_DIR,
    "ENGINE_SOCKET": env("ENGINE_SOCKET", default=_socket_path("engine.sock")),
    "MARKETDATA_SOCKET": env("MARKETDATA_SOCKET", default=_socket_path("marketdata.sock")),
    "JOURNAL_URL": env("JOURNAL_URL", default=f"file://{DATA_DIR / 'journal'}"),
    "SNAPSHOT_DIR": Path(env("SNAPSHOT_DIR", default=str(DATA_DIR / "snapshots"))),
    # Of the journal's segments, how many newest ones stay uncompressed; "off" archives none.
    "JOURNAL_KEEP_SEGMENTS": _segments_to_keep(env("JOURNAL_KEEP_SEGMENTS", default="8")),
    "DEMO": DEMO,
    # Orders that ended without a fill leave the database after so many days; 0: never.
    "UNFILLED_ORDER_DAYS": env.int("UNFILLED_ORDER_DAYS", default=90),
    # Publications of what is owed whose leaves are kept, so that traders can fetch their proofs.
    "SOLVENCY_KEPT": env.int("SOLVENCY_KEPT", default=30),
    # Deposits, withdrawals and fee rates of operators beyond these wait for a second operator.
    "APPROVALS": approval_bounds.approvals(
        env(
            "APPROVAL_ABOVE",
            default=approval_bounds.OFF if DEMO else approval_bounds.DEFAULT,
        ),
        env("APPROVAL_FEES_ABOVE", default="0"),
        env.int("APPROVAL_HOURS", default=24),
    ),
    # Tiers by what is traded in 30 days in this asset; the daily job begins at this hour (UTC).
    "FEES": {
        "CURRENCY": env("FEES_CURRENCY", default="KRW"),
        "HOUR": _hour_of_day(env.int("FEES_HOUR", default=1)),
        # Of the fees of those they brought, referrers get this part; users are tied within so many days.
        "REFERRAL_PPM": _share(env.int("REFERRAL_SHARE_PPM", default=200_000)),
        "REFERRAL_DAYS": env.int("REFERRAL_DAYS", default=30),
    },
    # Withdrawals and deposits: who pays, limits, confirmation, review (xtrader/custody_limits.py).
    "CUSTODY": custody_limits.custody(env, is_demo=DEMO),
    # Support, operators, compliance, auditors and administrators log in with a second factor.
    "STAFF_SECOND_FACTOR": env.bool("STAFF_SECOND_FACTOR", default=not DEMO),
    # Accounts a user may have, the main one included.
    "ACCOUNTS_PER_USER": env.int("ACCOUNTS_PER_USER", default=20),
    # How long a proof counts that it is the user who asks, seconds (accounts/identity/step_up.py).
    "STEP_UP_MAX_AGE_S": env.int("STEP_UP_MAX_AGE_S", default=300),
    # The domain by which browsers keep passkeys, where it is not the host they ask.
    "PASSKEY_DOMAIN": env("PASSKEY_DOMAIN", default=""),
    # Who may sign up: open, invitation or closed; and how long a sign-up waits for its address.
    "REGISTRATION": _one_of(
        "REGISTRATION",
        env("REGISTRATION", default="open" if DEMO else "closed"),
        ("open", "invitation", "closed"),
    ),
    "SIGN_UP_HOURS": env.int("SIGN_UP_HOURS", default=24),
    # Where people reach the site: links in letters begin with it.
    "PUBLIC_URL": _public_url(env("PUBLIC_URL", default="http://localhost:8000")),
    # The demo log-ins with balances, with or without a demo market.
    "DEMO_USERS": env.bool("DEMO_USERS", default=DEMO),
    # Passwords and money may travel unencrypted beyond this machine.
    "INSECURE_HTTP": env.bool("INSECURE_HTTP", default=False),
    # Readers of /metrics: this machine, requests with the token, or with METRICS_PUBLIC=1 everybody.
    "METRICS_PUBLIC": env.bool("METRICS_PUBLIC", default=False),
    "METRICS_TOKEN": env("METRICS_TOKEN", default=""),
    # What the secrets of API keys are sealed with: "id:key,id:key", newest first; else a file of the same.
    "KEYS_SECRET": env("KEYS_SECRET", default=""),
    "KEYS_SECRET_FILE": env("KEYS_SECRET_FILE", default=str(DATA_DIR / "keys_secret")),
    # Where the heads of the audit log are noted, a line a day: best on another disk than the database.
    "AUDIT_HEADS": env("AUDIT_HEADS", default=str(DATA_DIR / "audit_heads")),
    # Symbols that name a trading calendar open and close with it.
    "CALENDARS": env.bool("CALENDARS", default=False),
    # In the first minute of every hour orders of AAPL gather for an auction.
    "DEMO_AUCTIONS": env.bool("DEMO_AUCTIONS", default=False),
    # How long a request waits for the engine before it answers 504 OUTCOME_UNKNOWN.
    "ENGINE_TIMEOUT_MS": env.int("ENGINE_TIMEOUT_MS", default=5_000),
    # "<count>/<s|10s|min|h>", or "0" for none. What each covers: web/access/limiter.py.
    "RATE_LIMITS": {
        "orders": env("RATE_LIMIT_ORDERS", default="2000/s"),
        "reads": env("RATE_LIMIT_READS", default="500/s"),
        "reports": env("RATE_LIMIT_REPORTS", default="60/min"),
        "public": env("RATE_LIMIT_PUBLIC", default="1000/s"),
        "login": env("RATE_LIMIT_LOGIN", default="20/min"),
        "demo": env("RATE_LIMIT_DEMO", default="30/min"),
        "accounts": env("RATE_LIMIT_ACCOUNTS", default="30/min"),
        "withdrawals": env("RATE_LIMIT_WITHDRAWALS", default="60/min"),
        "signup": env("RATE_LIMIT_SIGNUP", default="20/h"),
        "mail": env("RATE_LIMIT_MAIL", default="30/h"),
        "mailbox": env("RATE_LIMIT_MAILBOX", default="5/h"),
        "address": env("RATE_LIMIT_ADDRESS", default="10000/s"),
    },
    # Files of whole histories that one web process sends at a time.
    "EXPORTS_AT_ONCE": env.int("EXPORTS_AT_ONCE", default=4),
    # The rate of orders of accounts of market makers, where orders have a limit at all.
    "MAKER_ORDER_RATE": env("RATE_LIMIT_ORDERS_MARKET_MAKERS", default="10000/s"),
    # Accounts with another rate of orders: "1001=20000/s,1002=0".
    "ORDER_RATES": env.dict("RATE_LIMIT_ORDERS_ACCOUNTS", default={}),
    # Proxies of our own in front: that many entries of X-Forwarded-For are believed.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
if TLS or XTRADER["NUM_PROXIES"]:
    # A proxy of our own names the scheme; without one the header is the client's and counts for nothing.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_JOURNAL_DIR = Path(str(XTRADER["JOURNAL_URL"]).removeprefix("file://"))
for _folder, _mark in ((_JOURNAL_DIR, "head"), (XTRADER["SNAPSHOT_DIR"], "*.snapshot*")):
    # Elsewhere than in the data folder they need a door of their own.
    if _folder.is_dir() and not _folder.resolve().is_relative_to(DATA_DIR):
        make_private(_folder, marks=(_mark,))

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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "xtrader",
    "web",
    "ops",
    "custody",
    "accounts",
    "marketdata",
    "exchange",
]

MIDDLEWARE = [
    "web.access.act_sources.act_source",
    "web.pages.content_security.content_security",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "web.rest.error_replies.DatabaseOutages",
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
    # Callers do without a Redis that is away (exchange/shared_cache.py): none waits long to find out.
    _REDIS_OPTIONS = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5}
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": _REDIS_OPTIONS,
        }
    }
    CHANNEL_LAYERS = {"default": redis_layer(REDIS_URL)}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

AUTH_USER_MODEL = "accounts.User"
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
AUTHENTICATION_BACKENDS = ["web.access.password_backend.PasswordBackend"]
# allauth keeps users' e-mail addresses and makes the keys of links; its pages are not used.
ACCOUNT_ADAPTER = "accounts.identity.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
#: Seconds for which the link to set a new password is good.
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_RESET_S", default=3_600)
# The second factor (accounts/identity/second_factor.py). One step of 30 s before and after the
# present one is taken too: clocks of telephones differ.
MFA_ADAPTER = "accounts.identity.mfa_adapter.MfaAdapter"
MFA_TOTP_ISSUER = "xTrader"
MFA_TOTP_TOLERANCE = 1
SESSION_ENGINE = "accounts.identity.session_store"
# Where mail goes: files in the data folder, unless a server is named (smtp+tls://user:password@host:587).
vars().update(_mail(env("EMAIL_URL", default="")))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_S", default=15)
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="xTrader <noreply@localhost>")
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
        "web.rest.authentication.BearerAuthentication",
        "web.rest.authentication.KeyAuthentication",
        "web.rest.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["web.rest.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["web.rest.throttling.RateThrottle"],
    "EXCEPTION_HANDLER": "web.rest.error_replies.handle",
    "DEFAULT_SCHEMA_CLASS": "web.rest.auto_schema.CallSchema",
}
SIMPLE_JWT = {
    # Not the key of sessions and forms, so that what signs the one cannot make the other.
    "SIGNING_KEY": hmac.new(SECRET_KEY.encode(), b"access and refresh tokens", hashlib.sha256).hexdigest(),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "xTrader",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Order entry, account history and market data. docs/rest.md is the guide to it.",
    "POSTPROCESSING_HOOKS": [],
    # A body says itself which of its fields it needs.
    "COMPONENT_SPLIT_PATCH": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = logging_settings(os.environ)
