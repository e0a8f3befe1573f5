"""``manage.py rotate_key_encryption``: seal the secrets of all keys under a new key-encryption key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.keys import key_encryption
from accounts.keys.key_encryption import CannotOpenError, KeyEncryption, Sealed
from accounts.models import ApiKey
from exchange import audit


class Command(BaseCommand):
    help = (
        "Seal the secrets of all API keys under the newest key-encryption key. Those in a file get a new one"
        " first; with KEYS_SECRET you put it in front yourself. May be run while the exchange runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drop-old",
            action="store_true",
            help="remove the older ones from the file; backups of before then need a copy of them",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        is_ours = not settings.XTRADER["KEYS_SECRET"]
        if options["drop_old"] and not is_ours:
            raise CommandError("the key-encryption keys are in KEYS_SECRET: remove the old ones there")
        encryption = key_encryption.load()
        if is_ours:
            encryption = encryption.with_new_key()
            # On the disk before a secret is sealed with it. Processes read it anew for each key they load.
            key_encryption.save(encryption)
        count, unread = self._seal_all(encryption)
        if unread:
            raise CommandError(f"{unread} secrets did not open: they and all key-encryption keys were left")
        if options["drop_old"]:
            key_encryption.save(encryption.with_newest_only())
        audit.record("key.resealed", after={"keys": count, "under": encryption.newest})
        self.stdout.write(f"{count} secrets sealed under key-encryption key {encryption.newest}")

    def _seal_all(self, encryption: KeyEncryption) -> tuple[int, int]:
        count = unread = 0
        for key in ApiKey.objects.exclude(kek_id=encryption.newest).filter(sealed_secret__isnull=False):
            before = Sealed(key.kek_id, bytes(key.sealed_secret or b""))
            try:
                sealed = encryption.seal(key.key_id, encryption.open(key.key_id, before))
            except CannotOpenError as error:
                self.stderr.write(str(error))
                unread += 1
                continue
            same = ApiKey.objects.filter(key_id=key.key_id, revoked_at=None)
            count += same.update(kek_id=sealed.kek_id, sealed_secret=sealed.content)
        return count, unread
