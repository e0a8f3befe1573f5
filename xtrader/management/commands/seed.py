"""``manage.py seed``: the assets, symbols and first users of a venue, as change requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import seeding
from custody.asset_terms import seed_terms
from exchange.control.dispatcher import Dispatcher
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError
from exchange.models import ChangeRequest


class Command(BaseCommand):
    help = "Ask for the assets and symbols that ship and create the first users (on a demo venue with funds)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--credentials",
            type=Path,
            default=settings.XTRADER["DATA_DIR"] / "credentials.json",
            help="JSON file of user name to password; made if missing, kept otherwise",
        )
        parser.add_argument(
            "--dispatch",
            action="store_true",
            help="submit the requests to the running engine now, instead of leaving that to the dispatcher",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        configured = settings.XTRADER
        passwords = seeding.seed(
            options["credentials"], is_demo=configured["DEMO"] or configured["DEMO_USERS"]
        )
        seed_terms()
        if options["dispatch"]:
            self._dispatch()
        waiting = ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES).count()
        self.stdout.write(
            f"{len(passwords)} users in {options['credentials']}, {waiting} change requests waiting"
        )

    def _dispatch(self) -> None:
        try:
            with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
                Dispatcher(client).run_until_empty()
        except EngineError as error:
            raise CommandError(f"the engine did not take the change requests: {error!r}") from error
