"""The engine's page: the running engine's own status, renewed every second."""

from __future__ import annotations

import time
from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.models import ChangeRequest
from exchange.selectors.position import projected_sequence
from web.console import display_units
from web.console.figures import Figure
from web.console.market_figures import projector_figures
from web.console.request_views import VIEW_ENGINE

_NS_PER_S: Final = 1_000_000_000
#: A projection further behind than this, or a longer queue, is shown as an alarm.
_LAG_ALARM: Final = 10_000
_QUEUE_ALARM: Final = 10_000


class EngineView(UnfoldModelAdminViewMixin, TemplateView):
    title = "Engine"
    permission_required = VIEW_ENGINE
    raise_exception = True
    template_name = "admin/exchange/engine.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**state_context(), **kwargs)


@permission_required(VIEW_ENGINE, raise_exception=True)
def state_fragment(request: HttpRequest) -> HttpResponse:
    """The part of the page that renews itself."""
    return render(request, "admin/exchange/engine_state.html", state_context())


def urls() -> list[URLPattern]:
    """The engine's page belongs to no model, so it hangs on the site itself."""
    view = admin.site.admin_view
    page = EngineView.as_view(model_admin=OnSite())
    return [
        path("engine/", view(page), name="exchange_engine"),
        path("engine/state/", view(state_fragment), name="exchange_engine_state"),
    ]


class OnSite:
    """Stands where unfold's views expect their model's admin."""

    @property
    def admin_site(self) -> Any:
        return admin.site


def state_context() -> dict[str, Any]:
    """The sections of the page; the first shows when the engine does not answer."""
    try:
        found: dict[str, Any] = engine_link.query("status").value
    except EngineError as error:
        status = None
        engine = [Figure("state", f"does not answer ({error.code})", alarm=True)]
    else:
        status = found
        engine = _engine_figures(found)
    sections = [("Engine", engine), ("Following the engine", _follower_figures(status))]
    if status is not None:
        sections.append(("What it holds", _count_figures(status["counts"])))
    return {"sections": sections, "state_url": reverse("admin:exchange_engine_state")}


def _engine_figures(status: dict[str, Any]) -> list[Figure]:
    unsynced = status["sequence"] - status["durable"]
    quarantined = status["quarantined"]
    return [
        Figure("state", "running"),
        Figure("sequence", f"{status['sequence']:,}"),
        Figure("durable sequence", f"{status['durable']:,} ({unsynced:,} being written)"),
        Figure("engine time (UTC)", display_units.moment(status["now_ns"])),
        Figure(
            "machine's clock less engine time",
            f"{status['clock_difference_ns'] / _NS_PER_S:+.1f} s",
            alarm=not status["clock_believed"],
        ),
        Figure("up for", display_units.duration((time.time_ns() - status["started_ns"]) // _NS_PER_S)),
        Figure("commands waiting", f"{status['queue']:,}", alarm=status["queue"] > _QUEUE_ALARM),
        Figure("epoch", f"{status['epoch']:,}"),
        Figure("commands quarantined since start", f"{quarantined:,}", alarm=quarantined > 0),
        Figure("repeated commands answered from memory", f"{status['duplicates']:,}"),
        Figure("connections", f"{status['clients']:,}, of them {status['subscribers']:,} on the feed"),
        Figure("core", f"{status['core']}, rules version {status['rules_version']}"),
        Figure("process", str(status["pid"])),
    ]


def _follower_figures(status: dict[str, Any] | None) -> list[Figure]:
    """The projection, change requests, and the projector."""
    position = projected_sequence()
    found = [Figure("tables written up to", f"{position:,}")]
    if status is not None:
        lag = max(0, status["durable"] - position)
        found.append(Figure("commands the tables are behind", f"{lag:,}", alarm=lag > _LAG_ALARM))
    waiting = ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES).count()
    found.append(Figure("change requests waiting", f"{waiting:,}", alarm=waiting > 0 and status is None))
    return found + projector_figures()


def _count_figures(counts: dict[str, int]) -> list[Figure]:
    return [Figure(name.replace("_", " "), f"{count:,}") for name, count in counts.items()]
