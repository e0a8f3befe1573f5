"""Every failure of an API path as the one error shape: DRF's, Django's, the engine's and our own."""

from __future__ import annotations

from typing import Any, TypeGuard, TypeVar

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from exchange.errors import ApiError, RefusedError, RequestError
from exchange.link.errors import EngineError, api_error
from exchange.telemetry.logs import get_logger
from web.access.language import active_language
from web.access.limiter import UNAVAILABLE
from web.access.outages import DATABASE_BUSY, DATABASE_UNAVAILABLE, outage_of
from web.server.web_figures import web_figures

logger = get_logger(__name__)

#: Paths that answer in the error shape; every other page is for people and gets Django's own pages.
API_PREFIXES = ("/v1/", "/api/")
#: Of answers that have a line of their own in the log.
OUTAGES = frozenset({DATABASE_UNAVAILABLE, DATABASE_BUSY, UNAVAILABLE})

_R = TypeVar("_R", bound=HttpResponse)

_CODES_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (InvalidToken, "INVALID_TOKEN"),
    (TokenError, "INVALID_TOKEN"),
    (drf.AuthenticationFailed, "INVALID_TOKEN"),
    (drf.NotAuthenticated, "NOT_AUTHENTICATED"),
    (drf.MethodNotAllowed, "METHOD_NOT_ALLOWED"),
    (drf.NotAcceptable, "NOT_ACCEPTABLE"),
    (drf.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"),
    (drf.Throttled, "RATE_LIMITED"),
    (drf.ParseError, "INVALID_JSON"),
    (drf.NotFound, "NOT_FOUND"),
    (Http404, "NOT_FOUND"),
    (RequestDataTooBig, "BODY_TOO_LARGE"),
    (drf.PermissionDenied, "PERMISSION_DENIED"),
    (PermissionDenied, "PERMISSION_DENIED"),
    (drf.ValidationError, "INVALID_FIELD"),
)


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None (a 500 by Django's handler below) only for a fault of our own."""
    error = as_api_error(exc)
    if error is None:
        return None
    web_figures.errors.add(error.code)
    response = Response(error.body(active_language()), status=error.status, headers=_headers(exc, error))
    return _logged(response) if error.code in OUTAGES else response


def as_api_error(exc: Exception) -> ApiError | None:
    """The wire error an exception stands for; None when it is a bug."""
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, EngineError):
        return api_error(exc)
    if (outage := outage_of(exc)) is not None:
        return outage
    if isinstance(exc, drf.PermissionDenied) and "CSRF" in str(exc.detail):
        return RefusedError("CSRF_FAILED")
    for exception_class, code in _CODES_BY_CLASS:
        if isinstance(exc, exception_class):
            return RequestError(code, _details(exc))
    return None


def _logged(response: _R) -> _R:
    """The response, of which Django writes no line: the outage has its own."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _details(exc: Exception) -> dict[str, Any]:
    wait_s = _wait_s(exc)
    return {"retry_after_s": wait_s} if wait_s else {}


def _wait_s(exc: Exception) -> int:
    """Seconds a throttled request has to wait; 0 for every other failure."""
    return int(getattr(exc, "wait", None) or 0)


def _headers(exc: Exception, error: ApiError) -> dict[str, str]:
    headers = {}
    challenge = getattr(exc, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait_s = error.details.get("retry_after_s") or error.retry_after_s
    if wait_s:
        headers["Retry-After"] = str(wait_s)
    return headers


# --- failures outside DRF: addresses that do not exist, broken requests, bugs -------------------------


def is_api_path(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIXES)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404`` of the site."""
    if is_api_path(request):
        return error_response(RefusedError("NOT_FOUND"))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400`` of the site."""
    if is_api_path(request):
        code = "BODY_TOO_LARGE" if isinstance(exception, RequestDataTooBig) else "BAD_REQUEST"
        return error_response(RequestError(code))
    return _page(request, 400) or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler403`` of the site."""
    if is_api_path(request):
        return error_response(RefusedError("PERMISSION_DENIED"))
    return defaults.permission_denied(request, exception)


class DatabaseOutages(MiddlewareMixin):
    """Middleware: a page, or an address outside DRF, whose view meets a database or a count of log-ins that
    is away answers 503."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = exception if _is_outage(exception) else outage_of(exception)
        if error is None:
            return None
        response = error_response(error) if is_api_path(request) else _outage_page(request, error)
        return _logged(response)


def _is_outage(exception: Exception) -> TypeGuard[ApiError]:
    return isinstance(exception, ApiError) and exception.code == UNAVAILABLE


def _outage_page(request: HttpRequest, error: ApiError) -> HttpResponse:
    text = error.message(active_language())
    page = _page(request, error.status) or HttpResponse(text, content_type="text/plain", status=error.status)
    page["Retry-After"] = str(error.retry_after_s)
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500`` of the site; Django has logged the exception."""
    if is_api_path(request):
        return error_response(ApiError("INTERNAL"))
    return _page(request, 500) or defaults.server_error(request)


def _page(request: HttpRequest, status: int) -> HttpResponse | None:
    """The page of a status in the site's frame and the reader's language; None when what is broken breaks it
    too."""
    try:
        return render(request, f"{status}.html", status=status)
    except Exception:
        logger.exception("error_page_not_shown", status=status)
        return None


def error_response(error: ApiError) -> JsonResponse:
    """An error as a plain Django response."""
    web_figures.errors.add(error.code)
    response = JsonResponse(error.body(active_language()), status=error.status)
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    return response
