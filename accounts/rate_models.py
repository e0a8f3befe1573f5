"""Tiers of rate limits, which operators give to users."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy

from exchange.units.rates import parse_rates


def check_rates(text: str) -> None:
    """Raises ValidationError unless the limiter takes it."""
    try:
        parse_rates(text)
    except ValueError:
        raise ValidationError(
            gettext_lazy("Write rates such as 2000/s or 500/s 9000000/day; 0 for no limit."), "invalid"
        ) from None


class RateTier(models.Model):
    """Rates of its users. An empty one is as the settings have it."""

    name = models.CharField(gettext_lazy("name"), max_length=40, unique=True)
    orders = models.CharField(
        gettext_lazy("orders"), max_length=60, blank=True, default="", validators=[check_rates]
    )
    reads = models.CharField(
        gettext_lazy("private reads"), max_length=60, blank=True, default="", validators=[check_rates]
    )
    reports = models.CharField(
        gettext_lazy("reports"), max_length=60, blank=True, default="", validators=[check_rates]
    )

    class Meta:
        app_label = "accounts"
        ordering = ("name",)
        verbose_name = gettext_lazy("rate tier")
        verbose_name_plural = gettext_lazy("rate tiers")

    def __str__(self) -> str:
        return self.name
