"""What goes over the wire: shapes, JSON, checksums."""
