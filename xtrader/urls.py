"""Every address of the site. Paths of the wire contract never move."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from web.console.log_in_page import OperatorLoginView
from web.contracts.pages import AsyncApiView, RedocView
from web.pages import health_pages
from web.rest.schema import SchemaView

urlpatterns = [
    path("", include("web.pages.urls")),
    path("", include("web.rest.urls")),
    path("health/live", health_pages.live, name="health-live"),
    path("health/ready", health_pages.ready, name="health-ready"),
    path("health/detail", health_pages.detail, name="health-detail"),
    path("healthz", health_pages.healthz, name="healthz"),
    path("metrics", health_pages.metrics_text, name="metrics"),
    path("metrics/<str:process>", health_pages.metrics_of, name="metrics-of"),
    path("admin/login/", OperatorLoginView.as_view()),
    path("admin/", admin.site.urls),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/asyncapi", AsyncApiView.as_view(), name="asyncapi"),
    path("api/redoc", RedocView.as_view(url_name="schema"), name="redoc"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
]

# On the paths of the API these answer in its error shape.
handler400 = "web.rest.error_replies.bad_request"
handler403 = "web.rest.error_replies.permission_denied"
handler404 = "web.rest.error_replies.not_found"
handler500 = "web.rest.error_replies.server_error"
