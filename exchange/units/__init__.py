"""Decimals to integers and back."""
