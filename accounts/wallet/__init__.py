"""A user's money in and out."""
