"""The table of variables. ``python tools/variables.py`` writes it into docs/operations.md.

Meanings are Markdown, and their links are relative to ``docs``. What a class of values takes is in
``variable_kinds`` and ``value_parsers``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from xtrader.variables import value_parsers as parse
from xtrader.variables.variable_kinds import (
    Variable,
    choice,
    flag,
    names,
    parsed,
    text,
    whole,
    whole_or_off,
)

BASE_DIR: Final = Path(__file__).resolve().parents[2]
_LIMITS: Final = "0=0/0,1=5000000/50000000,2=50000000/500000000,3=500000000/5000000000"
_A_DAY_S: Final = 86_400
_A_YEAR_S: Final = 366 * _A_DAY_S
#: Less is not taken into the list that browsers ship with.
_PRELOAD_LEAST_S: Final = 31_536_000
_NONE: Final = "none"


def _rate(default: str, meaning: str) -> Variable[str]:
    return parsed(parse.rate, default, meaning, values="rate")


def _slow(default: str, what: str) -> Variable[int]:
    meaning = f"from how many milliseconds on {what} is in the log as [slow](#logs); `0`: always, `-1`: never"
    return whole(default, meaning, least=-1, most=3_600_000)


class Variables:
    """All variables; an instance that was read has their values."""

    # --- where it runs -----------------------------------------------------------------------------
    XTRADER_ENV_FILE = text(
        "",
        "a file of variables, one a line; see [below](#wrong-variables). The environment counts before it",
        values="path",
        shown=_NONE,
    )
    IGNORED_VARIABLES = names(
        "",
        "names that look like variables of the exchange, and are meant for another program of this machine",
    )
    DATA = text(
        str(BASE_DIR / "data"),
        "folder of database, journal, snapshots, sockets, logs and log-ins, its owner's only; see"
        " [private files](#private-files). Where its path is too long for a Unix socket (100"
        " characters), the sockets"
        " go to `/tmp/xtrader-<uid>-<hash>/`, which must be a folder of this user with mode 700, not a link",
        values="path",
        shown="`./data`",
    )
    PORT = whole("8000", "port on which `make run` listens", least=1, most=65_535)
    HOST = text(
        "127.0.0.1",
        "address on which `make run` listens. Beyond this machine it needs `TLS=1` or `INSECURE_HTTP=1`; see"
        " [beyond this machine](#beyond-this-machine). For another host name set `ALLOWED_HOSTS` too",
        values="address",
    )
    TLS = flag(
        "0",
        "`1`: a proxy in front ends TLS. Cookies are Secure, answers carry HSTS, and the site trusts"
        " `X-Forwarded-Proto`",
    )
    HSTS_SECONDS = whole(
        "31536000",
        "with `TLS=1`: how long browsers return by TLS only",
        least=0,
        most=2 * _A_YEAR_S,
    )
    HSTS_SUBDOMAINS = flag("0", "`1`: that holds for all subdomains of the host as well")
    HSTS_PRELOAD = flag(
        "0",
        "`1`: browsers may ship with the host in their lists. Needs `HSTS_SUBDOMAINS=1` and a year",
    )
    TLS_CERTIFICATE_FILE = text(
        "",
        "the certificate (PEM) of the proxy in front, for `/health/detail` to say how many days it is good",
        values="path",
        shown=_NONE,
    )
    INSECURE_HTTP = flag(
        "0",
        "`1`: listen beyond this machine without TLS. Passwords and money then cross the network unencrypted",
    )
    DEBUG = flag("0", "Django's debug pages. Never in production")
    ALLOWED_HOSTS = names(
        "localhost,127.0.0.1,[::1]",
        "host names the site answers to, and whose pages its WebSocket accepts, over the scheme that"
        " the site is"
        " served by",
    )
    CSRF_TRUSTED_ORIGINS = parsed(
        parse.origins, "", "origins (with scheme) behind a proxy that ends TLS", values="origins", shown=_NONE
    )
    CORS_ALLOWED_ORIGINS = parsed(
        parse.origins,
        "",
        "other origins (`https://example.com`, separated by commas, or `*`) whose pages may read market"
        " data over"
        " REST",
        values="origins, `*`",
        shown=_NONE,
    )
    CORS_PRIVATE = flag("0", "`1`: these origins may use the private calls too, by bearer token")
    NUM_PROXIES = whole(
        "0",
        "number of your own proxies in front. The site trusts that many entries of `X-Forwarded-For`, and"
        " `X-Forwarded-Proto`; with `0` neither",
        least=0,
        most=16,
    )
    PUBLIC_URL = parsed(
        parse.public_url,
        "http://localhost:8000",
        "where people reach the site: links in letters begin with it",
        values="address",
        shown="in `make run` its own address, else `http://localhost:8000`",
    )

    # --- servers and files -------------------------------------------------------------------------
    SECRET_KEY = text(
        "",
        "signs sessions and tokens. Processes on several machines must share it",
        shown="made once in `$DATA/secret_key`",
        secret=True,
    )
    KEYS_SECRET = text(
        "",
        "the key-encryption keys that secrets of API keys are sealed with ([below](#api-keys))",
        values="`id:key,id:key`",
        shown="none: a file",
        secret=True,
    )
    KEYS_SECRET_FILE = text(
        "$DATA/keys_secret",
        "their file, made when the first API key is",
        values="path",
    )
    DATABASE_URL = parsed(
        parse.database,
        "sqlite:///$DATA/xtrader.sqlite3",
        "`postgresql://user:password@host/name` in production",
        values="address",
        secret=True,
    )
    DATABASE_POOL_SIZE = whole(
        "20",
        "connections to PostgreSQL that each process may have in use; a request that finds none free for"
        " `DATABASE_POOL_WAIT_S` is answered 503 `DATABASE_BUSY`. `0`: no pool, one for each request in"
        " flight",
        least=0,
        most=10_000,
    )
    DATABASE_POOL_WAIT_S = whole(
        "2", "seconds that a request waits for a connection to PostgreSQL", least=1, most=60
    )
    REDIS_URL = parsed(
        parse.url_of("redis", "rediss", "unix", example="redis://127.0.0.1:6379/0"),
        "",
        "cache and rate limits shared by several web processes. While Redis does not answer, each"
        " process counts for itself, and log-ins are [closed but for a few](#when-a-part-is-away)."
        " Its channel layer carries the news of changed users",
        values="address",
        shown="none: in memory",
        secret=True,
    )
    JOURNAL_URL = parsed(
        parse.file_url, "file://$DATA/journal", "folder of the journal", values="`file://` and a path"
    )
    JOURNAL_KEEP_SEGMENTS = whole_or_off(
        "8",
        "number of the journal's newest segments (64 MB, about two million commands each) that stay"
        " uncompressed."
        " marketdata archives older ones that lie behind every kept snapshot. `off` archives none",
        least=1,
        most=1_000_000,
    )
    SNAPSHOT_DIR = text(
        "$DATA/snapshots",
        "folder of snapshots: marketdata writes them, the engine starts from them",
        values="path",
    )
    ENGINE_SOCKET = text("", "the engine's Unix socket", values="path", shown="`$DATA/engine.sock`")
    MARKETDATA_SOCKET = text(
        "", "the market data feed's Unix socket", values="path", shown="`$DATA/marketdata.sock`"
    )
    DISK_RESERVE_MB = whole(
        "1024",
        "free MiB below which the venue takes [cancels only](#a-disk-that-fills-up); `0` watches no disk",
        least=0,
        most=1 << 50,
    )
    ENGINE_TIMEOUT_MS = whole(
        "5000",
        "how long a request waits for the engine before it is answered 504 `OUTCOME_UNKNOWN`",
        least=1,
        most=600_000,
    )
    ENGINE_CLOCK = choice(
        "guarded",
        "`accept` or `journal` let the engine start against the check of [the clock](#the-clock)",
        "guarded",
        "accept",
        "journal",
        demo="accept",
    )
    LOG_LEVEL = choice("INFO", "of every process", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    SIDE_DOORS = parsed(
        parse.side_doors,
        "",
        "addresses at which processes answer `/metrics` beside their sockets, such as"
        " `engine=9101,marketdata=9102,dispatcher=9103,sessions=9104,web=9105`; a port alone is on this"
        " machine, `web=10.0.0.5:9105` names the interface. There is no access rule there: let a firewall"
        " keep it among your own machines",
        values="processes and addresses",
        shown=_NONE,
    )
    LOG_FORMAT = choice("text", "`json`: each line of the [logs](#logs) is an object", "text", "json")
    LOG_LINES_A_MINUTE = whole(
        "60", "how many lines of one event a process writes in a minute", least=1, most=1_000_000
    )
    LOG_ROTATE_MB = parsed(
        parse.amount, "20", "size over which a log is put aside; `0`: none is", values="amount"
    )
    LOG_ROTATE_COUNT = whole("5", "how many logs that were put aside are kept", least=1, most=10_000)
    SLOW_REQUEST_MS = _slow("1000", "an HTTP request")
    SLOW_COMMAND_MS = _slow("500", "a command or query on its way from web to the engine and back")
    SLOW_BATCH_MS = _slow("200", "what the core does in one turn")
    SLOW_SYNC_MS = _slow("200", "writing and syncing a turn")
    SLOW_FOLD_MS = _slow("1000", "marketdata's fold of a stretch of the journal")
    SLOW_WRITE_MS = _slow("1000", "its transaction")
    SLOW_QUERY_MS = _slow("500", "a statement of the database")
    TRACES_URL = parsed(
        parse.url_of("http", "https", example="http://127.0.0.1:4318"),
        "",
        "receiver of [traces](#traces), OTLP over HTTP",
        values="address",
        shown="none: off",
    )
    TRACES_SHARE = parsed(parse.share, "1", "the part of the requests that is traced", values="0 to 1")
    METRICS_TOKEN = text(
        "",
        "`/metrics` also answers other machines that send it as `Authorization: Bearer …`",
        shown=_NONE,
        secret=True,
    )
    METRICS_PUBLIC = flag("0", "`1`: `/metrics` answers every machine")
    AUDIT_HEADS = text(
        "$DATA/audit_heads",
        "the file that notes the [audit log](audit-log.md)'s last hash each day; best on another disk",
        values="path",
    )
    XTRADER_CORE = choice(
        "auto",
        "which build of the core runs: `python`, `compiled` (an error where there is none), or `auto`,"
        " the compiled"
        " one if there is a build of exactly these sources for this interpreter",
        "auto",
        "python",
        "compiled",
    )
    COMPILE = flag("1", "`0`: `make run` does not compile the core in the background")

    # --- the demo ----------------------------------------------------------------------------------
    DEMO = flag(
        "0",
        "robots, history at the first start, and `POST /v1/demo/deposit`",
        shown="`1` in `make run`, else `0`",
    )
    DEMO_USERS = flag(
        "0",
        "`1`: with `DEMO=0`, create the demo log-ins with their balances all the same",
        demo="1",
    )
    DEMO_AUCTIONS = flag(
        "0",
        "`1`: in the first minute of every hour orders of AAPL gather, then an auction is held; not"
        " where AAPL"
        " follows a calendar",
    )
    DEMO_HISTORY_HOURS = whole(
        "72", "hours of history that a new demo venue starts with", least=0, most=100_000
    )

    # --- the market and its people -----------------------------------------------------------------
    CALENDARS = flag(
        "0",
        "`1`: symbols that name a trading calendar open and close with it. `make run` then installs"
        " `requirements-calendars.txt`",
    )
    APPROVAL_ABOVE = parsed(
        parse.amounts_by_asset,
        "*=0,KRW=10000000,USD=10000,USDT=10000,BTC=0.1,ETH=3",
        "amounts that one operator may deposit and withdraw alone within 24 hours; `*`: any other"
        " asset. More waits"
        " for [a second operator](operator-pages.md#two-operators). `off`: nothing waits",
        values="asset=amount, with commas between; `off`",
        demo=parse.OFF,
    )
    APPROVAL_FEES_ABOVE = parsed(
        parse.percentage_points_as_ppm,
        "0",
        "percentage points by which an operator may alone set fee rates apart from the symbol's present ones",
        values="amount",
    )
    APPROVAL_HOURS = whole(
        "24", "hours after which a request that no one approved expires", least=1, most=8_784
    )
    FEES_CURRENCY = text(
        "KRW", "the asset in which fee tiers count what was traded ([below](#fee-tiers))", values="asset"
    )
    FEES_HOUR = whole("1", "the hour of the day (UTC) from which the daily fee job runs", least=0, most=23)
    REFERRAL_SHARE_PPM = whole(
        "200000",
        "the part of their fees, in millionths, that goes to the referrer of users; `0`: none",
        least=0,
        most=1_000_000,
    )
    REFERRAL_DAYS = whole(
        "30", "days after joining within which a user can name a referrer", least=0, most=36_600
    )
    ACCOUNTS_PER_USER = whole(
        "20", "accounts that a user may have, the main one included", least=1, most=10_000
    )
    SOLVENCY_KEPT = whole(
        "30",
        "publications of what is owed for which traders can fetch [proofs](solvency.md)",
        least=1,
        most=10_000,
    )
    UNFILLED_ORDER_DAYS = whole(
        "90",
        "days after which an order that ended without a fill leaves the database; `0`: never",
        least=0,
        most=36_600,
    )
    EXPORTS_AT_ONCE = whole("4", "CSV files that one web process sends at a time", least=0, most=1_000)

    # --- money in and out --------------------------------------------------------------------------
    CUSTODY_PROVIDERS = parsed(
        parse.providers,
        '{"manual": {"kind": "manual"}}',
        "who keeps and pays out money ([custody-providers.md](custody-providers.md#providers)): names"
        " and their"
        " options",
        values="JSON",
    )
    CUSTODY_MAIL = choice(
        "always",
        "whether a letter confirms withdrawals and addresses: of all users, of those with an e-mail"
        " address, or"
        " `never`",
        "always",
        "if_known",
        "never",
        demo="if_known",
    )
    CUSTODY_CONFIRM_S = whole(
        "86400", "seconds for which the link of such a letter is good", least=0, most=_A_YEAR_S
    )
    CUSTODY_ADDRESS_DELAY_S = whole(
        "86400",
        "seconds until a new withdrawal address may be used, and until a lifted lock to the address"
        " book ends",
        least=0,
        most=_A_YEAR_S,
        demo="60",
    )
    CUSTODY_LIMITS = parsed(
        parse.limits_by_level,
        _LIMITS,
        "what may leave in 24 hours and in 30 days by [verification level](money.md#limits), in whole"
        " units of"
        " `FEES_CURRENCY`",
        values="level=day/month, with commas between",
    )
    CUSTODY_LEVEL = whole(
        "1", "the level of users to whom no operator has given one", least=0, most=1_000, demo="2"
    )
    CUSTODY_REVIEW_ABOVE = parsed(
        parse.amount,
        "10000000",
        "withdrawals worth more, in whole units of `FEES_CURRENCY`, need two operators",
        values="amount",
    )
    CUSTODY_UNCLEAR_AFTER_S = whole(
        "3600",
        "seconds after which an order to pay without a clear answer is for operators",
        least=0,
        most=_A_YEAR_S,
    )
    CUSTODY_TIMEOUT_S = whole("10", "seconds that a provider has to answer", least=0, most=600)
    CUSTODY_LOOK_EVERY_S = whole(
        "30", "seconds between look-ups of what became of an order to pay", least=0, most=_A_DAY_S
    )

    # --- log-ins and letters -----------------------------------------------------------------------
    REGISTRATION = choice(
        "closed",
        "who may [sign up](#sign-up-and-mail)",
        "open",
        "invitation",
        "closed",
        demo="open",
    )
    SIGN_UP_HOURS = whole(
        "24",
        "hours for which a sign-up waits for its address to be confirmed, and holds its user name",
        least=1,
        most=8_784,
    )
    PASSWORD_RESET_S = whole(
        "3600", "seconds for which a link to set a new password is good", least=1, most=7 * _A_DAY_S
    )
    STAFF_SECOND_FACTOR = flag(
        "1",
        "support, operators, compliance, auditors and administrators log in with a [second factor](#log-ins)",
        demo="0",
    )
    STEP_UP_MAX_AGE_S = whole(
        "300",
        "how long a proof counts that it is the user, for keys, second factors and other"
        " [acts of security](rest.md#security)",
        least=0,
        most=_A_DAY_S,
    )
    PASSKEY_DOMAIN = parsed(
        parse.domain,
        "",
        "the domain by which browsers keep passkeys, for a site with several hosts: `exchange.example` serves"
        " `www.exchange.example` too. With another one all passkeys are void",
        values="domain",
        shown="the host of the request",
    )
    EMAIL_URL = parsed(
        parse.mail,
        "",
        "how mail is sent: `smtp+tls://user:password@host:587`, `smtp+ssl://…:465`, `smtp://host:25`,"
        " `filemail:///folder`, or `consolemail://` into the dispatcher's log",
        values="address",
        shown="none: files in `$DATA/mail`",
        secret=True,
    )
    EMAIL_TIMEOUT_S = whole("15", "seconds that the mail server has for an answer", least=1, most=600)
    MAIL_FROM = parsed(
        parse.sender, "xTrader <noreply@localhost>", "the sender of letters", values="name and address"
    )

    # --- limits ------------------------------------------------------------------------------------
    RATE_LIMIT_ORDERS = _rate(
        "2000/s",
        "orders, changes and cancels of an account, over REST and all its connections; refused ones"
        " count. `0` is no"
        " limit",
    )
    RATE_LIMIT_ORDERS_MARKET_MAKERS = _rate(
        "10000/s", "the same for accounts of market makers, unless `RATE_LIMIT_ORDERS` is `0`"
    )
    RATE_LIMIT_ORDERS_ACCOUNTS = parsed(
        parse.rates_by_account,
        "",
        "another rate of orders for single accounts: `1001=20000/s,1002=0`",
        values="account=rate, with commas between",
        shown=_NONE,
    )
    RATE_LIMIT_READS = _rate(
        "500/s", "reads of own data per account, and snapshots of private channels by their size"
    )
    RATE_LIMIT_REPORTS = _rate(
        "60/min 10000/day", "totals, CSV files and tax reports per account: each reads a whole history"
    )
    RATE_LIMIT_PUBLIC = _rate("1000/s", "public reads per address, `/healthz` and `/metrics` among them")
    RATE_LIMIT_LOGIN = _rate("20/min", "tokens and log-ins per address")
    RATE_LIMIT_DEMO = _rate("30/min", "demo deposits per account")
    RATE_LIMIT_ACCOUNTS = _rate("30/min", "opening, naming, freezing and thawing accounts, per account")
    RATE_LIMIT_WITHDRAWALS = _rate(
        "60/min", "requests and confirmations of withdrawals, and changes of the address book, per account"
    )
    RATE_LIMIT_SIGNUP = _rate("20/h", "sign-ups per address")
    RATE_LIMIT_MAIL = _rate("30/h", "other requests that may send a letter, per address")
    RATE_LIMIT_MAILBOX = _rate(
        "5/h",
        "letters to one mailbox that anybody may ask for; beyond it none is sent, and the answer stays"
        " the same",
    )
    RATE_LIMIT_ADDRESS = _rate("10000/s", "requests of any kind per address")


def contradictions(values: Variables, given: Mapping[str, str]) -> Iterator[str]:
    """What does not go together, though each variable is right by itself."""
    if values.CUSTODY_LEVEL not in values.CUSTODY_LIMITS:
        yield f"CUSTODY_LEVEL={values.CUSTODY_LEVEL}: CUSTODY_LIMITS has no such level"
    if values.HSTS_PRELOAD and not (values.HSTS_SUBDOMAINS and values.HSTS_SECONDS >= _PRELOAD_LEAST_S):
        yield f"HSTS_PRELOAD=1: needs HSTS_SUBDOMAINS=1 and HSTS_SECONDS from {_PRELOAD_LEAST_S} on"
    if "KEYS_SECRET" in given and "KEYS_SECRET_FILE" in given:
        yield "KEYS_SECRET and KEYS_SECRET_FILE: both are given, and only one may be"
