"""The engine's process: sequencer, server, journal."""
