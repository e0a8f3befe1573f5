"""The providers of this exchange, by the names that ``CUSTODY_PROVIDERS`` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from django.conf import settings

from custody.providers.interface import Provider
from exchange import process

#: Kind -> the class that is made of a name and options.
KINDS: Final[Mapping[str, str]] = {
    "manual": "custody.providers.manual.ManualProvider",
    "webhook": "custody.providers.webhook.WebhookProvider",
}


class Providers:
    """A part of the process: the providers that were asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Provider] = {}

    def find(self, name: str) -> Provider | None:
        """The provider of this name; None where the settings have none, or one of an unknown kind."""
        options = settings.XTRADER["CUSTODY"]["PROVIDERS"].get(name)
        if options is None or options["kind"] not in KINDS:
            return None
        if name not in self._made:
            self._made[name] = _class_of(options["kind"])(name, options)
        return self._made[name]

    def put(self, provider: Provider) -> None:
        """Use this one: for tests."""
        self._made[provider.name] = provider


def names() -> list[str]:
    """Of all providers that the settings have."""
    return sorted(settings.XTRADER["CUSTODY"]["PROVIDERS"])


def find(name: str) -> Provider | None:
    """As ``Providers.find``, in this process."""
    return process.part(Providers).find(name)


def _class_of(kind: str) -> Any:
    module, _, name = KINDS[kind].rpartition(".")
    return getattr(import_module(module), name)
