"""``/health/live`` and ``/health/ready`` for proxies and supervisors, ``/health/detail`` for operators,
``/healthz`` as the contract has it, and ``/metrics`` for Prometheus. All but the first two are limited by
address as public reads are; live touches nothing, and ready asks the engine once a second at most.

``/metrics/<process>`` relays the page of another process on this machine, so that who scrapes needs this
address only.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.identity.identities import identify_session
from accounts.identity.roles import SEE_ENGINE, may
from accounts.identity.verified_tokens import verified_tokens
from exchange.errors import RefusedError
from exchange.telemetry.doors import socket_of
from exchange.telemetry.side_door import ask
from ops import health, health_detail, metrics
from ops.readiness import readiness
from web.access.addresses import address_of, is_local
from web.access.credentials import bearer_token_of
from web.access.language import active_language
from web.access.limiter import limiter

_FRESH: Final = {"Cache-Control": "no-store"}


@require_safe
async def live(request: HttpRequest) -> HttpResponse:
    """200: this process runs."""
    return JsonResponse({"live": True}, headers=_FRESH)


@require_safe
async def ready(request: HttpRequest) -> HttpResponse:
    """200 while this process can take orders, else 503 with the reasons."""
    found = await readiness.find()
    return JsonResponse(found.as_json(), status=200 if found.is_ready else 503, headers=_FRESH)


@require_safe
async def detail(request: HttpRequest) -> HttpResponse:
    """How everything is, for those who see the engine and for who sends ``METRICS_TOKEN``."""
    wait_s = await _wait_s(request)
    if wait_s is not None:
        return _try_later(wait_s)
    if not (_sends_token(request) or await sync_to_async(_sees_engine)(request)):
        raise PermissionDenied
    report = await health.examiner.report()
    return JsonResponse(await sync_to_async(health_detail.detail)(report), headers=_FRESH)


@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """200 while orders can be taken, else 503; the body says which part is down."""
    wait_s = await _wait_s(request)
    if wait_s is not None:
        return _try_later(wait_s)
    report = await health.examiner.report()
    status = 200 if report.is_healthy else 503
    return JsonResponse(health.as_json(report), status=status, headers=_FRESH)


@require_safe
async def metrics_text(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for who may read it."""
    wait_s = await _wait_s(request)
    if wait_s is not None:
        return _try_later(wait_s)
    if not _may_read_metrics(request):
        raise PermissionDenied
    report = await health.examiner.report()
    return HttpResponse(metrics.as_text(report), content_type=CONTENT_TYPE_LATEST)


@require_safe
async def metrics_of(request: HttpRequest, process: str) -> HttpResponse:
    """The same of another process; 502 where none of that name answers."""
    wait_s = await _wait_s(request)
    if wait_s is not None:
        return _try_later(wait_s)
    if not _may_read_metrics(request):
        raise PermissionDenied
    socket = socket_of(settings.XTRADER["SIDE_DOOR_FOLDER"], process)
    if socket is None:
        raise Http404
    try:
        status, body = await asyncio.to_thread(ask, socket, "/metrics")
    except OSError:
        return HttpResponse(f"No process {process} answers.\n", status=502, content_type="text/plain")
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    """This machine may, and who sends ``METRICS_TOKEN``: process ids, counts and hashes are for the
    inside."""
    configured: dict[str, Any] = settings.XTRADER
    if configured["METRICS_PUBLIC"] or is_local(request):
        return True
    return _sends_token(request)


def _sends_token(request: HttpRequest) -> bool:
    wanted, given = settings.XTRADER["METRICS_TOKEN"], bearer_token_of(request)
    return bool(wanted) and given is not None and constant_time_compare(given, wanted.encode())


def _sees_engine(request: HttpRequest) -> bool:
    """Whether a log-in of staff asks: by a bearer token, else by the session of a page."""
    token = bearer_token_of(request)
    try:
        identity = (
            identify_session(str(request.session.session_key), active_language())
            if token is None
            else verified_tokens.verify(token, active_language())[0]
        )
    except RefusedError:
        return False
    return identity is not None and may(identity.roles, SEE_ENGINE)


async def _wait_s(request: HttpRequest) -> int | None:
    address = address_of(request)
    return await limiter.acharge_request(address, "public", address)


def _try_later(wait_s: int) -> HttpResponse:
    text = f"Too many requests. Try again in {wait_s} seconds.\n"
    return HttpResponse(text, status=429, content_type="text/plain", headers={"Retry-After": str(wait_s)})
