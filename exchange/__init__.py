"""The exchange. Importing it chooses the build of its core, before anything imports that."""

from exchange import core

core.choose()
