"""What running a venue takes: health, backups, the supervisor."""
