"""Django's view of the variables of ``xtrader/variables``, which ``docs/operations.md`` lists.

The defaults are the embedded ones that need nothing installed. Every server is named by a URL
(``DATABASE_URL``, ``REDIS_URL``, ``JOURNAL_URL``), so moving from the embedded parts to production parts
changes no code.
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

from django.core.exceptions import ImproperlyConfigured

from exchange.journal.whole_file import write_private_once
from xtrader.channel_layers import redis_layer
from xtrader.log_settings import logging_settings
from xtrader.operator_pages import UNFOLD  # noqa: F401 - a setting
from xtrader.private_folders import make_private, make_socket_folder
from xtrader.variables.variable_reader import load
from xtrader.variables.variable_table import BASE_DIR

#: The kernel takes about this many bytes for the path of a Unix socket.
_LONGEST_SOCKET_PATH = 100

# Raises WrongVariablesError, with a line for each mistake; the entry points print them.
given = load(os.environ)

DATA_DIR = Path(given.DATA).resolve()
make_private(DATA_DIR, marks=("secret_key", "journal", "xtrader.sqlite3"))


def _secret_key() -> str:
    """The key that is given, else one made once for this data folder and readable by its owner only."""
    if given.SECRET_KEY:
        return given.SECRET_KEY
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


def _mail(server: dict[str, Any]) -> dict[str, Any]:
    """Django's settings of a mail server or, without one, of the folder ``mail``."""
    if not server:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(DATA_DIR / "mail"),
        }
    if server["EMAIL_FILE_PATH"]:
        # filemail:///folder: the slash belongs to the path.
        server = {**server, "EMAIL_FILE_PATH": str(Path("/", server["EMAIL_FILE_PATH"]))}
    return server


SECRET_KEY = _secret_key()
DEBUG = given.DEBUG
ALLOWED_HOSTS = given.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = given.CSRF_TRUSTED_ORIGINS

CORS_ALLOWED_ORIGINS = given.CORS_ALLOWED_ORIGINS
CORS_PRIVATE = given.CORS_PRIVATE

# A proxy in front ends TLS: browsers send cookies over TLS only and remember to come back that way.
TLS = given.TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = TLS
if TLS:
    SECURE_HSTS_SECONDS = given.HSTS_SECONDS
    SECURE_HSTS_INCLUDE_SUBDOMAINS = given.HSTS_SUBDOMAINS
    SECURE_HSTS_PRELOAD = given.HSTS_PRELOAD
    # A person who types the address without https is led on. Programs are not: a redirect would send
    # their tokens a second time, and probes of this machine come without TLS.
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(api|v1|health)/", r"^(healthz|metrics)$"]
# Whether the subdomains of a host, which may be others', are reached by TLS only is its owner's to say.
SILENCED_SYSTEM_CHECKS = [] if given.HSTS_PRELOAD else ["security.W005", "security.W021"]

