"""Every failure of an API path as the one error shape: DRF's, Django's, the engine's and our own."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from exchange.errors import ApiError, EngineTroubleError, InputError, RefusedError
from exchange.worker.errors import EngineError

logger = logging.getLogger(__name__)

#: Paths that answer in the error shape; every other page is for people and gets Django's own pages.
API_PREFIXES = ("/v1/", "/api/")

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
    return Response(error.body(language()), status=error.status, headers=_headers(exc, error))


def as_api_error(exc: Exception) -> ApiError | None:
    """The wire error an exception stands for; None when it is a bug."""
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, EngineError):
        return _engine_error(exc)
    if isinstance(exc, drf.PermissionDenied) and "CSRF" in str(exc.detail):
        return RefusedError("CSRF_FAILED")
    for exception_class, code in _CODES_BY_CLASS:
        if isinstance(exc, exception_class):
            return InputError(code, _details(exc))
    return None


def _engine_error(exc: EngineError) -> ApiError:
    if exc.code == "INTERNAL":
        logger.error("the engine would not take a request", exc_info=exc)
        return ApiError("INTERNAL")
    return EngineTroubleError(exc.code)


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
    wait_s = _wait_s(exc) or error.retry_after_s
    if wait_s:
        headers["Retry-After"] = str(wait_s)
    return headers


def language() -> str:
    """The language of this request's messages, as Django's middleware settled it."""
    return get_language() or "en"


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
        return error_response(InputError(code))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler403`` of the site."""
    if is_api_path(request):
        return error_response(RefusedError("PERMISSION_DENIED"))
    return defaults.permission_denied(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500`` of the site; Django has logged the exception."""
    if is_api_path(request):
        return error_response(ApiError("INTERNAL"))
    return defaults.server_error(request)


def error_response(error: ApiError) -> JsonResponse:
    """An error as a plain Django response."""
    response = JsonResponse(error.body(language()), status=error.status)
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    return response
