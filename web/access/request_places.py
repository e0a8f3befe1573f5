"""Where a Django request comes from, as lists of log-ins and notices name it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from accounts.identity.log_in_places import Place, agent_in_short
from web.access.addresses import address_of, network_of


def place_of(request: HttpRequest) -> Place:
    """The network and the browser or program of a request."""
    return Place(network_of(address_of(request)), agent_in_short(request.META.get("HTTP_USER_AGENT", "")))


def passkey_domain(request: HttpRequest) -> str:
    """The site's domain, by which browsers keep passkeys."""
    return str(settings.XTRADER["PASSKEY_DOMAIN"] or split_domain_port(request.get_host())[0])
