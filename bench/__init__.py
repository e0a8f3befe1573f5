"""What this machine does per second: ``python -m bench``. See docs/performance.md."""
