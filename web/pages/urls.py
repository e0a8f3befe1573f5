"""Addresses of the pages: the terminal, log-in and log-out, sign-up and what belongs to it."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from web.access.second_step import SecondFactorView, SigningOptionsView
from web.pages import joining_pages, log_in_settings, terminal
from web.pages.log_in import LoginView, LogoutView

_log_in = [
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", terminal.terminal, name="index"),
    # The pages of the terminal: one document, its own router picks the page.
    path("trade/<str:symbol>", terminal.terminal, name="trade"),
    path("trade/<str:symbol>/", terminal.terminal),
    re_path(r"^markets/?$", terminal.terminal, name="markets"),
    re_path(
        r"^(?:portfolio|wallet|account|sub-accounts|keys|security)/?$",
        terminal.own_terminal,
        name="own-pages",
    ),
    # What the links in letters about withdrawals open.
    path("wallet/withdrawals/confirm/<str:key>", terminal.own_terminal, name="withdrawal-confirm"),
    path("wallet/addresses/confirm/<str:key>", terminal.own_terminal, name="address-confirm"),
    path("accounts/", include(_log_in)),
    path("accounts/second-factor/", SecondFactorView.as_view(), name="second-factor"),
    path("accounts/passkey-options/", SigningOptionsView.as_view(), name="passkey-options"),
    re_path(r"^signup/?$", joining_pages.SignUpView.as_view(), name="sign-up"),
    path("signup/sent", joining_pages.SentView.as_view(), name="sign-up-sent"),
    path("signup/verify/<str:key>", joining_pages.VerifyView.as_view(), name="sign-up-verify"),
    path("signup/opening", joining_pages.opening, name="sign-up-opening"),
    path("accounts/password", log_in_settings.PasswordView.as_view(), name="password-change"),
    path("accounts/password/reset", log_in_settings.ForgottenView.as_view(), name="password-reset"),
    path(
        "accounts/password/reset/<str:key>",
        log_in_settings.ResetView.as_view(),
        name="password-reset-confirm",
    ),
    path("accounts/email", log_in_settings.EmailView.as_view(), name="email-change"),
    path("accounts/email/verify/<str:key>", log_in_settings.EmailVerifyView.as_view(), name="email-verify"),
    re_path(r"^terms/?$", log_in_settings.TermsView.as_view(), name="terms"),
    # The same pages under the names by which the browsable API finds them.
    path("accounts/", include((_log_in, "rest_framework"))),
]
