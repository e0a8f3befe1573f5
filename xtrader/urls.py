"""Every address of the site. Paths of the wire contract never move."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerView

from exchange.api.schema import SchemaView
from xtrader import health, views

urlpatterns = [
    path("", views.terminal, name="index"),
    # The pages of the terminal: one document, its own router picks the page.
    path("trade/<str:symbol>", views.terminal, name="trade"),
    path("trade/<str:symbol>/", views.terminal),
    re_path(r"^markets/?$", views.terminal, name="markets"),
    re_path(r"^(?:portfolio|wallet|account)/?$", views.own_terminal, name="own-pages"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("exchange.api.urls")),
    path("", include("marketdata.api.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
]

# On the paths of the API these answer in its error shape.
handler400 = "exchange.api.exceptions.bad_request"
handler403 = "exchange.api.exceptions.permission_denied"
handler404 = "exchange.api.exceptions.not_found"
handler500 = "exchange.api.exceptions.server_error"
