"""Whether a browser's page may open a WebSocket here."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from web.access.headers import Headers


def origin_allowed(headers: Headers, allowed_origins: tuple[str, ...], scheme: str) -> bool:
    """Whether a browser page may connect: pages of this host and the scheme it is served by, and origins that
    are listed. Programs send no Origin. A host that is not ours is refused too (a name rebound to this
    address). ``scheme``: of the connection itself, ``ws`` or ``wss``."""
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if not validate_host(urlsplit(f"//{host}").hostname or "", _hosts()):
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin-1").lower()
    listed = {name.lower() for name in (*allowed_origins, *settings.CSRF_TRUSTED_ORIGINS)}
    return text in listed or text == _own_origin(host, _is_secure(headers, scheme))


def _own_origin(host: str, is_secure: bool) -> str:
    """As browsers write it: without the port that the scheme has anyway."""
    scheme, port = ("https", ":443") if is_secure else ("http", ":80")
    return f"{scheme}://{host.removesuffix(port)}"


def _is_secure(headers: Headers, scheme: str) -> bool:
    """Whether pages of this site come by HTTPS: from here, from the proxy of ``TLS=1``, or from another of
    our own that says so."""
    if settings.TLS or scheme in ("wss", "https"):
        return True
    trusted: tuple[str, str] | None = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    if trusted is None:
        return False
    name, secure = trusted
    given = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower().encode(), b"")
    return given.decode("latin-1").partition(",")[0].strip() == secure


def _hosts() -> list[str]:
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return ["localhost", "127.0.0.1", "[::1]"]
    return list(settings.ALLOWED_HOSTS)
