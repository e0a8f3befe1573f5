"""Request bodies: strict JSON, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import JSONParser

from exchange.errors import RequestError
from exchange.wire.strict_json import read_object


class StrictJSONParser(JSONParser):
    """JSON whose numbers arrive as they were written, without repeated keys, of bounded size."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body's members. Raises BODY_TOO_LARGE or INVALID_JSON."""
        maximum = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(maximum + 1)
        if len(body) > maximum:
            raise RequestError("BODY_TOO_LARGE", {"maximum_bytes": maximum})
        return read_object(body)
