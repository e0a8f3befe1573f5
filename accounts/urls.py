"""Addresses of log-in, log-out, tokens and the portfolio."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.api.portfolio import PortfolioView
from accounts.api.views import TokenRefreshView, TokenView
from accounts.views import LoginView, LogoutView

_pages = [
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include(_pages)),
    # The same pages under the names by which the browsable API finds them.
    path("accounts/", include((_pages, "rest_framework"))),
    path("v1/portfolio", PortfolioView.as_view(), name="portfolio"),
    path("api/v1/token", TokenView.as_view(), name="token"),
    path("api/v1/token/refresh", TokenRefreshView.as_view(), name="token-refresh"),
]