DEMO = given.DEMO
# What the exchange reads of its own; the table of variables says what each means.
XTRADER: dict[str, Any] = {
    "DATA_DIR": DATA_DIR,
    "ENGINE_SOCKET": given.ENGINE_SOCKET or _socket_path("engine.sock"),
    "MARKETDATA_SOCKET": given.MARKETDATA_SOCKET or _socket_path("marketdata.sock"),
    # Where each process answers operators' tools: <process>.side.sock here, and the addresses of SIDE_DOORS.
    "SIDE_DOOR_FOLDER": Path(_socket_path("marketdata.side.sock")).parent,
    "SIDE_DOORS": given.SIDE_DOORS,
    "TLS_CERTIFICATE_FILE": given.TLS_CERTIFICATE_FILE,
    "JOURNAL_URL": given.JOURNAL_URL,
    "SNAPSHOT_DIR": Path(given.SNAPSHOT_DIR),
    "JOURNAL_KEEP_SEGMENTS": given.JOURNAL_KEEP_SEGMENTS,
    "DEMO": DEMO,
    "UNFILLED_ORDER_DAYS": given.UNFILLED_ORDER_DAYS,
    "SOLVENCY_KEPT": given.SOLVENCY_KEPT,
    "APPROVALS": {
        "ABOVE": given.APPROVAL_ABOVE,
        "FEE_PPM": given.APPROVAL_FEES_ABOVE,
        "HOURS": given.APPROVAL_HOURS,
    },
    "FEES": {
        "CURRENCY": given.FEES_CURRENCY,
        "HOUR": given.FEES_HOUR,
        "REFERRAL_PPM": given.REFERRAL_SHARE_PPM,
        "REFERRAL_DAYS": given.REFERRAL_DAYS,
    },
    "CUSTODY": {
        "PROVIDERS": given.CUSTODY_PROVIDERS,
        "MAIL": given.CUSTODY_MAIL,
        "CONFIRM_S": given.CUSTODY_CONFIRM_S,
        "ADDRESS_DELAY_S": given.CUSTODY_ADDRESS_DELAY_S,
        "LIMITS": given.CUSTODY_LIMITS,
        "LEVEL": given.CUSTODY_LEVEL,
        "REVIEW_ABOVE": given.CUSTODY_REVIEW_ABOVE,
        "UNCLEAR_AFTER_S": given.CUSTODY_UNCLEAR_AFTER_S,
        "TIMEOUT_S": given.CUSTODY_TIMEOUT_S,
        "LOOK_EVERY_S": given.CUSTODY_LOOK_EVERY_S,
    },
    "STAFF_SECOND_FACTOR": given.STAFF_SECOND_FACTOR,
    "ACCOUNTS_PER_USER": given.ACCOUNTS_PER_USER,
    "STEP_UP_MAX_AGE_S": given.STEP_UP_MAX_AGE_S,
    "PASSKEY_DOMAIN": given.PASSKEY_DOMAIN,
    "REGISTRATION": given.REGISTRATION,
    "SIGN_UP_HOURS": given.SIGN_UP_HOURS,
    "PUBLIC_URL": given.PUBLIC_URL,
    "DEMO_USERS": given.DEMO_USERS,
    "INSECURE_HTTP": given.INSECURE_HTTP,
    "METRICS_PUBLIC": given.METRICS_PUBLIC,
    "METRICS_TOKEN": given.METRICS_TOKEN,
    "KEYS_SECRET": given.KEYS_SECRET,
    "KEYS_SECRET_FILE": given.KEYS_SECRET_FILE,
    "AUDIT_HEADS": given.AUDIT_HEADS,
    "CALENDARS": given.CALENDARS,
    "HOST": given.HOST,
    "PORT": given.PORT,
    "COMPILE": given.COMPILE,
    "DEMO_HISTORY_HOURS": given.DEMO_HISTORY_HOURS,
    "DEMO_AUCTIONS": given.DEMO_AUCTIONS,
    "ENGINE_TIMEOUT_MS": given.ENGINE_TIMEOUT_MS,
    "RATE_LIMITS": {
        "orders": given.RATE_LIMIT_ORDERS,
        "reads": given.RATE_LIMIT_READS,
        "reports": given.RATE_LIMIT_REPORTS,
        "public": given.RATE_LIMIT_PUBLIC,
        "login": given.RATE_LIMIT_LOGIN,
        "demo": given.RATE_LIMIT_DEMO,
        "accounts": given.RATE_LIMIT_ACCOUNTS,
        "withdrawals": given.RATE_LIMIT_WITHDRAWALS,
        "signup": given.RATE_LIMIT_SIGNUP,
        "mail": given.RATE_LIMIT_MAIL,
        "mailbox": given.RATE_LIMIT_MAILBOX,
        "address": given.RATE_LIMIT_ADDRESS,
    },
    "EXPORTS_AT_ONCE": given.EXPORTS_AT_ONCE,
    "MAKER_ORDER_RATE": given.RATE_LIMIT_ORDERS_MARKET_MAKERS,
    # By account.
    "ORDER_RATES": given.RATE_LIMIT_ORDERS_ACCOUNTS,
    "NUM_PROXIES": given.NUM_PROXIES,
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
    "web.access.rate_fields.rate_limit_fields",
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

DATABASES = {"default": given.DATABASE_URL}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One writer (the projector) with short transactions, many readers: WAL; FULL so that a committed
    # projection position is never ahead of its rows after a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }

if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A process has at most so many connections, however many requests it has in flight (0: one for each).
    DATABASES["default"].update(ENGINE="exchange.postgresql", CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    if given.DATABASE_POOL_SIZE:
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 0,
            "max_size": given.DATABASE_POOL_SIZE,
            "timeout": given.DATABASE_POOL_WAIT_S,
            # Attempts in the background end soon: the next request begins anew, without their long pauses.
            "reconnect_timeout": given.DATABASE_POOL_WAIT_S,
        }

REDIS_URL = given.REDIS_URL
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
PASSWORD_RESET_TIMEOUT = given.PASSWORD_RESET_S
# The second factor (accounts/identity/second_factor.py). One step of 30 s before and after the
# present one is taken too: clocks of telephones differ.
MFA_ADAPTER = "accounts.identity.mfa_adapter.MfaAdapter"
MFA_TOTP_ISSUER = "xTrader"
MFA_TOTP_TOLERANCE = 1
SESSION_ENGINE = "accounts.identity.session_store"
vars().update(_mail(given.EMAIL_URL))
EMAIL_TIMEOUT = given.EMAIL_TIMEOUT_S
DEFAULT_FROM_EMAIL = given.MAIL_FROM
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
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "web.rest.negotiation.Negotiation",
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
    "POSTPROCESSING_HOOKS": [
        "web.rest.security_schemes.complete_security",
        "web.rest.schema_examples.add_examples",
        "web.rest.schema_headers.rate_limit_headers",
    ],
    # A body says itself which of its fields it needs.
    "COMPONENT_SPLIT_PATCH": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = logging_settings(os.environ)
