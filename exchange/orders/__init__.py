"""An order's way in: read, sent, answered."""
