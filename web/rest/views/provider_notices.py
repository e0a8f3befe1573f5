"""The way in of providers' notices: signed, without log-in or session, so forged forms are no matter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from custody.notices.receiving import MAX_NOTICE_BYTES, receive
from custody.providers.webhook_signing import SIGNATURE, TIMESTAMP
from exchange.errors import ApiError, RefusedError
from web.access.addresses import address_of
from web.access.limiter import limiter
from web.rest.error_replies import error_response


@csrf_exempt
@require_POST
def provider_notices(request: HttpRequest, provider: str) -> HttpResponse:
    """200 once the notice is committed, here or by an earlier request; any other status: tell it again."""
    address = address_of(request)
    wait_s = limiter.charge_request(address, "public", address)
    try:
        if wait_s is not None:
            raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})
        notice = receive(
            provider,
            request.headers.get(TIMESTAMP),
            request.headers.get(SIGNATURE),
            request.get_full_path(),
            request.read(MAX_NOTICE_BYTES + 1),
        )
    except ApiError as error:
        refused = error_response(error)
        if wait_s is not None:
            refused["Retry-After"] = str(wait_s)
        return refused
    return JsonResponse({"notice_id": notice.notice_id})
