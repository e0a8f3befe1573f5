"""Writing the audit log: ``record``, called at the place where an act happens."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import AbstractUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.utils import timezone

from exchange.audit.acts import ACTS
from exchange.audit.chain import START, Head, hash_of, written_time
from exchange.audit.provenance import source_of
from exchange.models import AuditRecord

#: Longest ``before`` or ``after``, as JSON; what is longer is left out, and its length noted.
MAX_JSON_CHARS: Final = 32_768
#: In place of a value whose name says that it is a secret.
NOT_KEPT: Final = "(not kept)"
_SECRETS: Final = re.compile(r"passw|secret|token|otp|signature|recovery|session_key|private|sealed", re.I)
#: PostgreSQL's advisory lock of whoever appends.
_LOCK: Final = 0x78_41_75_64_69_74


class Target(NamedTuple):
    """What an act is about: a kind of thing, its key, and a name people know it by."""

    kind: str
    key: str
    name: str = ""


def record(
    kind: str,
    actor: AbstractUser | None = None,
    target: models.Model | Target | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    request: Any = None,
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> AuditRecord:
    """Append an act to the audit log, in the transaction in hand: rolled back, the record goes with the act.

    ``kind``      one of ``ACTS``; a new kind gets a line there
    ``actor``     the user who acts; None for the exchange itself and for commands at the machine
    ``target``    the row acted on (a user, an account …), or a ``Target`` for what has none
    ``before``, ``after``   the fields that changed, as JSON can have them (dates and decimals become text).
                  Never a secret: a value with a name such as ``password`` or ``token`` is not kept
    ``reason``    the actor's own words
    ``request``   the HTTP request, for its address; can be left out while one is being answered

    Call it last in a transaction: from here to its end no other process appends. Raises ValueError for an
    unknown kind.
    """
    if kind not in ACTS:
        raise ValueError(f"the audit log knows no act {kind!r}")
    what, source = target_of(target), source_of(request)
    with transaction.atomic(using=using):
        head = _lock_head(using)
        at = timezone.now()
        fields = {
            "id": head.id + 1,
            "at": written_time(at),
            "kind": kind,
            "actor_id": None if actor is None else actor.pk,
            "actor": "" if actor is None else _clean(actor.get_username(), 150),
            "actor_role": _clean(_role_of(actor), 80),
            "target_kind": _clean(what.kind, 24),
            "target": _clean(what.key, 64),
            "target_name": _clean(what.name, 150),
            "before": _json(before),
            "after": _json(after),
            "reason": _clean(reason, 200),
            "address": _clean(source.address, 64),
            "agent": _clean(source.agent, 200),
        }
        row = AuditRecord(**{**fields, "at": at}, previous=head.hash, hash=hash_of(fields, head.hash))
        row.save(force_insert=True, using=using)
    return row


def target_of(target: models.Model | Target | None) -> Target:
    """What stands in a record for what was acted on."""
    if target is None:
        return Target("", "")
    if isinstance(target, Target):
        return target
    name = target.get_username() if isinstance(target, AbstractUser) else ""
    return Target(str(target._meta.model_name), str(target.pk), name)


def _lock_head(using: str) -> Head:
    """The last record, which no other process can follow before this transaction ends. On SQLite a
    transaction of ours has the lock of the one writer from its beginning."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditRecord.objects.using(using).order_by("-id").values_list("id", "hash").first()
    return START if last is None else Head(*last)


def _role_of(actor: AbstractUser | None) -> str:
    if actor is None:
        return ""
    names = ["superuser"] if actor.is_superuser else []
    return ", ".join([*names, *sorted(actor.groups.values_list("name", flat=True))])


def _json(fields: Mapping[str, Any] | None) -> str:
    if not fields:
        return ""
    text = json.dumps(_without_secrets(fields), cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"))
    return text if len(text) <= MAX_JSON_CHARS else json.dumps({"too_long_chars": len(text)})


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            str(name): NOT_KEPT if _is_secret(str(name)) else _without_secrets(each)
            for name, each in value.items()
        }
    return [_without_secrets(each) for each in value] if isinstance(value, list | tuple) else value


def _is_secret(name: str) -> bool:
    return _SECRETS.search(name) is not None


def _clean(text: str, longest: int) -> str:
    """As every database keeps it, and no longer than its column."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:longest]
